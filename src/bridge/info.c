/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/info.h"

#include <cJSON.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "bridge/info_items.h"
#include "config.h"
#include "lines/buses.h"
#include "publish/buffers.h"
#include "publish/moment.h"

#define REFRESH_NS (60 * PF_NS_PER_S)
#define URGENT_NS  (5 * PF_NS_PER_S) /* so often at most */

/* A Raspberry Pi starts with a wrong clock until the network tells it the time. */
#define CLOCK_STEP_MS 5000

/* ---- the text --------------------------------------------------------------------------------
 */

/* By the clock as it is set now; not for each millisecond of drift. */
static void add_since(cJSON *object, const char *name, struct pf_info_since *since)
{
	const int64_t wall_ms = pf_clock_wall_of_ms(since->time_ns);
	char text[PF_CLOCK_TEXT_SIZE];

	if (since->time_ns == 0)
		return;
	if (llabs(wall_ms - since->wall_ms) >= CLOCK_STEP_MS)
		since->wall_ms = wall_ms;
	pf_clock_format(since->wall_ms, text);
	cJSON_AddStringToObject(object, name, text);
}

static void add_times(cJSON *object, struct pf_info *info)
{
	const uint64_t uptime_ns = pf_clock_now_ns() - info->start.time_ns;

	add_since(object, "start", &info->start);
	cJSON_AddNumberToObject(object, "uptime_s", (double)(uptime_ns / PF_NS_PER_S));
	add_since(object, "connected_since", &info->connection);
	if (!pf_moment_clock_is_set(&info->env->clock))
		cJSON_AddStringToObject(object, "clock", "unsynchronised");
}

static void add_count(cJSON *object, const char *name, uint64_t count)
{
	cJSON_AddNumberToObject(object, name, (double)count);
}

static void add_counters(cJSON *object, const struct pf_env *env)
{
	struct pf_link_stats stats = {0};

	if (env->publisher.link)
		pf_link_get_stats(env->publisher.link, &stats);
	add_count(object, "reconnects", env->n_reconnects + stats.reconnects);
	add_count(object, "sent", env->n_sent + stats.sent);
	add_count(object, "received", env->n_received + stats.received);
	add_count(object, "dropped", env->n_dropped + stats.dropped);
	add_count(object, "buffered", pf_buffers_waiting(env->buffers));
	add_count(object, "missed_edges", env->n_missed_edges);
	add_count(object, "swallowed_pulses", env->n_swallowed_pulses);
	add_count(object, "errors", env->n_errors);
}

static void add_workers(cJSON *object, const struct pf_buses *buses)
{
	cJSON *workers = cJSON_AddObjectToObject(object, "workers");
	const uint64_t now_ns = pf_clock_now_ns();
	const struct pf_worker *worker;

	for (size_t i = 0; (worker = pf_buses_at(buses, i)); i++)
		cJSON_AddStringToObject(workers, pf_worker_name(worker),
			pf_bus_hangs(worker, now_ns) ? "hangs" : "ok");
}

/* Allocated; NULL: no memory. */
static char *make_text(struct pf_info *info)
{
	cJSON *object = cJSON_CreateObject();
	char *text;

	cJSON_AddStringToObject(object, "version", PACKAGE_VERSION);
	add_times(object, info);
	add_counters(object, info->env);
	pf_info_add_items(object, info->env->items);
	add_workers(object, info->env->buses);
	if (info->reload)
		cJSON_AddStringToObject(object, "reload", info->reload);
	text = cJSON_PrintUnformatted(object);
	cJSON_Delete(object);
	return text;
}

/* ---- when ------------------------------------------------------------------------------------
 */

static void publish(struct pf_info *info)
{
	char *text = make_text(info);

	if (text)
		pf_state_set(&info->env->publisher, info->state, text);
	free(text);
	info->published_ns = pf_clock_now_ns();
	pf_timer_set(&info->env->timers, &info->refresh, info->published_ns + REFRESH_NS);
}

/* Without a connection nobody is woken: the next one begins with a new text. */
static void on_refresh(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_info *info = PF_OWNER(timer, struct pf_info, refresh);

	(void)now_ns;
	if (info->env->publisher.connected)
		publish(info);
}

void pf_info_connected(struct pf_info *info)
{
	info->connection = (struct pf_info_since){
		.time_ns = pf_clock_now_ns(), .wall_ms = pf_clock_wall_ms()};
	publish(info);
}

static void on_news(struct pf_env *env)
{
	if (env->publisher.connected)
		pf_timer_set(
			&env->timers, &env->info->refresh, env->info->published_ns + URGENT_NS);
}

void pf_info_tell_reload(struct pf_info *info, const char *result)
{
	free(info->reload);
	info->reload = pf_strdup(result);
	publish(info);
}

/* ---- life ------------------------------------------------------------------------------------
 */

static void add_state(struct pf_info *info)
{
	const struct pf_mqtt_config *mqtt = &info->env->config->mqtt;
	char *topic = pf_format("%s/info", mqtt->prefix);

	info->state = pf_state_add(&info->env->publisher, topic, mqtt->qos, true);
	free(topic);
}

void pf_info_init(struct pf_info *info, struct pf_env *env)
{
	*info = (struct pf_info){
		.env = env, .start = {.time_ns = pf_clock_now_ns(), .wall_ms = pf_clock_wall_ms()}};
	add_state(info);
	pf_timer_init(&info->refresh, on_refresh);
	env->info = info;
	env->news = on_news;
}

void pf_info_rename(struct pf_info *info)
{
	pf_state_remove(&info->env->publisher, info->state, true);
	add_state(info);
}

void pf_info_done(struct pf_info *info)
{
	info->env->news = NULL;
	pf_timer_stop(&info->env->timers, &info->refresh);
	free(info->reload);
	info->reload = NULL;
}
