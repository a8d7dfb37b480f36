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
 * Whether a topic lies under the prefix, is an item's topic or lies under it, or is a command
 * topic. Answers to commands are never sent there on a stranger's word: it could be a command.
 */
bool pf_topic_is_ours(const struct pf_config *config, const char *topic);

#endif
