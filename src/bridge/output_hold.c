/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/output_hold.h"

#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "bridge/output_line.h"
#include "lines/confirm.h"
#include "publish/moment.h"
#include "publish/payload.h"

const char *pf_output_hold_word(const struct pf_output_item *output, bool level)
{
	return level ? output->config->payload_on : output->config->payload_off;
}

void pf_output_hold_report(const struct pf_output_item *output, int result)
{
	if (result == -ENOTUNIQ)
		pf_error("output %s: more than one output of interlock %s is on; all are switched "
			 "off",
			output->config->item.name, output->config->interlock);
}

/* ---- what is published -------------------------------------------------------------------- */

static void publish_state(struct pf_output_item *output)
{
	char *payload = pf_payload_state(output->config->item.format,
		pf_output_hold_word(output, output->output.level),
		pf_moment_of(&output->item.env->clock, output->written_ns));

	pf_state_set(&output->item.env->publisher, output->state, payload);
	output->published = true;
	output->published_level = output->output.level;
	free(payload);
}

void pf_output_hold_back(struct pf_output_item *output)
{
	pf_item_lower(&output->item, PF_HINDRANCES_OF_HARDWARE);
	if (output->state)
		publish_state(output);
	pf_item_online(&output->item);
}

void pf_output_hold_changed(struct pf_output_item *output)
{
	/* what is only to be confirmed waits for the write under way */
	const bool news = output->published_level != output->output.level ||
			  (!output->published && !output->output.writing);

	if (output->output.held && !output->starting && output->state && news)
		publish_state(output);
	pf_timer_set(&output->item.env->timers, &output->tick, pf_output_wake_ns(&output->output));
	pf_output_line_record(output->item.env, &output->output, &output->found);
	if (!output->starting && output->state)
		pf_limit_notice_settle(&output->notice, output->item.env, &output->output);
}

/* ---- giving up ---------------------------------------------------------------------------- */

void pf_output_hold_release(struct pf_output_item *output)
{
	pf_output_lost(&output->output);
	pf_slow_line_free(output->slow);
	if (output->line)
		output->found.ops->release(output->line);
	output->slow = NULL;
	output->line = NULL;
}

void pf_output_hold_yield(struct pf_output_item *output)
{
	pf_output_hold_release(output);
	output->idle = true;
}

/* This is what hinders it now, whatever it was before; tries again soon. */
static void retry_later(struct pf_output_item *output, enum pf_hindrance which, const char *reason)
{
	pf_item_raise(&output->item, which, "%s", reason);
	pf_item_lower(&output->item, PF_HINDRANCES_OF_HARDWARE & ~(unsigned)which);
	/* one that has left is brought to rest all the same */
	if (!output->output.closed || !output->state)
		pf_timer_set(&output->item.env->timers, &output->retry,
			pf_clock_now_ns() +
				pf_backoff_line_ms(++output->n_failures) * PF_NS_PER_MS);
}

/* The line does not have the level that it was set: it may be on, and is requested again. */
static void contradict(struct pf_output_item *output, bool wanted)
{
	char reason[PF_REASON_SIZE];

	pf_explain(reason, "line %s was set %s but reads %s", output->config->line.text,
		pf_output_hold_word(output, wanted), pf_output_hold_word(output, !wanted));
	pf_output_contradicted(&output->output);
	pf_output_hold_release(output);
	/* a crash has to leave it known, too */
	pf_output_line_record(output->item.env, &output->output, &output->found);
	retry_later(output, PF_HINDRANCE_LEVEL, reason);
}

/* The line cannot be used as it should; wanted: what it was to have. */
static void give_up(struct pf_output_item *output, int error, bool wanted)
{
	char reason[PF_REASON_SIZE];

	if (error == PF_LINE_DIFFERS) {
		contradict(output, wanted);
		return;
	}
	pf_line_explain(&output->found, &output->config->line, error, reason);
	pf_output_hold_release(output);
	retry_later(output, PF_HINDRANCE_FAULT, reason);
}

/* ---- writing ------------------------------------------------------------------------------ */

static void note_level(struct pf_output_item *output, bool level)
{
	output->written_ns = pf_clock_now_ns();
	pf_info("output %s: %s", output->config->item.name, pf_output_hold_word(output, level));
}

static int confirm(struct pf_output_item *output, bool level)
{
	return pf_line_confirm(output->found.ops, output->line, output->config->drive,
		output->config->active_low, level);
}

static int set_level(struct pf_output_item *output, bool level)
{
	int r;

	if (output->slow)
		return pf_slow_line_set(output->slow, level);
	r = output->found.ops->set(output->line, level);
	return r < 0 ? r : confirm(output, level);
}

/* The one effect of output.c: the level on the line, and seen there. */
static int write_level(void *user, bool level)
{
	struct pf_output_item *output = user;
	int r;

	/* whatever happens from here on, a crash has to leave it known */
	pf_output_line_announce(output->item.env, &output->output, &output->found, level);
	r = set_level(output, level);

	if (r < 0)
		give_up(output, r, level);
	else if (output->slow)
		return PF_WRITE_UNDER_WAY;
	else
		note_level(output, level);
	return r;
}

static void on_changed(void *user)
{
	pf_output_hold_changed(user);
}

const struct pf_output_port pf_output_hold_port = {
	.write = write_level, .changed = on_changed, .now_ns = pf_clock_now_ns};

/* A write on the bus has come back. */
static void take_written(struct pf_output_item *output, int result)
{
	const bool level = output->output.writing_level;

	if (result == 0)
		note_level(output, level);
	pf_output_written(&output->output, pf_clock_now_ns(), result);
	if (result < 0)
		give_up(output, result, level);
}

/* ---- requesting --------------------------------------------------------------------------- */

/* The line is held, with this level on it. */
static void take_line(struct pf_output_item *output, bool level, bool was_output)
{
	const struct pf_output_config *config = output->config;

	if (!was_output && output->requested == PF_INITIAL_KEEP)
		pf_warning(
			"output %s: line %s was an input, there is no state to keep: starting off",
			config->item.name, config->line.text);
	pf_info("output %s: line %s held, %s", config->item.name, config->line.text,
		pf_output_hold_word(output, level));
	output->written_ns = pf_clock_now_ns();
	output->starting = true;
	pf_output_hold_report(
		output, pf_output_acquired(&output->output, pf_clock_now_ns(), level));
	output->starting = false;
	if (output->output.held) {
		output->n_failures = 0;
		pf_output_hold_back(output);
	}
	pf_output_hold_changed(output);
}

/* What was read back; the envelope writes, if the line does not have what was set. */
static void take_reading(struct pf_output_item *output, int level)
{
	const struct pf_output_config *config = output->config;
	const bool wanted = output->output.level;

	/* what is under way since then will tell */
	if (!output->output.held || output->output.writing)
		return;
	if (level < 0)
		give_up(output, level, wanted);
	else if (pf_line_contradicts(config->drive, config->active_low, wanted, level))
		contradict(output, wanted);
	else if (pf_item_is_hindered(&output->item, PF_HINDRANCES_OF_HARDWARE))
		pf_output_hold_back(output);
}

/* A task on the bus has come back. */
static void on_slow(void *user, enum pf_slow_task task, int result)
{
	struct pf_output_item *output = user;
	const bool hung = pf_item_is_hindered(&output->item, PF_HINDRANCE_BUS);

	if (task == PF_SLOW_SET)
		take_written(output, result);
	else if (task == PF_SLOW_GET)
		take_reading(output, result);
	else if (result < 0)
		give_up(output, result, pf_slow_line_level(output->slow));
	else
		take_line(output, result, pf_slow_line_was_output(output->slow));
	/* the bus is back, and what was wanted meanwhile is under way or done */
	if (hung && output->output.held)
		pf_output_hold_back(output);
}

static int request(struct pf_output_item *output, const struct pf_output_request *request,
	bool *ret_level, bool *ret_was_output)
{
	int r;

	output->requested = request->initial;
	if (request->initial == PF_INITIAL_ON)
		pf_output_line_announce(output->item.env, &output->output, &output->found, true);
	if (!pf_line_is_slow(&output->found)) {
		/* one that fails may have had its effect */
		pf_output_requested(&output->output, pf_clock_now_ns(), request->initial);
		r = output->found.ops->request_output(
			output->found.context, request, &output->line, ret_level, ret_was_output);
		return r < 0 ? r : confirm(output, *ret_level);
	}
	r = pf_slow_line_new(
		output->item.env->buses, &output->found, on_slow, output, &output->slow);
	if (r < 0)
		return r;
	pf_output_requested(&output->output, pf_clock_now_ns(), request->initial);
	pf_slow_line_request_output(output->slow, request);
	return -EINPROGRESS;
}

void pf_output_hold_claim(struct pf_output_item *output)
{
	if (!output->line && !output->slow)
		pf_output_line_claim(output->item.env, &output->output, &output->found);
	else
		pf_output_line_record(output->item.env, &output->output, &output->found);
}

void pf_output_hold_start(struct pf_output_item *output)
{
	char reason[PF_REASON_SIZE] = "";
	struct pf_output_request how;
	bool level = false, was_output = true;
	int r;

	if (output->idle)
		return;
	if (pf_output_line_find(output->item.env, &output->output, &output->found, &how, reason) <
		0) {
		retry_later(output, PF_HINDRANCE_FAULT, reason);
		return;
	}
	r = request(output, &how, &level, &was_output);
	if (r == 0)
		take_line(output, level, was_output);
	else if (r != -EINPROGRESS)
		give_up(output, r, level);
}

/* ---- reading back ------------------------------------------------------------------------- */

static void check_slow(struct pf_output_item *output, uint64_t now_ns)
{
	const char *bus = pf_slow_line_hangs(output->slow, now_ns);

	if (bus) {
		pf_item_raise(&output->item, PF_HINDRANCE_BUS,
			"bus %s hangs: a call does not come back", bus);
	} else if (!bus && output->output.held && !output->output.writing) {
		(void)pf_slow_line_get(output->slow);
	}
}

void pf_output_hold_check(struct pf_output_item *output, uint64_t now_ns)
{
	if (output->slow)
		check_slow(output, now_ns);
	else if (output->output.held)
		take_reading(output, output->found.ops->get(output->line));
}
