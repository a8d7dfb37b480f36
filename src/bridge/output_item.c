/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/output_item.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "bridge/ack.h"
#include "bridge/item.h"
#include "bridge/output_hold.h"
#include "bridge/output_line.h"
#include "config/same.h"
#include "output/age.h"
#include "output/bond.h"
#include "output/command.h"

void pf_output_item_start(struct pf_output_item *output)
{
	pf_output_hold_start(output);
}

static void on_retry(struct pf_timer *timer, uint64_t now_ns)
{
	(void)now_ns;
	pf_output_hold_start(PF_OWNER(timer, struct pf_output_item, retry));
}

void pf_output_item_check(struct pf_output_item *output, uint64_t now_ns)
{
	pf_output_hold_check(output, now_ns);
}

/* ---- limits -------------------------------------------------------------------------- */

static void on_tick(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_output_item *output = PF_OWNER(timer, struct pf_output_item, tick);
	const enum pf_source before = output->output.source; /* a limit is told when it acts */
	const char *reason = pf_output_tick(&output->output, now_ns);
	const enum pf_source source = output->output.source;
	const bool acts = source >= PF_SOURCE_MAX_ON;

	pf_output_hold_changed(output);
	if (reason)
		pf_info("output %s: %s", output->config->item.name, reason);
	if (reason == pf_output_stale)
		pf_limit_notice_begin(&output->notice, &output->output, reason, PF_VERDICT_IGNORED);
	else if (reason && acts && source != before)
		pf_limit_notice_begin(&output->notice, &output->output, reason, PF_VERDICT_DONE);
	if (output->state)
		pf_limit_notice_settle(&output->notice, output->item.env, &output->output);
}

static void hinder(struct pf_output_item *output, enum pf_hindrance which, const char *reason)
{
	if (reason)
		pf_item_raise(&output->item, which, "%s", reason);
	else
		pf_item_lower(&output->item, which);
}

void pf_output_item_unheard(struct pf_output_item *output, const char *topic, const char *reason)
{
	const char *heartbeat = output->config->failsafe.heartbeat_topic;

	if (strcmp(topic, output->config->command_topic) == 0)
		hinder(output, PF_HINDRANCE_COMMANDS, reason);
	if (heartbeat && strcmp(topic, heartbeat) == 0)
		hinder(output, PF_HINDRANCE_HEARTBEAT, reason);
}

void pf_output_item_link(struct pf_output_item *output, uint64_t now_ns, bool up)
{
	/* what the next broker refuses is not known yet */
	if (!up)
		pf_item_lower(&output->item, PF_HINDRANCE_COMMANDS | PF_HINDRANCE_HEARTBEAT);
	pf_output_link(&output->output, now_ns, up);
	pf_limit_notice_settle(&output->notice, output->item.env, &output->output);
}

/* ---- commands ------------------------------------------------------------------------ */

/* Whether the message is to be left alone, and why. */
static bool is_ignored(const struct pf_output_item *output, const struct pf_link_message *message,
	bool stale, const struct pf_command *command, struct pf_outcome *ret_outcome)
{
	const bool timed = command->for_ms ||
			   (command->state == PF_COMMAND_ON && output->config->pulse_ms);
	const bool plain = command->state != PF_COMMAND_TOGGLE && !timed;
	const char *reason = stale ? "stale" : NULL;

	if (message->retained && !(output->config->accept_retained && plain))
		reason = "retained";
	if (!reason)
		return false;
	ret_outcome->verdict = PF_VERDICT_IGNORED;
	pf_explain(ret_outcome->reason, "%s", reason);
	return true;
}

/* Why the line is not available, in the words of the item's error, if it has one. */
static void obey(struct pf_output_item *output, uint64_t now_ns, const struct pf_command *command,
	struct pf_outcome *ret_outcome)
{
	const bool hung = pf_item_is_hindered(&output->item, PF_HINDRANCE_BUS);

	if (!hung)
		pf_output_command(&output->output, now_ns, command, ret_outcome);
	if (pf_item_is_hindered(&output->item, PF_HINDRANCES_OF_HARDWARE) &&
		(hung || (ret_outcome->verdict == PF_VERDICT_REJECTED && !output->output.held))) {
		ret_outcome->verdict = PF_VERDICT_REJECTED;
		pf_explain(ret_outcome->reason, "%s", pf_item_reason(&output->item));
	}
}

static void take_command(struct pf_output_item *output, uint64_t now_ns,
	enum pf_command_topic topic, const struct pf_link_message *message, bool stale)
{
	const struct pf_output_config *config = output->config;
	struct pf_outcome outcome = {.verdict = PF_VERDICT_REJECTED};
	struct pf_command command;
	const int r = pf_command_parse(topic, (const char *)message->payload, message->payload_size,
		config->payload_on, config->payload_off, &command, outcome.reason);

	command.said_ns = message->time_ns;
	if (!is_ignored(output, message, stale, &command, &outcome) && r == 0) {
		/* confirms the state even if it does not change */
		output->published = false;
		obey(output, now_ns, &command, &outcome);
	}
	pf_ack_send(output->item.env, output->config, message, command.id, &outcome,
		output->output.held ? pf_output_hold_word(output, output->output.level) : NULL);
}

static void take_heartbeat(struct pf_output_item *output, const struct pf_link_message *message)
{
	const char *topic = output->config->failsafe.heartbeat_topic;

	/* it may have waited for us: it counts from when it came */
	if (topic && !message->retained && strcmp(message->topic, topic) == 0)
		pf_output_heartbeat(&output->output, message->time_ns);
}

bool pf_output_item_message(struct pf_output_item *output, uint64_t now_ns,
	const struct pf_link_message *message, bool stale)
{
	enum pf_command_topic topic;

	if (!stale)
		take_heartbeat(output, message);
	if (!pf_output_topics_find(&output->topics, message->topic, &topic))
		return false;
	take_command(output, now_ns, topic, message, stale);
	return true;
}

void pf_output_item_overloaded(struct pf_output_item *output, const char *topic, uint64_t n)
{
	struct pf_outcome outcome = {.verdict = PF_VERDICT_IGNORED};
	enum pf_command_topic which;

	if (!pf_output_topics_find(&output->topics, topic, &which))
		return;
	pf_explain(outcome.reason, "overload: %" PRIu64 " commands were not carried out", n);
	pf_ack_send(output->item.env, output->config, NULL, "", &outcome,
		output->output.held ? pf_output_hold_word(output, output->output.level) : NULL);
}

void pf_output_item_button(struct pf_output_item *output, const char *input, uint64_t since_ns)
{
	const struct pf_button_config *button = &output->config->button;
	struct pf_command command = {.state = PF_COMMAND_ON, .said_ns = since_ns};
	struct pf_outcome outcome = {.verdict = PF_VERDICT_IGNORED, .reason = "stale"};
	const uint64_t now_ns = pf_clock_now_ns();

	if (!button->input || strcmp(button->input, input) != 0)
		return;
	if (button->action == PF_BUTTON_TOGGLE)
		command.state = PF_COMMAND_TOGGLE;
	else if (button->action == PF_BUTTON_OFF)
		command.state = PF_COMMAND_OFF;
	if (!pf_age_is_stale(now_ns, since_ns))
		obey(output, now_ns, &command, &outcome);
	if (outcome.verdict != PF_VERDICT_DONE)
		pf_info("output %s: button %s: %s", output->config->item.name, input,
			outcome.reason);
}

void pf_output_item_subscribe(const struct pf_output_item *output, struct pf_link *link)
{
	pf_output_topics_subscribe(&output->topics, link, output->config->accept_retained);
}

/* ---- life ---------------------------------------------------------------------------- */

void pf_output_item_exit(struct pf_output_item *output, uint64_t until_ns)
{
	const enum pf_on_exit on_exit = output->config->on_exit;

	pf_output_exit(&output->output, pf_clock_now_ns(), until_ns);
	/* it may be at rest now */
	pf_output_line_record(output->item.env, &output->output, &output->found);
	pf_timer_stop(&output->item.env->timers, &output->retry);
	if (on_exit == PF_ON_EXIT_ON && output->output.held && !output->output.desired)
		pf_warning("output %s: stays off, because \"on\" would have to wait for too long",
			output->config->item.name);
}

/* Between the topics of the item, which come first and last. */
static void add_topics(struct pf_output_item *output)
{
	pf_output_topics_init(&output->topics, output->config);
	output->state = pf_item_add_state(&output->item, NULL);
	pf_item_add_availability(&output->item);
}

static void remove_topics(struct pf_output_item *output, bool clear)
{
	pf_state_remove(&output->item.env->publisher, output->state, clear);
	output->state = NULL;
	pf_item_drop_topics(&output->item, clear);
	pf_output_topics_done(&output->topics);
	output->topics = (struct pf_output_topics){0};
}

static void init_output(struct pf_output_item *output, struct pf_interlock *group)
{
	pf_timer_init(&output->tick, on_tick);
	pf_timer_init(&output->retry, on_retry);
	pf_output_init(&output->output, output->config, group, &pf_output_hold_port, output,
		pf_clock_now_ns());
}

struct pf_output_item *pf_output_item_new(
	struct pf_env *env, const struct pf_output_config *config, struct pf_interlock *group)
{
	struct pf_output_item *output = pf_calloc(1, sizeof *output);

	output->config = config;
	pf_item_init(&output->item, env, "output", &config->item);
	add_topics(output);
	init_output(output, group);
	return output;
}

struct pf_output_item *pf_output_item_new_left(
	struct pf_env *env, const struct pf_output_config *config, const struct pf_history *history)
{
	struct pf_output_item *output = pf_calloc(1, sizeof *output);

	output->config = config;
	pf_item_init(&output->item, env, "output", &config->item);
	remove_topics(output, false);
	init_output(output, NULL);
	pf_output_recall(&output->output, history);
	pf_output_leave(&output->output, pf_clock_now_ns());
	return output;
}

void pf_output_item_wait_for(struct pf_output_item *output, struct pf_output_item *other,
	const char *group, uint32_t dead_time_ms)
{
	pf_bond_add(&output->output, &other->output, group, dead_time_ms);
}

void pf_output_item_rest(struct pf_output_item *output, uint64_t until_ns)
{
	if (output->output.rested_ns < until_ns)
		output->output.rested_ns = until_ns;
}

void pf_output_item_regroup(struct pf_output_item *output, struct pf_interlock *group)
{
	pf_output_regroup(&output->output, group);
}

/* The new topics get what the old ones had; what hinders the output has not changed. */
static void move_topics(struct pf_output_item *output)
{
	remove_topics(output, true);
	pf_item_add_topics(&output->item);
	add_topics(output);
	if (output->output.held && !pf_item_is_hindered(&output->item, PF_HINDRANCES_OF_HARDWARE))
		pf_output_hold_back(output);
	else
		pf_item_tell(&output->item);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What was refused of topics that are not used any more hinders nobody. */
static void forget_refusals(struct pf_output_item *output, const struct pf_output_config *old)
{
	const struct pf_output_config *config = output->config;

	if (!same_text(config->command_topic, old->command_topic))
		pf_item_lower(&output->item, PF_HINDRANCE_COMMANDS);
	if (!same_text(config->failsafe.heartbeat_topic, old->failsafe.heartbeat_topic))
		pf_item_lower(&output->item, PF_HINDRANCE_HEARTBEAT);
}

void pf_output_item_rebind(struct pf_output_item *output, const struct pf_output_config *config)
{
	const struct pf_output_config *old = output->config;
	const bool same_topics = pf_same_output_topics(old, config);

	output->config = config;
	output->item.config = &config->item;
	forget_refusals(output, old);
	if (!same_topics)
		move_topics(output);
	pf_output_hold_report(
		output, pf_output_reconfigure(&output->output, pf_clock_now_ns(), config));
}

bool pf_output_item_is_busy(const struct pf_output_item *output)
{
	return output->output.writing || pf_output_is_waiting(&output->output);
}

void pf_output_item_leave(struct pf_output_item *output, struct pf_config *old)
{
	pf_output_leave(&output->output, pf_clock_now_ns());
	output->held = pf_config_hold(old);
	remove_topics(output, true);
	pf_item_done(&output->item, true);
}

bool pf_output_item_has_left(struct pf_output_item *output)
{
	return pf_output_has_left(&output->output, pf_clock_now_ns());
}

/* By its name, or by the line that the board means by another name. */
static bool same_line(const struct pf_output_item *output, const struct pf_driver *driver,
	const struct pf_line_config *line)
{
	const struct pf_line_info *ours = &output->found.info;
	char reason[PF_REASON_SIZE];
	struct pf_found_line found;

	if (output->config->driver != driver)
		return false;
	if (strcmp(output->config->line.key, line->key) == 0)
		return true;
	return pf_line_find(output->item.env->board, driver, line, &found, reason) == 0 &&
	       ours->offset == found.info.offset && strcmp(ours->chip, found.info.chip) == 0 &&
	       strcmp(ours->label, found.info.label) == 0;
}

bool pf_output_item_has_line(
	const struct pf_output_item *output, const struct pf_output_config *config)
{
	return pf_same_output_drive(output->config, config) &&
	       same_line(output, config->driver, &config->line);
}

bool pf_output_item_replace(struct pf_output_item *output, struct pf_output_item *by)
{
	if (!same_line(output, by->config->driver, &by->config->line))
		return false;
	pf_output_replace(&output->output, &by->output);
	return true;
}

bool pf_output_item_yield(
	struct pf_output_item *output, const struct pf_input_config *input, bool held)
{
	if (!same_line(output, input->driver, &input->line) || output->output.writing)
		return false;
	pf_output_hold_yield(output);
	if (!held)
		return false;
	pf_output_yield(&output->output, pf_clock_now_ns());
	return true;
}

void pf_output_item_free(struct pf_output_item *output, bool clear)
{
	if (!output)
		return;
	if (clear)
		pf_output_line_forget(output->item.env, &output->output, &output->found);
	pf_output_hold_release(output);
	pf_output_done(&output->output);
	pf_timer_stop(&output->item.env->timers, &output->tick);
	pf_timer_stop(&output->item.env->timers, &output->retry);
	remove_topics(output, clear);
	pf_item_done(&output->item, clear);
	pf_config_free(output->held);
	free(output);
}
