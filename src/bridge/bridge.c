/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/bridge.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/notify.h"
#include "bridge/buses.h"
#include "bridge/env.h"
#include "bridge/info.h"
#include "bridge/input_item.h"
#include "bridge/output_item.h"
#include "bridge/sensor_item.h"
#include "mqtt/link.h"

/* How often the levels of all inputs are read, in case an edge was lost. */
#define RESYNC_S 10

struct pf_bridge {
	struct pf_env env;
	struct pf_output_item **outputs;
	struct pf_input_item **inputs;
	struct pf_sensor_item **sensors;
	struct pf_info info;
	struct pf_state *status;
	struct pf_timer resync;
	bool stopping;
	void (*stopped)(void *user);
	void *user;
};

static void on_resync(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_bridge *bridge = PF_OWNER(timer, struct pf_bridge, resync);

	for (size_t i = 0; i < bridge->env.config->n_inputs; i++)
		pf_input_item_resync(bridge->inputs[i]);
	pf_timer_set(&bridge->env.timers, timer, now_ns + RESYNC_S * PF_NS_PER_S);
}

/* All subscriptions are acknowledged: states first, `online` behind them. */
static void on_connected(void *user)
{
	struct pf_bridge *bridge = user;

	if (bridge->stopping)
		return;
	pf_info_refresh(&bridge->info);
	pf_publisher_connected(&bridge->env.publisher);
	pf_state_set(&bridge->env.publisher, bridge->status, "online");
	(void)pf_notify("STATUS=Connected to %s", bridge->env.config->mqtt.broker);
}

static void on_disconnected(void *user, const char *reason)
{
	struct pf_bridge *bridge = user;

	pf_publisher_disconnected(&bridge->env.publisher);
	(void)pf_notify("STATUS=Not connected to %s: %s", bridge->env.config->mqtt.broker, reason);
}

static void on_message(void *user, const struct pf_link_message *message)
{
	struct pf_bridge *bridge = user;
	const uint64_t now_ns = pf_clock_now_ns();

	for (size_t i = 0; i < bridge->env.config->n_outputs; i++)
		if (pf_output_item_message(bridge->outputs[i], now_ns, message))
			return;
	pf_debug("message on %s, which is nobody's", message->topic);
}

static void on_stopped(void *user)
{
	struct pf_bridge *bridge = user;

	bridge->stopped(bridge->user);
}

static void start_items(struct pf_bridge *bridge)
{
	const struct pf_config *config = bridge->env.config;

	bridge->outputs = pf_calloc(config->n_outputs, sizeof(struct pf_output_item *));
	bridge->inputs = pf_calloc(config->n_inputs, sizeof(struct pf_input_item *));
	bridge->sensors = pf_calloc(config->n_sensors, sizeof(struct pf_sensor_item *));
	for (size_t i = 0; i < config->n_outputs; i++)
		bridge->outputs[i] = pf_output_item_new(&bridge->env, &config->outputs[i]);
	for (size_t i = 0; i < config->n_inputs; i++)
		bridge->inputs[i] = pf_input_item_new(&bridge->env, &config->inputs[i]);
	for (size_t i = 0; i < config->n_sensors; i++)
		bridge->sensors[i] = pf_sensor_item_new(
			&bridge->env, &config->sensors[i], i, config->n_sensors);
	pf_timer_init(&bridge->resync, on_resync);
	if (config->n_inputs)
		pf_timer_set(&bridge->env.timers, &bridge->resync,
			pf_clock_now_ns() + RESYNC_S * PF_NS_PER_S);
}

static int start_link(struct pf_bridge *bridge)
{
	static const struct pf_link_callbacks callbacks = {.connected = on_connected,
		.disconnected = on_disconnected,
		.message = on_message,
		.stopped = on_stopped};
	const struct pf_config *config = bridge->env.config;
	char *topic = pf_format("%s/status", config->mqtt.prefix);
	struct pf_link *link = pf_link_new(
		bridge->env.loop, &config->mqtt, topic, &callbacks, bridge);

	/* without content until the first connect: last in the list, so behind all states */
	bridge->status = pf_state_add(&bridge->env.publisher, topic, 1, true);
	free(topic);
	bridge->env.publisher.link = link;
	for (size_t i = 0; i < config->n_outputs; i++) {
		const char *command;

		for (size_t k = 0; (command = pf_output_item_command_topic(bridge->outputs[i], k));
			k++)
			pf_link_subscribe(link, command, 1);
	}
	return pf_link_start(link);
}

int pf_bridge_start(struct ev_loop *loop, const struct pf_config *config,
	const struct pf_board *board, void (*stopped)(void *user), void *user,
	struct pf_bridge **ret_bridge)
{
	struct pf_bridge *bridge = pf_calloc(1, sizeof *bridge);
	int r;

	bridge->env.loop = loop;
	bridge->env.config = config;
	bridge->env.board = board;
	bridge->stopped = stopped;
	bridge->user = user;
	r = pf_timers_init(&bridge->env.timers, loop);
	if (r < 0) {
		free(bridge);
		return r;
	}
	bridge->env.buses = pf_buses_new(loop);
	start_items(bridge);
	pf_info_init(&bridge->info, &bridge->env);
	*ret_bridge = bridge;
	return start_link(bridge);
}

void pf_bridge_stop(struct pf_bridge *bridge)
{
	const struct pf_config *config = bridge->env.config;

	if (bridge->stopping)
		return;
	bridge->stopping = true;
	for (size_t i = 0; i < config->n_outputs; i++)
		pf_output_item_exit(bridge->outputs[i]);
	for (size_t i = 0; i < config->n_sensors; i++)
		pf_sensor_item_stop(bridge->sensors[i]);
	if (bridge->env.publisher.connected)
		pf_state_set(&bridge->env.publisher, bridge->status, "offline");
	pf_link_stop(bridge->env.publisher.link, PF_STOP_DEADLINE_MS);
}

static void free_items(struct pf_bridge *bridge, bool sensors)
{
	const struct pf_config *config = bridge->env.config;

	for (size_t i = 0; i < config->n_outputs; i++)
		pf_output_item_free(bridge->outputs[i], false);
	for (size_t i = 0; i < config->n_inputs; i++)
		pf_input_item_free(bridge->inputs[i], false);
	for (size_t i = 0; sensors && i < config->n_sensors; i++)
		pf_sensor_item_free(bridge->sensors[i], false);
	free(bridge->outputs);
	free(bridge->inputs);
	if (sensors)
		free(bridge->sensors);
}

bool pf_bridge_free(struct pf_bridge *bridge)
{
	bool all;

	if (!bridge)
		return true;
	bridge->env.publisher.connected = false;
	all = pf_buses_free(bridge->env.buses);
	bridge->env.buses = NULL;
	free_items(bridge, all);
	pf_info_done(&bridge->info);
	pf_timer_stop(&bridge->env.timers, &bridge->resync);
	pf_link_free(bridge->env.publisher.link);
	pf_timers_done(&bridge->env.timers);
	/* sensors left behind still point to the bridge and its states */
	if (!all)
		return false;
	pf_publisher_done(&bridge->env.publisher);
	free(bridge);
	return true;
}
