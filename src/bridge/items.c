/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/items.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "bridge/output_hold.h"
#include "bridge/remains.h"
#include "config/same.h"
#include "store/record_store.h"

/* How often all lines are read, in case an edge was lost or an output has come off. */
#define RESYNC_S 10

/* ---- start ------------------------------------------------------------------------------------
 */

/* An input went on: it may be the button of outputs. */
static void on_pressed(void *user, const char *name, uint64_t since_ns)
{
	struct pf_items *items = user;

	for (size_t i = 0; items->outputs && i < items->env->config->n_outputs; i++)
		pf_output_item_button(items->outputs[i], name, since_ns);
}

static void resync_input(struct pf_items *items, size_t i)
{
	const bool held = pf_input_item_is_held(items->inputs[i]);

	pf_leaving_yield(&items->leaving, &items->env->config->inputs[i], held);
	pf_input_item_resync(items->inputs[i]);
}

static void on_resync(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_items *items = PF_OWNER(timer, struct pf_items, resync);

	for (size_t i = 0; i < items->env->config->n_inputs; i++)
		resync_input(items, i);
	for (size_t i = 0; i < items->env->config->n_outputs; i++)
		pf_output_item_check(items->outputs[i], now_ns);
	pf_leaving_check(&items->leaving, now_ns);
	pf_timer_set(&items->env->timers, timer, now_ns + RESYNC_S * PF_NS_PER_S);
}

static struct pf_interlock *make_groups(const struct pf_config *config)
{
	struct pf_interlock *groups = pf_calloc(config->n_interlocks, sizeof *groups);

	for (size_t i = 0; i < config->n_interlocks; i++)
		pf_interlock_init(
			&groups[i], config->interlocks[i].name, config->interlocks[i].dead_time_ms);
	return groups;
}

static void free_groups(struct pf_interlock *groups, const struct pf_config *config)
{
	for (size_t i = 0; i < config->n_interlocks; i++)
		pf_interlock_done(&groups[i]);
	free(groups);
}

static struct pf_interlock *find_group(
	struct pf_interlock *groups, const struct pf_config *config, const char *name)
{
	for (size_t i = 0; name && i < config->n_interlocks; i++)
		if (strcmp(groups[i].name, name) == 0)
			return &groups[i];
	return NULL;
}

/* What a crash has to know of the lines of all outputs is recorded before one moves. */
static void claim_lines(struct pf_env *env, struct pf_output_item **outputs, size_t n)
{
	pf_record_store_begin(env->record);
	for (size_t i = 0; i < n; i++)
		pf_output_hold_claim(outputs[i]);
	pf_record_store_end(env->record);
}

void pf_items_start(struct pf_items *items, struct pf_env *env)
{
	const struct pf_config *config = env->config;

	*items = (struct pf_items){.env = env, .groups = make_groups(config)};
	pf_leaving_init(&items->leaving, env);
	items->outputs = pf_calloc(config->n_outputs, sizeof(struct pf_output_item *));
	items->inputs = pf_calloc(config->n_inputs, sizeof(struct pf_input_item *));
	items->sensors = pf_calloc(config->n_sensors, sizeof(struct pf_sensor_item *));
	for (size_t i = 0; i < config->n_outputs; i++)
		items->outputs[i] = pf_output_item_new(env, &config->outputs[i],
			find_group(items->groups, config, config->outputs[i].interlock));
	pf_remains_bind(env->remains, env, items->outputs, &items->leaving);
	for (size_t i = 0; i < config->n_interlocks; i++)
		pf_interlock_join(&items->groups[i]);
	pf_record_store_begin(env->record);
	/* what has become of lines that nobody has any more */
	pf_record_store_changed(env->record);
	claim_lines(env, items->outputs, config->n_outputs);
	pf_record_store_end(env->record);
	pf_leaving_start(&items->leaving);
	for (size_t i = 0; i < config->n_outputs; i++)
		pf_output_item_start(items->outputs[i]);
	for (size_t i = 0; i < config->n_inputs; i++) {
		items->inputs[i] = pf_input_item_new(env, &config->inputs[i], on_pressed, items);
		pf_leaving_yield(&items->leaving, &config->inputs[i],
			pf_input_item_is_held(items->inputs[i]));
	}
	for (size_t i = 0; i < config->n_sensors; i++)
		items->sensors[i] = pf_sensor_item_new(
			env, &config->sensors[i], i, config->n_sensors);
	pf_timer_init(&items->resync, on_resync);
	pf_timer_set(&env->timers, &items->resync, pf_clock_now_ns() + RESYNC_S * PF_NS_PER_S);
}

/* ---- reload -----------------------------------------------------------------------------------
 */

/* Takes from the old inputs those that stay. */
static void keep_inputs(struct pf_items *items, struct pf_input_item **inputs,
	const struct pf_config *old, const struct pf_config *config)
{
	for (size_t i = 0; i < config->n_inputs; i++)
		for (size_t k = 0; k < old->n_inputs && !inputs[i]; k++)
			if (items->inputs[k] &&
				pf_same_input(&config->inputs[i], &old->inputs[k])) {
				inputs[i] = items->inputs[k];
				items->inputs[k] = NULL;
				pf_input_item_rebind(inputs[i], &config->inputs[i]);
			}
	for (size_t k = 0; k < old->n_inputs; k++)
		pf_input_item_free(items->inputs[k], true);
}

static void keep_sensors(struct pf_items *items, struct pf_sensor_item **sensors,
	struct pf_config *old, const struct pf_config *config)
{
	for (size_t i = 0; i < config->n_sensors; i++)
		for (size_t k = 0; k < old->n_sensors && !sensors[i]; k++)
			if (items->sensors[k] &&
				pf_same_sensor(&config->sensors[i], &old->sensors[k])) {
				sensors[i] = items->sensors[k];
				items->sensors[k] = NULL;
				pf_sensor_item_rebind(sensors[i], &config->sensors[i], old);
			}
	for (size_t k = 0; k < old->n_sensors; k++)
		pf_sensor_item_remove(items->sensors[k], old);
}

/*
 * Takes from the old outputs those whose line stays. The others leave; before that, all that were
 * in a group take with them whom they have to wait for.
 */
static void keep_outputs(struct pf_items *items, struct pf_output_item **outputs,
	struct pf_config *old, const struct pf_config *config)
{
	for (size_t i = 0; i < old->n_interlocks; i++)
		pf_interlock_part(&items->groups[i]);
	claim_lines(items->env, items->outputs, old->n_outputs);
	for (size_t i = 0; i < config->n_outputs; i++)
		for (size_t k = 0; k < old->n_outputs && !outputs[i]; k++)
			if (items->outputs[k] &&
				pf_output_item_has_line(items->outputs[k], &config->outputs[i])) {
				outputs[i] = items->outputs[k];
				items->outputs[k] = NULL;
			}
	for (size_t k = 0; k < old->n_outputs; k++)
		if (items->outputs[k])
			pf_leaving_add(&items->leaving, items->outputs[k], old);
}

/* Lines of outputs that have left are there for those that have them now. */
static void free_lines(struct pf_items *items, struct pf_output_item **outputs, const bool *kept,
	const struct pf_config *config)
{
	for (size_t i = 0; i < config->n_outputs; i++)
		if (!kept[i])
			pf_leaving_replace(&items->leaving, outputs[i]);
	for (size_t i = 0; i < config->n_inputs; i++)
		pf_leaving_yield(&items->leaving, &config->inputs[i], false);
	pf_leaving_purge(&items->leaving);
}

/*
 * Gives the kept outputs (NULL: a new one) their new rules and starts the new ones. Every output is
 * in its group before the first may move: else it would not know whom it has to wait for.
 */
static void reload_outputs(struct pf_items *items, struct pf_output_item **outputs,
	struct pf_interlock *groups, const struct pf_config *config)
{
	bool *kept = pf_calloc(config->n_outputs, sizeof *kept);

	for (size_t i = 0; i < config->n_outputs; i++) {
		struct pf_interlock *group = find_group(
			groups, config, config->outputs[i].interlock);

		kept[i] = outputs[i];
		if (kept[i])
			pf_output_item_regroup(outputs[i], group);
		else
			outputs[i] = pf_output_item_new(items->env, &config->outputs[i], group);
	}
	free_lines(items, outputs, kept, config);
	for (size_t i = 0; i < config->n_interlocks; i++)
		pf_interlock_join(&groups[i]);
	claim_lines(items->env, outputs, config->n_outputs);
	for (size_t i = 0; i < config->n_outputs; i++)
		if (kept[i])
			pf_output_item_rebind(outputs[i], &config->outputs[i]);
	for (size_t i = 0; i < config->n_outputs; i++)
		if (!kept[i])
			pf_output_item_start(outputs[i]);
	free(kept);
}

void pf_items_link(struct pf_items *items, bool up)
{
	const uint64_t now_ns = pf_clock_now_ns();

	for (size_t i = 0; i < items->env->config->n_outputs; i++)
		pf_output_item_link(items->outputs[i], now_ns, up);
}

void pf_items_reload(struct pf_items *items, struct pf_config *old)
{
	struct pf_env *env = items->env;
	const struct pf_config *config = env->config;
	struct pf_interlock *groups = make_groups(config);
	struct pf_output_item **outputs = pf_calloc(
		config->n_outputs, sizeof(struct pf_output_item *));
	struct pf_input_item **inputs = pf_calloc(config->n_inputs, sizeof(struct pf_input_item *));
	struct pf_sensor_item **sensors = pf_calloc(
		config->n_sensors, sizeof(struct pf_sensor_item *));

	keep_sensors(items, sensors, old, config);
	keep_inputs(items, inputs, old, config);
	keep_outputs(items, outputs, old, config);
	reload_outputs(items, outputs, groups, config);
	free_groups(items->groups, old);
	free(items->outputs);
	free(items->inputs);
	free(items->sensors);
	/* until all are there, a button finds no outputs */
	items->outputs = NULL;
	for (size_t i = 0; i < config->n_inputs; i++) {
		if (!inputs[i])
			inputs[i] = pf_input_item_new(env, &config->inputs[i], on_pressed, items);
		pf_leaving_yield(
			&items->leaving, &config->inputs[i], pf_input_item_is_held(inputs[i]));
	}
	for (size_t i = 0; i < config->n_sensors; i++)
		if (!sensors[i])
			sensors[i] = pf_sensor_item_new(
				env, &config->sensors[i], i, config->n_sensors);
	items->groups = groups;
	items->outputs = outputs;
	items->inputs = inputs;
	items->sensors = sensors;
	/* new outputs do not know yet whether the broker is there */
	pf_items_link(items, env->publisher.connected);
	pf_publisher_sweep(&env->publisher);
}

/* ---- messages ---------------------------------------------------------------------------------
 */

void pf_items_message(
	struct pf_items *items, uint64_t now_ns, const struct pf_link_message *message, bool stale)
{
	for (size_t i = 0; i < items->env->config->n_outputs; i++)
		if (pf_output_item_message(items->outputs[i], now_ns, message, stale))
			return;
}

void pf_items_unheard(struct pf_items *items, const char *topic, const char *reason)
{
	char *text = reason ? pf_format("the broker refuses the subscription to %s: %s", topic,
				      reason)
			    : NULL;

	for (size_t i = 0; i < items->env->config->n_outputs; i++)
		pf_output_item_unheard(items->outputs[i], topic, text);
	free(text);
}

void pf_items_overloaded(struct pf_items *items, const char *topic, uint64_t n)
{
	for (size_t i = 0; i < items->env->config->n_outputs; i++)
		pf_output_item_overloaded(items->outputs[i], topic, n);
}

/* Several outputs may listen to one heartbeat: it is subscribed once. */
static bool is_first_with_heartbeat(const struct pf_config *config, size_t i)
{
	const char *topic = config->outputs[i].failsafe.heartbeat_topic;

	for (size_t k = 0; topic && k < i; k++) {
		const char *other = config->outputs[k].failsafe.heartbeat_topic;

		if (other && strcmp(other, topic) == 0)
			return false;
	}
	return topic != NULL;
}

void pf_items_subscribe(const struct pf_items *items, struct pf_link *link)
{
	const struct pf_config *config = items->env->config;

	for (size_t i = 0; i < config->n_outputs; i++) {
		pf_output_item_subscribe(items->outputs[i], link);
		if (is_first_with_heartbeat(config, i))
			pf_link_subscribe(
				link, config->outputs[i].failsafe.heartbeat_topic, 1, false);
	}
}

/* ---- stop -------------------------------------------------------------------------------------
 */

void pf_items_exit(struct pf_items *items, uint64_t until_ns)
{
	const struct pf_config *config = items->env->config;

	pf_leaving_exit(&items->leaving, until_ns);
	/* what goes on has to wait for what goes off */
	for (int on = 0; on < 2; on++)
		for (size_t i = 0; i < config->n_outputs; i++)
			if ((config->outputs[i].on_exit == PF_ON_EXIT_ON) == on)
				pf_output_item_exit(items->outputs[i], until_ns);
	for (size_t i = 0; i < config->n_sensors; i++)
		pf_sensor_item_stop(items->sensors[i]);
}

bool pf_items_are_busy(const struct pf_items *items)
{
	bool busy = pf_leaving_are_busy(&items->leaving);

	for (size_t i = 0; i < items->env->config->n_outputs; i++)
		busy = busy || pf_output_item_is_busy(items->outputs[i]);
	return busy;
}

void pf_items_free(struct pf_items *items, bool sensors)
{
	const struct pf_config *config = items->env->config;

	pf_timer_stop(&items->env->timers, &items->resync);
	for (size_t i = 0; i < config->n_outputs; i++)
		pf_output_item_free(items->outputs[i], false);
	pf_leaving_done(&items->leaving);
	for (size_t i = 0; i < config->n_inputs; i++)
		pf_input_item_free(items->inputs[i], false);
	for (size_t i = 0; sensors && i < config->n_sensors; i++)
		pf_sensor_item_free(items->sensors[i]);
	pf_remains_free(items->env->remains);
	free_groups(items->groups, config);
	free(items->outputs);
	free(items->inputs);
	free(items->sensors);
}
