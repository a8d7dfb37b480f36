/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/info.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "bridge/buffers.h"
#include "bridge/buses.h"
#include "config.h"

#define REFRESH_S 10

/* A Raspberry Pi starts with a wrong clock until the network tells it the time. */
#define CLOCK_STEP_MS 5000

static void add_workers(cJSON *object, const struct pf_buses *buses)
{
	cJSON *workers = cJSON_AddObjectToObject(object, "workers");
	const uint64_t now_ns = pf_clock_now_ns();
	const struct pf_worker *worker;

	for (size_t i = 0; (worker = pf_buses_at(buses, i)); i++)
		cJSON_AddStringToObject(workers, pf_worker_name(worker),
			pf_bus_hangs(worker, now_ns) ? "hangs" : "ok");
}

static char *make_text(const struct pf_info *info)
{
	const struct pf_env *env = info->env;
	cJSON *object = cJSON_CreateObject();
	struct pf_link_stats stats = {0};
	char start[PF_CLOCK_TEXT_SIZE];
	char *text;

	if (env->publisher.link)
		pf_link_get_stats(env->publisher.link, &stats);
	pf_clock_format(info->start_wall_ms, start);
	cJSON_AddStringToObject(object, "version", PACKAGE_VERSION);
	cJSON_AddStringToObject(object, "start", start);
	cJSON_AddNumberToObject(
		object, "reconnects", (double)(env->n_reconnects + stats.reconnects));
	cJSON_AddNumberToObject(object, "dropped", (double)(env->n_dropped + stats.dropped));
	cJSON_AddNumberToObject(object, "buffered", (double)pf_buffers_waiting(env->buffers));
	cJSON_AddNumberToObject(object, "errors", (double)env->n_errors);
	cJSON_AddNumberToObject(object, "missed_edges", (double)env->n_missed_edges);
	if (info->reload)
		cJSON_AddStringToObject(object, "reload", info->reload);
	add_workers(object, env->buses);
	text = cJSON_PrintUnformatted(object);
	cJSON_Delete(object);
	return text;
}

/* When the daemon was started, by the clock as it is set now; not for each millisecond of drift. */
static void correct_start(struct pf_info *info)
{
	const uint64_t age_ns = pf_clock_now_ns() - info->start_ns;
	const int64_t wall_ms = pf_clock_wall_ms() - (int64_t)(age_ns / PF_NS_PER_MS);

	if (llabs(wall_ms - info->start_wall_ms) >= CLOCK_STEP_MS)
		info->start_wall_ms = wall_ms;
}

void pf_info_refresh(struct pf_info *info)
{
	const char *published = pf_state_payload(info->state);
	char *text;

	correct_start(info);
	text = make_text(info);
	if (text && (!published || strcmp(published, text) != 0))
		pf_state_set(&info->env->publisher, info->state, text);
	free(text);
}

static void on_refresh(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_info *info = PF_OWNER(timer, struct pf_info, refresh);

	pf_info_refresh(info);
	pf_timer_set(&info->env->timers, timer, now_ns + REFRESH_S * PF_NS_PER_S);
}

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
		.env = env, .start_ns = pf_clock_now_ns(), .start_wall_ms = pf_clock_wall_ms()};
	add_state(info);
	pf_timer_init(&info->refresh, on_refresh);
	pf_timer_set(&env->timers, &info->refresh, pf_clock_now_ns() + REFRESH_S * PF_NS_PER_S);
}

void pf_info_rename(struct pf_info *info)
{
	pf_state_remove(&info->env->publisher, info->state, true);
	add_state(info);
}

void pf_info_tell_reload(struct pf_info *info, const char *result)
{
	free(info->reload);
	info->reload = pf_strdup(result);
	pf_info_refresh(info);
}

void pf_info_done(struct pf_info *info)
{
	pf_timer_stop(&info->env->timers, &info->refresh);
	free(info->reload);
	info->reload = NULL;
}
