/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/output_item.h"

#include <stdlib.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "bridge/item.h"
#include "bridge/line_find.h"
#include "bridge/payload.h"
#include "bridge/topics.h"
#include "output/output.h"

/* Commands that waited longer than this in a stalled loop or link are stale. */
#define STALE_S 5

#define N_COMMAND_TOPICS 3 /* enum pf_command_topic */

struct pf_output_item {
	struct pf_item item;
	const struct pf_output_config *config;
	struct pf_output output;
	struct pf_state *state;
	struct pf_found_line found;
	struct pf_line *line;  /* NULL: not held */
	uint32_t n_failures;   /* to get the line, in a row */
	struct pf_timer tick;  /* the output's next deadline */
	struct pf_timer retry; /* next try for the line */
	char *command_topics[N_COMMAND_TOPICS];
	char *ack_topic;
};

static const char *word_of(const struct pf_output_item *output, bool level)
{
	return level ? output->config->payload_on : output->config->payload_off;
}

static void publish_state(struct pf_output_item *output)
{
	char *payload = pf_payload_state(output->config->item.format,
		word_of(output, output->output.level), pf_clock_wall_ms());

	pf_state_set(&output->item.env->publisher, output->state, payload);
	free(payload);
}

static void release_line(struct pf_output_item *output)
{
	pf_output_lost(&output->output);
	if (output->line)
		output->found.ops->release(output->line);
	output->line = NULL;
}

static void retry_later(struct pf_output_item *output)
{
	output->n_failures++;
	pf_timer_set(&output->item.env->timers, &output->retry,
		pf_clock_now_ns() + pf_backoff_ms(output->n_failures) * PF_NS_PER_MS);
}

/* The one effect of output.c: the level on the line. */
static int write_level(void *user, bool level)
{
	struct pf_output_item *output = user;
	const int r = output->found.ops->set(output->line, level);
	char reason[PF_REASON_SIZE];

	if (r == 0) {
		pf_info("output %s: %s", output->config->item.name, word_of(output, level));
		return 0;
	}
	pf_line_explain(&output->found, &output->config->line, r, reason);
	release_line(output);
	pf_item_fault(&output->item, "%s", reason);
	retry_later(output);
	return r;
}

/* After anything that may have changed the output: its state to the broker, its next deadline. */
static void after_change(struct pf_output_item *output)
{
	if (output->output.held)
		publish_state(output);
	pf_timer_set(&output->item.env->timers, &output->tick, pf_output_wake_ns(&output->output));
}

static int request_line(struct pf_output_item *output, bool *ret_level, char *ret_reason)
{
	const struct pf_output_config *config = output->config;
	struct pf_output_request request = {.active_low = config->active_low,
		.drive = config->drive,
		.initial = pf_output_initial(&output->output),
		.consumer = "pinferry"};
	bool was_output = true;
	int r = pf_line_find(
		output->item.env->board, config->driver, &config->line, &output->found, ret_reason);

	if (r < 0)
		return r;
	request.chip = output->found.info.chip;
	request.offset = output->found.info.offset;
	r = output->found.ops->request_output(
		output->found.context, &request, &output->line, ret_level, &was_output);
	if (r < 0)
		pf_line_explain(&output->found, &config->line, r, ret_reason);
	else if (!was_output && request.initial == PF_INITIAL_KEEP)
		pf_warning(
			"output %s: line %s was an input, there is no state to keep: starting off",
			config->item.name, config->line.text);
	return r;
}

static void try_line(struct pf_output_item *output)
{
	char reason[PF_REASON_SIZE] = "";
	bool level = false;

	if (request_line(output, &level, reason) < 0) {
		pf_item_fault(&output->item, "%s", reason);
		retry_later(output);
		return;
	}
	output->n_failures = 0;
	pf_output_acquired(&output->output, pf_clock_now_ns(), level);
	pf_info("output %s: line %s held, %s", output->config->item.name, output->config->line.text,
		word_of(output, level));
	pf_item_clear(&output->item);
	after_change(output);
	pf_item_online(&output->item);
}

static void on_retry(struct pf_timer *timer, uint64_t now_ns)
{
	(void)now_ns;
	try_line(PF_OWNER(timer, struct pf_output_item, retry));
}

static void on_tick(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_output_item *output = PF_OWNER(timer, struct pf_output_item, tick);

	/* a failed write has been dealt with in write_level() */
	(void)pf_output_tick(&output->output, now_ns);
	after_change(output);
}

/* A response topic that could be a command again, or means several, is not used. */
static bool may_respond(const struct pf_output_item *output, const struct pf_link_message *message)
{
	const char *topic = message->response_topic;

	return topic && *topic && !strpbrk(topic, "+#") &&
	       !pf_topic_is_ours(output->item.env->config, topic);
}

static void answer(struct pf_output_item *output, const struct pf_link_message *message,
	const char *id, const struct pf_outcome *outcome)
{
	const char *word = output->output.held ? word_of(output, output->output.level) : NULL;
	char *payload = pf_payload_ack(id, outcome, word);
	struct pf_publisher *publisher = &output->item.env->publisher;

	if (outcome->verdict != PF_VERDICT_DONE)
		pf_info("output %s: %s", output->config->item.name, payload);
	if (may_respond(output, message))
		pf_publisher_send(publisher, message->response_topic, payload,
			output->config->item.qos, message->correlation_data,
			message->correlation_size);
	else
		pf_publisher_send(
			publisher, output->ack_topic, payload, output->config->item.qos, NULL, 0);
	free(payload);
}

/* Whether the message is to be left alone, and why. */
static bool is_ignored(
	const struct pf_link_message *message, uint64_t now_ns, struct pf_outcome *ret_outcome)
{
	const char *reason = NULL;

	if (message->retained)
		reason = "retained";
	else if (now_ns > message->time_ns && now_ns - message->time_ns > STALE_S * PF_NS_PER_S)
		reason = "stale";
	if (!reason)
		return false;
	ret_outcome->verdict = PF_VERDICT_IGNORED;
	pf_explain(ret_outcome->reason, "%s", reason);
	return true;
}

static void take_command(struct pf_output_item *output, uint64_t now_ns,
	enum pf_command_topic topic, const struct pf_link_message *message)
{
	const struct pf_output_config *config = output->config;
	struct pf_outcome outcome = {.verdict = PF_VERDICT_REJECTED};
	struct pf_command command;
	const int r = pf_command_parse(topic, (const char *)message->payload, message->payload_size,
		config->payload_on, config->payload_off, &command, outcome.reason);

	if (is_ignored(message, now_ns, &outcome)) {
		answer(output, message, command.id, &outcome);
		return;
	}
	if (r == 0) {
		pf_output_command(&output->output, now_ns, &command, &outcome);
		after_change(output);
	}
	answer(output, message, command.id, &outcome);
}

bool pf_output_item_message(
	struct pf_output_item *output, uint64_t now_ns, const struct pf_link_message *message)
{
	for (int i = 0; i < N_COMMAND_TOPICS; i++)
		if (strcmp(message->topic, output->command_topics[i]) == 0) {
			take_command(output, now_ns, (enum pf_command_topic)i, message);
			return true;
		}
	return false;
}

void pf_output_item_exit(struct pf_output_item *output)
{
	pf_timer_stop(&output->item.env->timers, &output->retry);
	(void)pf_output_exit(&output->output, pf_clock_now_ns());
	pf_timer_stop(&output->item.env->timers, &output->retry);
	after_change(output);
}

const char *pf_output_item_command_topic(const struct pf_output_item *output, size_t i)
{
	return i < N_COMMAND_TOPICS ? output->command_topics[i] : NULL;
}

struct pf_output_item *pf_output_item_new(struct pf_env *env, const struct pf_output_config *config)
{
	struct pf_output_item *output = pf_calloc(1, sizeof *output);

	output->config = config;
	output->command_topics[PF_TOPIC_SET] = pf_strdup(config->command_topic);
	output->command_topics[PF_TOPIC_SET_ON_MS] = pf_format("%s/set_on_ms", config->item.topic);
	output->command_topics[PF_TOPIC_SET_OFF_MS] = pf_format(
		"%s/set_off_ms", config->item.topic);
	output->ack_topic = pf_format("%s/ack", config->item.topic);
	pf_item_init(&output->item, env, "output", &config->item);
	output->state = pf_item_add_state(&output->item, NULL);
	pf_output_init(&output->output, config, write_level, output);
	pf_timer_init(&output->tick, on_tick);
	pf_timer_init(&output->retry, on_retry);
	try_line(output);
	return output;
}

void pf_output_item_free(struct pf_output_item *output, bool clear)
{
	if (!output)
		return;
	release_line(output);
	pf_timer_stop(&output->item.env->timers, &output->tick);
	pf_timer_stop(&output->item.env->timers, &output->retry);
	pf_state_remove(&output->item.env->publisher, output->state, clear);
	pf_item_done(&output->item, clear);
	for (int i = 0; i < N_COMMAND_TOPICS; i++)
		free(output->command_topics[i]);
	free(output->ack_topic);
	free(output);
}
