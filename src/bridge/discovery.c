/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/discovery.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "home_assistant/announcement.h"

/*
 * After its birth message Home Assistant is still busy, and all devices of the house answer it: so
 * not at once, and not all in the same moment.
 */
#define BIRTH_MIN_MS 1000u
#define BIRTH_MAX_MS 10000u

static struct pf_traces *traces_of(struct pf_discovery *discovery)
{
	return &discovery->env->publisher.traces;
}

/* ---- components that are gone -----------------------------------------------------------------
 */

/* A part is "KEY PLATFORM"; there are no spaces in either. */
static char *make_part(const struct pf_ha_component *component)
{
	return pf_format("%s %s", component->key, component->platform);
}

/* The component of a part; its key is allocated and holds the platform, too. */
static struct pf_ha_component read_part(const char *part)
{
	char *key = pf_strdup(part), *end = key + strcspn(key, " ");

	if (*end)
		*end++ = '\0';
	return (struct pf_ha_component){.key = key, .platform = end};
}

static void send_farewell(struct pf_discovery *discovery, const char *payload, uint64_t token)
{
	const struct pf_link_publication publication = {.topic = discovery->topic,
		.payload = payload,
		.payload_size = strlen(payload),
		.qos = 1,
		.token = token};

	(void)pf_link_publish(discovery->env->publisher.link, &publication);
}

/* Whether a trace is a component of ours that is not in the announcement any more. */
static bool is_gone(const struct pf_discovery *discovery, const struct pf_trace *trace)
{
	return trace->part && pf_trace_is_orphan(trace) &&
	       strcmp(trace->topic, discovery->topic) == 0;
}

/* The components that are gone, in one message; to be followed by the announcement. */
static void take_back(struct pf_discovery *discovery)
{
	const uint64_t token = pf_traces_token(traces_of(discovery));
	struct pf_ha_component *gone = NULL;
	size_t n = 0;
	char *payload;

	for (struct pf_trace *trace = NULL;
		(trace = pf_traces_next(traces_of(discovery), trace));) {
		if (!is_gone(discovery, trace))
			continue;
		gone = pf_reallocarray(gone, n + 1, sizeof *gone);
		gone[n++] = read_part(trace->part);
		trace->token = token;
	}
	if (n == 0)
		return;
	payload = pf_ha_farewell(discovery->env->config, gone, n);
	send_farewell(discovery, payload, token);
	free(payload);
	for (size_t i = 0; i < n; i++)
		free(gone[i].key);
	free(gone);
}

/* ---- announcing -------------------------------------------------------------------------------
 */

static void claim_parts(
	struct pf_discovery *discovery, const struct pf_ha_announcement *announcement)
{
	discovery->parts = pf_calloc(announcement->n, sizeof(struct pf_trace *));
	discovery->n_parts = announcement->n;
	for (size_t i = 0; i < announcement->n; i++) {
		char *part = make_part(&announcement->components[i]);

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

/* The announcement for the configuration in force; goes out if connected. */
static void announce(struct pf_discovery *discovery)
{
	struct pf_ha_announcement announcement = {0};
	const bool any = pf_ha_announce(discovery->env->config, &announcement);
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

static void use_birth_topic(struct pf_discovery *discovery)
{
	const struct pf_config *config = discovery->env->config;

	free(discovery->birth_topic);
	discovery->birth_topic = config->home_assistant.discovery ? pf_ha_birth_topic(config)
								  : NULL;
}

static void on_birth(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_discovery *discovery = PF_OWNER(timer, struct pf_discovery, birth);

	(void)now_ns;
	if (discovery->env->publisher.connected)
		discovery->republish(discovery->user);
}

/* ---- interface --------------------------------------------------------------------------------
 */

void pf_discovery_init(struct pf_discovery *discovery, struct pf_env *env,
	void (*republish)(void *user), void *user)
{
	*discovery = (struct pf_discovery){.env = env, .republish = republish, .user = user};
	pf_timer_init(&discovery->birth, on_birth);
	use_birth_topic(discovery);
	announce(discovery);
}

void pf_discovery_reload(struct pf_discovery *discovery)
{
	use_birth_topic(discovery);
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
	free(discovery->parts);
	free(discovery->topic);
	free(discovery->birth_topic);
	*discovery = (struct pf_discovery){0};
}
