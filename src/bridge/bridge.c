/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/bridge.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/notify.h"
#include "bridge/discovery.h"
#include "bridge/info.h"
#include "bridge/items.h"
#include "bridge/remains.h"
#include "config/same.h"
#include "lines/buses.h"
#include "mqtt/link.h"
#include "output/age.h"
#include "publish/buffers.h"
#include "store/record_file.h"
#include "store/record_store.h"
#include "store/traces_file.h"

/* What an old connection gets to send its last messages when a reload makes a new one. */
#define RECONNECT_DEADLINE_MS 1000

/* What outputs behind a bus get of the time of a stop, to reach on_exit and to say so. */
#define REST_DEADLINE_MS 1500
#define REST_LOOK_MS     10

struct pf_bridge {
	struct pf_env env;
	struct pf_items items;
	struct pf_info info;
	struct pf_discovery discovery;
	struct pf_kept_file *traces_file;
	struct pf_config *link_config; /* the one that the link was made for */
	struct pf_trace *status;       /* PREFIX/status */
	bool stopping;
	bool link_ending; /* the old link is ending, a new one follows */
	bool last_link;   /* the link is ending, and none follows */
	bool owes;        /* a reload has ended the link that the broker knows our states from */
	struct pf_timer link_ended;
	struct pf_timer rest; /* outputs behind a bus are coming to rest, since: */
	uint64_t stop_ns;
	void (*stopped)(void *user);
	void *user;
};

/* ---- the link -------------------------------------------------------------------------------- */

/* States first, `online` behind them. */
static void publish_all(void *user)
{
	struct pf_bridge *bridge = user;

	pf_publisher_publish(&bridge->env.publisher);
	pf_publisher_announce(&bridge->env.publisher, bridge->status, "online");
}

static void on_connected(void *user)
{
	struct pf_bridge *bridge = user;

	if (bridge->last_link || bridge->link_ending)
		return;
	bridge->owes = false;
	if (!bridge->stopping)
		pf_info_connected(&bridge->info);
	pf_discovery_refresh(&bridge->discovery);
	pf_publisher_connected(&bridge->env.publisher);
	/* a reload was under way: what has become of the outputs since; the end follows */
	if (bridge->stopping) {
		pf_publisher_publish(&bridge->env.publisher);
		return;
	}
	pf_discovery_connected(&bridge->discovery);
	publish_all(bridge);
	pf_items_link(&bridge->items, true);
	pf_buffers_connected(bridge->env.buffers);
	(void)pf_notify("STATUS=Connected to %s", bridge->env.config->mqtt.broker);
}

static void on_unheard(void *user, const char *topic, const char *reason)
{
	struct pf_bridge *bridge = user;

	if (!bridge->stopping && !bridge->link_ending)
		pf_items_unheard(&bridge->items, topic, reason);
}

static void on_disconnected(void *user, const char *reason)
{
	struct pf_bridge *bridge = user;

	pf_publisher_disconnected(&bridge->env.publisher);
	pf_discovery_disconnected(&bridge->discovery);
	pf_buffers_disconnected(bridge->env.buffers);
	pf_items_link(&bridge->items, false);
	(void)pf_notify("STATUS=Not connected to %s: %s", bridge->env.config->mqtt.broker, reason);
}

static void on_message(void *user, const struct pf_link_message *message)
{
	struct pf_bridge *bridge = user;
	const uint64_t now_ns = pf_clock_now_ns();
	const bool stale = pf_age_is_stale(now_ns, message->since_ns);

	pf_discovery_message(&bridge->discovery, message);
	pf_items_message(&bridge->items, now_ns, message, stale);
}

static void on_done(void *user, const struct pf_delivery *delivery)
{
	struct pf_bridge *bridge = user;

	pf_publisher_take(&bridge->env.publisher, delivery);
	pf_buffers_take(bridge->env.buffers, delivery);
}

static void on_overloaded(void *user, const char *topic, uint64_t n)
{
	struct pf_bridge *bridge = user;

	pf_items_overloaded(&bridge->items, topic, n);
}

/* Not the place to make a new link: the old one is still on the stack. */
static void on_stopped(void *user)
{
	struct pf_bridge *bridge = user;

	pf_timer_set(&bridge->env.timers, &bridge->link_ended, 0);
}

static void claim_status(struct pf_bridge *bridge)
{
	char *topic = pf_format("%s/status", bridge->env.config->mqtt.prefix);

	bridge->status = pf_traces_claim(&bridge->env.publisher.traces, topic, NULL);
	free(topic);
}

static void subscribe(struct pf_bridge *bridge)
{
	pf_items_subscribe(&bridge->items, bridge->env.publisher.link);
	pf_discovery_subscribe(&bridge->discovery, bridge->env.publisher.link);
	pf_link_subscribe_now(bridge->env.publisher.link);
}

static int start_link(struct pf_bridge *bridge)
{
	static const struct pf_link_callbacks callbacks = {.connected = on_connected,
		.unheard = on_unheard,
		.disconnected = on_disconnected,
		.message = on_message,
		.overloaded = on_overloaded,
		.done = on_done,
		.stopped = on_stopped};

	bridge->link_config = pf_config_hold(bridge->env.config);
	bridge->env.publisher.link = pf_link_new(bridge->env.loop, &bridge->env.config->mqtt,
		bridge->status->topic, &callbacks, bridge);
	subscribe(bridge);
	return pf_link_start(bridge->env.publisher.link);
}

/* `info` counts since the start, a link since it was made. */
static void free_link(struct pf_bridge *bridge)
{
	struct pf_link_stats stats;

	pf_link_get_stats(bridge->env.publisher.link, &stats);
	bridge->env.n_reconnects += stats.reconnects;
	bridge->env.n_sent += stats.sent;
	bridge->env.n_received += stats.received;
	bridge->env.n_dropped += stats.dropped;
	pf_link_free(bridge->env.publisher.link);
	bridge->env.publisher.link = NULL;
	pf_config_free(bridge->link_config);
	bridge->link_config = NULL;
}

/* Whether outputs behind a bus are still coming to rest; one that hangs is not waited for. */
static bool is_resting(const struct pf_bridge *bridge, uint64_t now_ns)
{
	return pf_items_are_busy(&bridge->items) &&
	       now_ns < bridge->stop_ns + REST_DEADLINE_MS * PF_NS_PER_MS;
}

static void on_link_ended(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_bridge *bridge = PF_OWNER(timer, struct pf_bridge, link_ended);
	int r;

	if (bridge->last_link) {
		bridge->stopped(bridge->user);
		return;
	}
	free_link(bridge);
	bridge->link_ending = false;
	r = start_link(bridge);
	if (r < 0)
		pf_error("mqtt: cannot start the link: %s", strerror(-r));
	if (bridge->stopping)
		pf_timer_set(&bridge->env.timers, &bridge->rest, now_ns);
}

/* Ends the link, with or without a last word. */
static void end_link(struct pf_bridge *bridge, uint32_t deadline_ms, bool say_offline)
{
	if (say_offline)
		pf_publisher_announce(&bridge->env.publisher, bridge->status, "offline");
	pf_publisher_disconnected(&bridge->env.publisher);
	pf_link_stop(bridge->env.publisher.link, deadline_ms);
}

/* Ends the link when all outputs are at rest and the broker is there, so that it can say so. */
static void on_rest(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_bridge *bridge = PF_OWNER(timer, struct pf_bridge, rest);
	const uint64_t spent_ms = (now_ns - bridge->stop_ns) / PF_NS_PER_MS;

	const bool in_time = spent_ms < PF_STOP_DEADLINE_MS;

	if (is_resting(bridge, now_ns) || (bridge->owes && in_time)) {
		pf_timer_set(&bridge->env.timers, timer, now_ns + REST_LOOK_MS * PF_NS_PER_MS);
		return;
	}
	bridge->last_link = true;
	end_link(bridge, in_time ? PF_STOP_DEADLINE_MS - (uint32_t)spent_ms : 0, true);
}

/* ---- life ------------------------------------------------------------------------------------ */

static int start_files(
	struct pf_bridge *bridge, struct pf_driver_set *drivers, struct pf_held *held)
{
	struct pf_env *env = &bridge->env;
	int r = pf_traces_file_new(env->loop, &env->timers, env->config->state_dir,
		&env->publisher.traces, &bridge->traces_file);

	if (r < 0)
		return r;
	r = pf_remains_start(env, drivers, held);
	if (r < 0) {
		pf_kept_file_free(bridge->traces_file);
		pf_traces_done(&env->publisher.traces);
	}
	return r;
}

int pf_bridge_start(struct ev_loop *loop, struct pf_config *config, const struct pf_board *board,
	struct pf_driver_set *drivers, struct pf_held *held, void (*stopped)(void *user),
	void *user, struct pf_bridge **ret_bridge)
{
	struct pf_bridge *bridge = pf_calloc(1, sizeof *bridge);
	int r;

	bridge->stopped = stopped;
	bridge->user = user;
	pf_timer_init(&bridge->link_ended, on_link_ended);
	pf_timer_init(&bridge->rest, on_rest);
	r = pf_env_init(&bridge->env, loop, config, board);
	if (r == 0) {
		r = start_files(bridge, drivers, held);
		if (r < 0)
			pf_timers_done(&bridge->env.timers);
	}
	if (r < 0) {
		pf_config_free(config);
		free(bridge);
		return r;
	}
	claim_status(bridge);
	pf_env_start(&bridge->env);
	pf_items_start(&bridge->items, &bridge->env);
	pf_info_init(&bridge->info, &bridge->env);
	pf_discovery_init(&bridge->discovery, &bridge->env, publish_all, bridge);
	*ret_bridge = bridge;
	return start_link(bridge);
}

/* PREFIX is another one now: nothing stays behind under the old one. */
static void move_prefix(struct pf_bridge *bridge)
{
	struct pf_publisher *publisher = &bridge->env.publisher;

	pf_info_rename(&bridge->info);
	/* while a link is ending, its status was dealt with when that began */
	if (!bridge->link_ending)
		pf_publisher_announce(publisher, bridge->status, "offline");
	pf_traces_release(&publisher->traces, bridge->status);
	claim_status(bridge);
}

void pf_bridge_reload(struct pf_bridge *bridge, struct pf_config *config)
{
	struct pf_config *old = bridge->env.config;
	const bool same_link = pf_same_mqtt(&old->mqtt, &config->mqtt);
	const bool moved = strcmp(old->mqtt.prefix, config->mqtt.prefix) != 0;

	pf_buffers_use(bridge->env.buffers, config);
	/* what a state means is announced before it comes in its new form */
	bridge->env.config = config;
	pf_discovery_reload(&bridge->discovery);
	pf_items_reload(&bridge->items, old);
	pf_config_free(old);
	if (moved)
		move_prefix(bridge);
	pf_publisher_sweep(&bridge->env.publisher);
	if (!bridge->link_ending && same_link)
		subscribe(bridge);
	if (bridge->link_ending || same_link)
		return;
	bridge->link_ending = true;
	bridge->owes = bridge->owes || bridge->env.publisher.connected;
	end_link(bridge, RECONNECT_DEADLINE_MS, !moved);
	pf_items_link(&bridge->items, false);
}

void pf_bridge_tell_reload(struct pf_bridge *bridge, const char *result)
{
	pf_info_tell_reload(&bridge->info, result);
}

void pf_bridge_stop(struct pf_bridge *bridge)
{
	if (bridge->stopping)
		return;
	bridge->stopping = true;
	bridge->stop_ns = pf_clock_now_ns();
	pf_items_exit(&bridge->items, bridge->stop_ns + REST_DEADLINE_MS * PF_NS_PER_MS);
	/* if the old link is ending for a reload, the next one tells of the outputs */
	if (!bridge->link_ending)
		on_rest(&bridge->rest, bridge->stop_ns);
}

bool pf_bridge_free(struct pf_bridge *bridge)
{
	bool all;

	if (!bridge)
		return true;
	bridge->env.publisher.connected = false;
	all = pf_buses_end(bridge->env.buses);
	pf_items_free(&bridge->items, all);
	pf_info_done(&bridge->info);
	pf_discovery_done(&bridge->discovery);
	free_link(bridge);
	pf_buffers_free(bridge->env.buffers);
	pf_record_store_free(bridge->env.record);
	bridge->env.publisher.traces.changed = NULL;
	pf_kept_file_free(bridge->traces_file);
	pf_timers_done(&bridge->env.timers);
	/* sensors left behind still point to the bridge and its states */
	if (!all)
		return false;
	pf_buses_free(bridge->env.buses);
	pf_publisher_done(&bridge->env.publisher);
	pf_config_free(bridge->env.config);
	free(bridge);
	return true;
}
