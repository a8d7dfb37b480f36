/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Which topics are ours. Pure.
 */

#ifndef PF_PUBLISH_TOPICS_H
#define PF_PUBLISH_TOPICS_H

#include <stdbool.h>

#include "config/config.h"

/*
 * Whether a topic is one that is published or subscribed for this configuration, whatever for, or
 * lies under the prefix, under an item's or a channel's topic, or, if everything is announced
 * there, under Home Assistant's prefix. Answers to commands are never sent there on a stranger's
 * word: it could be a command, look like a reading, or take a device away.
 */
bool pf_topic_is_ours(const struct pf_config *config, const char *topic);

#endif
