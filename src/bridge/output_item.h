/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * An output of the configuration at work: holds its line, takes commands, publishes its state
 * after the hardware took it, and comes back by itself after its line was busy or gone. What
 * moves it is decided in output/output.c. Main loop only.
 */

#ifndef PF_BRIDGE_OUTPUT_ITEM_H
#define PF_BRIDGE_OUTPUT_ITEM_H

#include "bridge/env.h"
#include "config/config.h"

struct pf_output_item;

/* Requests the line in its initial state; if that fails, tries again by itself. */
struct pf_output_item *pf_output_item_new(
	struct pf_env *env, const struct pf_output_config *config);

/* Releases the line; if `clear`, clears the retained topics. NULL is fine. */
void pf_output_item_free(struct pf_output_item *output, bool clear);

/*
 * Takes a message if its topic is one of this output's command topics, carries it out and answers
 * it. false: it is not for this output.
 */
bool pf_output_item_message(
	struct pf_output_item *output, uint64_t now_ns, const struct pf_link_message *message);

/* Brings the line to its on_exit state; commands are rejected from now on. */
void pf_output_item_exit(struct pf_output_item *output);

/*
 * Names the output's command topics, one after the other from i = 0; NULL after the last. Valid
 * until the output is freed.
 */
const char *pf_output_item_command_topic(const struct pf_output_item *output, size_t i);

#endif
