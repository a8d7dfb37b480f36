/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Which topics are ours. Pure.
 */

#ifndef PF_BRIDGE_TOPICS_H
#define PF_BRIDGE_TOPICS_H

#include <stdbool.h>

#include "config/config.h"

/*
 * Whether a topic lies under the prefix, is an item's topic or lies under it, is one of a sensor's
 * channel, or is a command or heartbeat topic. Answers to commands are never sent there on a
 * stranger's word: it could be a command, or look like a reading.
 */
bool pf_topic_is_ours(const struct pf_config *config, const char *topic);

#endif
