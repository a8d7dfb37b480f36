/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Answers of an output: one per command, and one when a limit moved it. Never retained.
 */

#ifndef PF_BRIDGE_ACK_H
#define PF_BRIDGE_ACK_H

#include "bridge/env.h"
#include "output/output.h"

/*
 * Answers a command: on the response topic of an MQTT 5 message, if it has one that may be used,
 * else on TOPIC/ack. message NULL: no command was the cause. word: the state now, NULL if unknown.
 * Dropped while not connected.
 */
void pf_ack_send(struct pf_env *env, const struct pf_output_config *config,
	const struct pf_link_message *message, const char *id, const struct pf_outcome *outcome,
	const char *word);

#endif
