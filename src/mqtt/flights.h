/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The messages on their way, by the number that the library gave each: when it was sent, and what
 * the broker said to it. Only what is in here can be answered, and once. Link thread only.
 */

#ifndef PF_MQTT_FLIGHTS_H
#define PF_MQTT_FLIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "mqtt/limits.h"
#include "mqtt/outbox.h"

/* The number of one that was answered before the library had told its number. */
#define PF_FLIGHT_EARLY (-1)

struct pf_flight {
	int id;                      /* the library's number; 0: unused */
	struct pf_outgoing *message; /* owned */
	uint64_t sent_ns;
	uint64_t number; /* in the order of sending */
	int reason;      /* of the broker's answer; from 0x80 on it refuses */
};

/* All zero: nothing is on its way. */
struct pf_flights {
	struct pf_flight flights[PF_WINDOW_MAX];
	uint64_t n; /* sent so far */
};

/* Takes the message over. */
struct pf_flight *pf_flights_add(
	struct pf_flights *flights, int id, struct pf_outgoing *message, uint64_t sent_ns);

/* The one with this number, or NULL. */
struct pf_flight *pf_flights_find(struct pf_flights *flights, int id);

/* Frees the message; the flight is over. */
void pf_flight_end(struct pf_flight *flight);

/* When the oldest was sent; PF_NEVER: nothing is on its way. */
uint64_t pf_flights_oldest_ns(const struct pf_flights *flights);

/* When the patience with a broker ends that acknowledges none of them; PF_NEVER: nothing is. */
uint64_t pf_flights_end_ns(const struct pf_flights *flights, int keepalive_s);

/* Frees all. */
void pf_flights_done(struct pf_flights *flights);

#endif
