/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/discovery.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "bridge/item.h"
#include "home_assistant/announcement.h"

/*
 * After its birth message Home Assistant is still busy, and all devices of the house answer it: so
 * not at once, and not all in the same moment.
 */
#define BIRTH_MIN_MS 1000u
#define BIRTH_MAX_MS 10000u

#define REFRESH_MS 500u

static struct pf_traces *traces_of(struct pf_discovery *discovery)
{
	return &discovery->env->publisher.traces;
}

/* ---- components that are gone -----------------------------------------------------------------
 */

/* The component of a part (pf_ha_part_of()); its key is allocated and holds the platform, too. */
static struct pf_ha_component read_part(const char *part)
{
	char *key = pf_strdup(part), *end = key + strcspn(key, " ");

	if (*end)
		*end++ = '\0';
	return (struct pf_ha_component){.key = key, .platform = end};
}

static void send(
	struct pf_discovery *discovery, const char *topic, const char *payload, uint64_t token)
{
	const struct pf_link_publication publication = {.topic = topic,
		.payload = payload,
		.payload_size = strlen(payload),
		.qos = 1,
		.token = token};

	(void)pf_link_publish(discovery->env->publisher.link, &publication);
}

/* Components on a topic that nobody announces any more. */
struct gone {
	struct pf_ha_component *components;
	size_t n;
};

static void gone_done(struct gone *gone)
{
	for (size_t i = 0; i < gone->n; i++)
		free(gone->components[i].key);
	free(gone->components);
}

/* token: of the message that they are forgotten with; 0: they are not. */
static struct gone find_gone(struct pf_discovery *discovery, const char *topic, uint64_t token)
{
	struct gone gone = {NULL, 0};

	for (struct pf_trace *trace = NULL;
		(trace = pf_traces_next(traces_of(discovery), trace));) {
		if (!trace->part || !pf_trace_is_orphan(trace) || strcmp(trace->topic, topic) != 0)
			continue;
		gone.components = pf_reallocarray(
			gone.components, gone.n + 1, sizeof *gone.components);
		gone.components[gone.n++] = read_part(trace->part);
		trace->token = token;
	}
	return gone;
}

/*
 * The components of ours that are gone, in one message; to be followed by the announcement. Home
 * Assistant may be off, so they are not forgotten for that.
 */
static void take_back(struct pf_discovery *discovery)
{
	struct gone gone = find_gone(discovery, discovery->topic, 0);
	char *payload = NULL;

	if (gone.n > 0)
		payload = pf_ha_farewell(
			discovery->env->config, discovery->topic, gone.components, gone.n);
	if (payload)
		send(discovery, discovery->topic, payload, 0);
	free(payload);
	gone_done(&gone);
}

/* The same for one that has just started, and knows nothing of them but their names. */
static void take_back_again(struct pf_discovery *discovery, const char *topic)
{
	const struct pf_config *config = discovery->env->config;
	const bool is_ours = discovery->topic && strcmp(topic, discovery->topic) == 0;
	const uint64_t token = pf_traces_token(traces_of(discovery));
	struct gone gone = find_gone(discovery, topic, token);
	char *reminder = pf_ha_reminder(config, topic, gone.components, gone.n);
	char *farewell = pf_ha_farewell(config, topic, gone.components, gone.n);

	if (reminder && farewell) {
		send(discovery, topic, reminder, 0);
		send(discovery, topic, farewell, is_ours ? token : 0);
	}
	/* the device goes, too */
	if (!is_ours)
		send(discovery, topic, "", token);
	free(reminder);
	free(farewell);
	gone_done(&gone);
}

/* A component that is gone, on whatever topic; NULL: none is. */
static const struct pf_trace *any_gone(struct pf_discovery *discovery)
{
	for (struct pf_trace *trace = NULL; (trace = pf_traces_next(traces_of(discovery), trace));)
		if (trace->part && pf_trace_is_orphan(trace))
			return trace;
	return NULL;
}

static void take_back_all_again(struct pf_discovery *discovery)
{
	const struct pf_trace *trace;

	while ((trace = any_gone(discovery))) {
		char *topic = pf_strdup(trace->topic);

		take_back_again(discovery, topic);
		free(topic);
	}
}

/* ---- announcing -------------------------------------------------------------------------------
 */

static void claim_parts(
	struct pf_discovery *discovery, const struct pf_ha_announcement *announcement)
{
	discovery->parts = pf_calloc(announcement->n, sizeof(struct pf_trace *));
	discovery->n_parts = announcement->n;
	for (size_t i = 0; i < announcement->n; i++) {
		char *part = pf_ha_part_of(&announcement->components[i]);

		discovery->parts[i] = pf_traces_claim(
			traces_of(discovery), announcement->topic, part);
		free(part);
	}
}

static void release_parts(struct pf_discovery *discovery)
{
	for (size_t i = 0; i < discovery->n_parts; i++)
		pf_traces_release(traces_of(discovery), discovery->parts[i]);
	free(discovery->parts);
	discovery->parts = NULL;
	discovery->n_parts = 0;
}

static void use_topic(struct pf_discovery *discovery, const char *topic)
{
	struct pf_publisher *publisher = &discovery->env->publisher;

	if (topic && discovery->topic && strcmp(topic, discovery->topic) == 0)
		return;
	pf_state_remove(publisher, discovery->state, true);
	free(discovery->topic);
	discovery->state = topic ? pf_state_add(publisher, topic, 1, true) : NULL;
	discovery->topic = topic ? pf_strdup(topic) : NULL;
	/* what a state means is known before it comes */
	if (discovery->state)
		pf_state_put_first(publisher, discovery->state);
}

void pf_discovery_connected(struct pf_discovery *discovery)
{
	if (!discovery->topic)
		return;
	take_back(discovery);
	/* the announcement goes out now */
	for (size_t i = 0; i < discovery->n_parts; i++)
		pf_traces_store(traces_of(discovery), discovery->parts[i]);
}

static const struct pf_item *item_of(
	struct pf_discovery *discovery, const struct pf_sensor_config *sensor)
{
	const struct pf_item *item = discovery->env->items;

	while (item && item->config != &sensor->item)
		item = item->next;
	return item;
}

/* What is not known yet is as it was announced last. */
static bool has_channel(void *user, const struct pf_sensor_config *sensor, size_t i)
{
	struct pf_discovery *discovery = user;
	const struct pf_item *item = item_of(discovery, sensor);
	char *topic, *part;
	bool was;

	if (item && item->presence && item->presence[i] != PF_BY_CHIP)
		return item->presence[i] == PF_PRESENT;
	topic = pf_ha_topic(discovery->env->config);
	part = pf_ha_part(sensor, i);
	was = pf_traces_has(traces_of(discovery), topic, part);
	free(topic);
	free(part);
	return was;
}

/* The announcement for the configuration in force; goes out if connected. */
static void announce(struct pf_discovery *discovery)
{
	struct pf_ha_announcement announcement = {0};
	const bool any = pf_ha_announce(
		discovery->env->config, has_channel, discovery, &announcement);
	const char *before;

	release_parts(discovery);
	use_topic(discovery, announcement.topic);
	if (!any)
		return;
	claim_parts(discovery, &announcement);
	if (discovery->env->publisher.connected)
		pf_discovery_connected(discovery);
	before = pf_state_payload(discovery->state);
	if (!before || strcmp(before, announcement.payload) != 0)
		pf_state_set(&discovery->env->publisher, discovery->state, announcement.payload);
	pf_ha_announcement_done(&announcement);
}

/* Heard also when there is nothing to announce any more, but something to take back. */
static void use_birth_topic(struct pf_discovery *discovery)
{
	const struct pf_ha_config *ha = &discovery->env->config->home_assistant;

	free(discovery->birth_topic);
	discovery->birth_topic = ha->discovery || any_gone(discovery) ? pf_strdup(ha->birth_topic)
								      : NULL;
}

static void on_birth(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_discovery *discovery = PF_OWNER(timer, struct pf_discovery, birth);

	(void)now_ns;
	if (!discovery->env->publisher.connected)
		return;
	take_back_all_again(discovery);
	if (discovery->topic)
		discovery->republish(discovery->user);
}

static void on_refresh(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_discovery *discovery = PF_OWNER(timer, struct pf_discovery, refresh);

	(void)now_ns;
	announce(discovery);
}

/* Other channels are there than was known; at the start those of many sensors come together. */
static void on_channels(struct pf_env *env)
{
	struct pf_discovery *discovery = env->discovery;

	if (!discovery->refresh.place)
		pf_timer_set(&env->timers, &discovery->refresh,
			pf_clock_now_ns() + REFRESH_MS * PF_NS_PER_MS);
}

/* ---- interface --------------------------------------------------------------------------------
 */

void pf_discovery_init(struct pf_discovery *discovery, struct pf_env *env,
	void (*republish)(void *user), void *user)
{
	*discovery = (struct pf_discovery){.env = env, .republish = republish, .user = user};
	pf_timer_init(&discovery->birth, on_birth);
	pf_timer_init(&discovery->refresh, on_refresh);
	env->discovery = discovery;
	env->channels = on_channels;
	announce(discovery);
	use_birth_topic(discovery);
}

void pf_discovery_reload(struct pf_discovery *discovery)
{
	announce(discovery);
	use_birth_topic(discovery);
}

void pf_discovery_refresh(struct pf_discovery *discovery)
{
	if (!discovery->refresh.place)
		return;
	pf_timer_stop(&discovery->env->timers, &discovery->refresh);
	announce(discovery);
}

void pf_discovery_subscribe(const struct pf_discovery *discovery, struct pf_link *link)
{
	/* not a stored one: a connect announces everything anyway */
	if (discovery->birth_topic)
		pf_link_subscribe(link, discovery->birth_topic, 1, false);
}

void pf_discovery_disconnected(struct pf_discovery *discovery)
{
	pf_timer_stop(&discovery->env->timers, &discovery->birth);
}

void pf_discovery_message(struct pf_discovery *discovery, const struct pf_link_message *message)
{
	static const char online[] = "online";
	uint32_t wait_ms;

	if (!discovery->birth_topic || message->from_store || discovery->birth.place ||
		strcmp(message->topic, discovery->birth_topic) != 0 ||
		message->payload_size != sizeof online - 1 ||
		memcmp(message->payload, online, sizeof online - 1) != 0)
		return;
	/* without random bits just the shortest wait */
	wait_ms = BIRTH_MIN_MS + pf_random() % (BIRTH_MAX_MS - BIRTH_MIN_MS);
	pf_info("home_assistant: has started, announcing everything in %u ms", wait_ms);
	pf_timer_set(&discovery->env->timers, &discovery->birth,
		pf_clock_now_ns() + wait_ms * PF_NS_PER_MS);
}

void pf_discovery_done(struct pf_discovery *discovery)
{
	pf_timer_stop(&discovery->env->timers, &discovery->birth);
	pf_timer_stop(&discovery->env->timers, &discovery->refresh);
	discovery->env->channels = NULL;
	free(discovery->parts);
	free(discovery->topic);
	free(discovery->birth_topic);
	*discovery = (struct pf_discovery){0};
}
