/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Which MQTT version the next connect speaks. With `auto` that is 5, until the broker says that it
 * cannot (CONNACK 0x01 or 0x84) or closes two connections in a row without any CONNACK, as some
 * old brokers do. Then it is 3.1.1 for all connects within an hour, and 5 is tried again at the
 * next one (a connection that stands is never broken for that). A broker that says that it does not
 * speak 3.1.1 either has contradicted that. And what was only guessed, from closed connections, has
 * to be proved by a broker that answers 3.1.1: until one has, any other failure ends it, as the
 * broker was only full, or starting, or a proxy stood before it. Pure: the time is passed in.
 */

#ifndef PF_MQTT_VERSION_H
#define PF_MQTT_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* Why a connect failed, as far as the version is concerned. */
enum pf_failure {
	PF_FAILURE_OTHER,
	PF_FAILURE_VERSION, /* the broker does not speak this version */
	PF_FAILURE_CLOSED,  /* the broker closed the connection without a CONNACK */
	PF_FAILURE_REFUSED, /* it answered, and the version was not what it minds */
};

struct pf_version {
	enum pf_mqtt_version configured, current;
	unsigned closed;      /* in a row */
	bool guessed;         /* that it is 3.1.1; no answer has proved it yet */
	uint64_t retry_at_ns; /* when 5 is tried again */
};

/* Starts with what is configured; `auto` starts with 5. */
void pf_version_init(struct pf_version *version, enum pf_mqtt_version configured);

/* The version for a connect now: PF_MQTT_5 or PF_MQTT_3_1_1. */
enum pf_mqtt_version pf_version_pick(struct pf_version *version, uint64_t now_ns);

/* A connect failed. true: fell back to 3.1.1 just now, so the next attempt need not wait. */
bool pf_version_failed(struct pf_version *version, enum pf_failure failure, uint64_t now_ns);

/* A connect succeeded. */
void pf_version_connected(struct pf_version *version, uint64_t now_ns);

#endif
