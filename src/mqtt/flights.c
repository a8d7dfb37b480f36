/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/flights.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"

/* A message is acknowledged within 1.5 times keepalive_s; but a broker may be slow. */
#define ACK_MIN_NS (10 * PF_NS_PER_S)

struct pf_flight *pf_flights_add(
	struct pf_flights *flights, int id, struct pf_outgoing *message, uint64_t sent_ns)
{
	struct pf_flight *free_one = pf_flights_find(flights, 0);

	assert(free_one); /* no more than a window is ever ordered */
	*free_one = (struct pf_flight){
		.id = id, .message = message, .sent_ns = sent_ns, .number = ++flights->n};
	return free_one;
}

struct pf_flight *pf_flights_find(struct pf_flights *flights, int id)
{
	for (int i = 0; i < PF_WINDOW_MAX; i++)
		if (flights->flights[i].id == id)
			return &flights->flights[i];
	return NULL;
}

void pf_flight_end(struct pf_flight *flight)
{
	free(flight->message);
	*flight = (struct pf_flight){0};
}

uint64_t pf_flights_oldest_ns(const struct pf_flights *flights)
{
	uint64_t oldest_ns = PF_NEVER;

	for (int i = 0; i < PF_WINDOW_MAX; i++)
		if (flights->flights[i].id && flights->flights[i].sent_ns < oldest_ns)
			oldest_ns = flights->flights[i].sent_ns;
	return oldest_ns;
}

uint64_t pf_flights_end_ns(const struct pf_flights *flights, int keepalive_s)
{
	const uint64_t patience_ns = (uint64_t)keepalive_s * 3 / 2 * PF_NS_PER_S;
	const uint64_t oldest_ns = pf_flights_oldest_ns(flights);

	if (oldest_ns == PF_NEVER)
		return PF_NEVER;
	return oldest_ns + (patience_ns > ACK_MIN_NS ? patience_ns : ACK_MIN_NS);
}

void pf_flights_done(struct pf_flights *flights)
{
	for (int i = 0; i < PF_WINDOW_MAX; i++)
		pf_flight_end(&flights->flights[i]);
}
