/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "publish/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

/* When what the broker put off is tried again. */
#define AGAIN_NS (10 * PF_NS_PER_S)

struct pf_state {
	char *topic;
	char *payload; /* NULL: nothing set yet */
	int qos;
	uint32_t expiry_s; /* how long a content is true; 0: for ever */
	uint64_t set_ns;   /* CLOCK_BOOTTIME */
	bool retain;
	bool each;    /* of its contents is sent */
	bool refused; /* the broker did not take the last message */
	bool put_off; /* for now: it is to be published again */
	void (*on_refused)(void *owner, const char *topic, const char *reason);
	void *owner;
	bool left;              /* to somebody else, who publishes on the topic */
	struct pf_trace *trace; /* if retained */
	struct pf_state *previous, *next;
};

static void publish(struct pf_publisher *publisher, const struct pf_state *state, bool each)
{
	const struct pf_link_publication publication = {.topic = state->topic,
		.payload = state->payload,
		.payload_size = strlen(state->payload),
		.qos = state->qos,
		.retain = state->retain,
		.state = true,
		.each = each,
		.expiry_s = state->expiry_s,
		.born_ns = state->set_ns};

	pf_debug("publish %s %s", state->topic, state->payload);
	if (state->trace && *state->payload)
		pf_traces_store(&publisher->traces, state->trace);
	/* what cannot be taken now is published again at the next connect */
	(void)pf_link_publish(publisher->link, &publication);
}

struct pf_state *pf_state_add(
	struct pf_publisher *publisher, const char *topic, int qos, bool retain)
{
	struct pf_state *state = pf_calloc(1, sizeof *state);

	state->topic = pf_strdup(topic);
	state->qos = qos;
	state->retain = retain;
	state->trace = retain ? pf_traces_claim(&publisher->traces, topic, NULL) : NULL;
	state->previous = publisher->last;
	if (publisher->last)
		publisher->last->next = state;
	else
		publisher->first = state;
	publisher->last = state;
	return state;
}

static void unlink_state(struct pf_publisher *publisher, struct pf_state *state)
{
	if (state->previous)
		state->previous->next = state->next;
	else
		publisher->first = state->next;
	if (state->next)
		state->next->previous = state->previous;
	else
		publisher->last = state->previous;
}

void pf_state_put_first(struct pf_publisher *publisher, struct pf_state *state)
{
	if (state == publisher->first)
		return;
	unlink_state(publisher, state);
	state->previous = NULL;
	state->next = publisher->first;
	publisher->first->previous = state;
	publisher->first = state;
}

static void unlink_and_free(struct pf_publisher *publisher, struct pf_state *state)
{
	unlink_state(publisher, state);
	publisher->n_refused -= state->refused;
	free(state->topic);
	free(state->payload);
	free(state);
}

void pf_state_remove(struct pf_publisher *publisher, struct pf_state *state, bool clear)
{
	if (!state)
		return;
	if (clear && state->trace)
		pf_traces_release(&publisher->traces, state->trace);
	unlink_and_free(publisher, state);
}

static bool is_true(const struct pf_state *state, uint64_t now_ns)
{
	return state->payload && !state->left &&
	       (state->expiry_s == 0 || now_ns - state->set_ns < state->expiry_s * PF_NS_PER_S);
}

/* Who listens has heard the empty message, too. */
static void publish_unretained(struct pf_publisher *publisher, const char *topic)
{
	const uint64_t now_ns = pf_clock_now_ns();

	for (struct pf_state *state = publisher->first; state; state = state->next)
		if (!state->retain && is_true(state, now_ns) && strcmp(state->topic, topic) == 0)
			publish(publisher, state, false);
}

/* false: it cannot go out now. */
static bool clear(struct pf_publisher *publisher, struct pf_trace *trace)
{
	const struct pf_link_publication publication = {.topic = trace->topic,
		.payload = "",
		.qos = 1,
		.retain = true,
		.token = pf_traces_token(&publisher->traces)};

	if (pf_link_publish(publisher->link, &publication) != 0)
		return false;
	pf_debug("clear %s", trace->topic);
	trace->token = publication.token;
	publish_unretained(publisher, trace->topic);
	return true;
}

void pf_publisher_sweep(struct pf_publisher *publisher)
{
	struct pf_trace *trace = NULL;
	size_t n, n_most;

	if (!publisher->connected)
		return;
	/* the others when the broker has these */
	n = pf_traces_under_way(&publisher->traces);
	n_most = (size_t)pf_link_share(publisher->link);
	while (n < n_most && (trace = pf_traces_next(&publisher->traces, trace)))
		if (!trace->part && pf_trace_is_orphan(trace))
			n += clear(publisher, trace);
}

/* ---- what became of it ----------------------------------------------------------------------- */

static void on_again(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_publisher *publisher = PF_OWNER(timer, struct pf_publisher, again);

	if (!publisher->connected)
		return;
	pf_traces_again(&publisher->traces);
	pf_publisher_sweep(publisher);
	for (struct pf_state *state = publisher->first; state; state = state->next) {
		if (state->put_off && is_true(state, now_ns))
			publish(publisher, state, false);
		state->put_off = false;
	}
}

static void try_again(struct pf_publisher *publisher)
{
	if (!publisher->again.place)
		pf_timer_set(publisher->timers, &publisher->again, pf_clock_now_ns() + AGAIN_NS);
}

static void note_cleared(struct pf_publisher *publisher, const struct pf_delivery *delivery)
{
	if (pf_fate_is_refusal(delivery->fate))
		pf_traces_refused(&publisher->traces, delivery->token);
	else if (!pf_fate_is_good(delivery->fate) ||
		 !pf_traces_delivered(&publisher->traces, delivery->token))
		return;
	pf_publisher_sweep(publisher);
}

static void note_state(struct pf_publisher *publisher, struct pf_state *state, const char *reason)
{
	const bool refused = reason != NULL;

	if (state->refused == refused)
		return;
	state->refused = refused;
	publisher->n_refused += refused ? 1 : (size_t)-1;
	if (state->on_refused)
		state->on_refused(state->owner, state->topic, reason);
}

void pf_publisher_take(struct pf_publisher *publisher, const struct pf_delivery *delivery)
{
	const bool refused = pf_fate_is_refusal(delivery->fate);
	struct pf_state *next;

	if (delivery->token)
		note_cleared(publisher, delivery);
	if (delivery->fate == PF_FATE_PUT_OFF)
		try_again(publisher);
	/* as good as never there is something to look for */
	if (!refused && !(pf_fate_is_good(delivery->fate) && publisher->n_refused > 0))
		return;
	for (struct pf_state *state = publisher->first; state; state = next) {
		next = state->next;
		if (strcmp(state->topic, delivery->topic) != 0)
			continue;
		state->put_off = delivery->state && delivery->fate == PF_FATE_PUT_OFF;
		note_state(publisher, state, refused ? delivery->reason : NULL);
	}
}

void pf_state_watch(struct pf_state *state,
	void (*refused)(void *owner, const char *topic, const char *reason), void *owner)
{
	state->on_refused = refused;
	state->owner = owner;
}

void pf_publisher_init(struct pf_publisher *publisher, struct pf_timers *timers)
{
	publisher->timers = timers;
	pf_timer_init(&publisher->again, on_again);
}

void pf_state_set_expiry(struct pf_state *state, uint32_t expiry_s)
{
	state->expiry_s = expiry_s;
}

void pf_state_send_each(struct pf_state *state)
{
	state->each = true;
}

void pf_state_set(struct pf_publisher *publisher, struct pf_state *state, const char *payload)
{
	char *copy = pf_strdup(payload);

	free(state->payload);
	state->payload = copy;
	state->set_ns = pf_clock_now_ns();
	if (publisher->connected)
		publish(publisher, state, state->each);
}

void pf_state_leave(struct pf_publisher *publisher, struct pf_state *state)
{
	state->left = true;
	if (state->trace)
		pf_traces_store(&publisher->traces, state->trace);
}

const char *pf_state_payload(const struct pf_state *state)
{
	return state->payload;
}

void pf_publisher_publish(struct pf_publisher *publisher)
{
	const uint64_t now_ns = pf_clock_now_ns();

	for (struct pf_state *state = publisher->first; state && publisher->connected;
		state = state->next)
		if (is_true(state, now_ns))
			publish(publisher, state, false);
}

void pf_publisher_connected(struct pf_publisher *publisher)
{
	publisher->connected = true;
	pf_traces_reconnected(&publisher->traces);
	pf_publisher_sweep(publisher);
}

void pf_publisher_disconnected(struct pf_publisher *publisher)
{
	publisher->connected = false;
	pf_timer_stop(publisher->timers, &publisher->again);
}

void pf_publisher_announce(
	struct pf_publisher *publisher, struct pf_trace *trace, const char *payload)
{
	const struct pf_link_publication publication = {.topic = trace->topic,
		.payload = payload,
		.payload_size = strlen(payload),
		.qos = 1,
		.retain = true,
		.state = true,
		.last = true};

	if (!publisher->connected)
		return;
	pf_traces_store(&publisher->traces, trace);
	(void)pf_link_publish(publisher->link, &publication);
}

void pf_publisher_send(struct pf_publisher *publisher, const char *topic, const char *payload,
	int qos, const uint8_t *correlation_data, size_t correlation_size)
{
	const struct pf_link_publication publication = {.topic = topic,
		.payload = payload,
		.payload_size = strlen(payload),
		.qos = qos,
		.correlation_data = correlation_data,
		.correlation_size = correlation_size};

	if (publisher->connected)
		(void)pf_link_publish(publisher->link, &publication);
}

void pf_publisher_done(struct pf_publisher *publisher)
{
	while (publisher->first)
		unlink_and_free(publisher, publisher->first);
	pf_traces_done(&publisher->traces);
}
