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
#include "output/output.h"

struct pf_output_item;

/*
 * Makes an output whose line is not requested yet. group: that of its interlock, or NULL;
 * borrowed.
 */
struct pf_output_item *pf_output_item_new(
	struct pf_env *env, const struct pf_output_config *config, struct pf_interlock *group);

/*
 * Makes one that has left before the daemon was started, with what is recorded of its line: it has
 * no topics, and is brought to rest when it is started.
 */
struct pf_output_item *pf_output_item_new_left(struct pf_env *env,
	const struct pf_output_config *config, const struct pf_history *history);

/* Lets the output wait for another one with which it was in that group: pf_bond_add(). */
void pf_output_item_wait_for(struct pf_output_item *output, struct pf_output_item *other,
	const char *group, uint32_t dead_time_ms);

/* Lets the output wait until then before it goes on: a dead time from before. */
void pf_output_item_rest(struct pf_output_item *output, uint64_t until_ns);

/*
 * Requests the line in its initial state; if that fails, tries again by itself. A line behind a bus
 * is not waited for. All members of its
 * group have to be made before the first is started.
 */
void pf_output_item_start(struct pf_output_item *output);

/* Puts the output into a group of the new configuration (NULL: none); see pf_output_regroup(). */
void pf_output_item_regroup(struct pf_output_item *output, struct pf_interlock *group);

/*
 * Goes on under a new configuration with the same line and polarity: keeps the line as it is and
 * takes over name, topics and rules.
 */
void pf_output_item_rebind(struct pf_output_item *output, const struct pf_output_config *config);

/*
 * Whether a write or request is under way on the bus of a slow line, or, after
 * pf_output_item_exit(), on_exit waits for a limit: the line has not come to rest yet.
 */
bool pf_output_item_is_busy(const struct pf_output_item *output);

/*
 * The output has left the configuration `old`, which is held: brings it to rest, takes it out of
 * its group, and clears its retained topics. It goes on trying until pf_output_item_has_left().
 */
void pf_output_item_leave(struct pf_output_item *output, struct pf_config *old);

/* Whether one that has left is at rest, and nobody waits for it to go off. */
bool pf_output_item_has_left(struct pf_output_item *output);

/* If `by` has the line of one that has left: who waited for that one waits for `by`. Whether. */
bool pf_output_item_replace(struct pf_output_item *output, struct pf_output_item *by);

/*
 * If an input has the line of one that has left, the line is given up here; once the input has it
 * (`held`), it is off, and who waited for it waits for the dead time only. Whether it is off.
 */
bool pf_output_item_yield(
	struct pf_output_item *output, const struct pf_input_config *input, bool held);

/*
 * Whether an output of this configuration has the same line, polarity and drive, so that it can be
 * kept. The line may have got another name; which one is meant, the board says.
 */
bool pf_output_item_has_line(
	const struct pf_output_item *output, const struct pf_output_config *config);

/* Releases the line; if `clear`, clears the retained topics. NULL is fine. */
void pf_output_item_free(struct pf_output_item *output, bool clear);

/*
 * Takes a message if its topic is one of this output's command topics, carries it out and answers
 * it; a stale one, which waited too long, is answered only. false: it is not for this output. A
 * heartbeat may be for several outputs: false, too.
 */
bool pf_output_item_message(struct pf_output_item *output, uint64_t now_ns,
	const struct pf_link_message *message, bool stale);

/* So many messages on a topic were dropped: one answer to all, if they were its commands. */
void pf_output_item_overloaded(struct pf_output_item *output, const char *topic, uint64_t n);

/*
 * The local input of this name is on since then (CLOCK_BOOTTIME): works the output if it is its
 * button, and that is not too long ago.
 */
void pf_output_item_button(struct pf_output_item *output, const char *input, uint64_t since_ns);

/*
 * The broker refuses the subscription to this topic, as `reason` says: if it is that of commands or
 * of the heartbeat, the output is not available until the link is down. NULL: it does not (any
 * more).
 */
void pf_output_item_unheard(struct pf_output_item *output, const char *topic, const char *reason);

/* The broker is there or away. When it is there, tells what a limit did meanwhile. */
void pf_output_item_link(struct pf_output_item *output, uint64_t now_ns, bool up);

/*
 * Reads the line back: one that is gone or does not have the level that was set is a fault, and so
 * is a call on a slow line that does not come back. To be
 * called every 10 s or so.
 */
void pf_output_item_check(struct pf_output_item *output, uint64_t now_ns);

/*
 * Brings the line to its on_exit state; an "on" may wait until until_ns. Commands are rejected from
 * now on.
 */
void pf_output_item_exit(struct pf_output_item *output, uint64_t until_ns);

/* Adds the output's command topics to what the link subscribes, but not its heartbeat topic. */
void pf_output_item_subscribe(const struct pf_output_item *output, struct pf_link *link);

#endif
