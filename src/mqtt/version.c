/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/version.h"

#include "base/clock.h"

#define CLOSED_MAX 2u
#define RETRY_NS   (3600 * PF_NS_PER_S)

void pf_version_init(struct pf_version *version, enum pf_mqtt_version configured)
{
	*version = (struct pf_version){.configured = configured,
		.current = configured == PF_MQTT_AUTO ? PF_MQTT_5 : configured};
}

enum pf_mqtt_version pf_version_pick(struct pf_version *version, uint64_t now_ns)
{
	if (version->configured == PF_MQTT_AUTO && version->current != PF_MQTT_5 &&
		!version->guessed && now_ns >= version->retry_at_ns)
		version->current = PF_MQTT_5;
	return version->current;
}

/* 3.1.1 was tried, and failed. */
static void doubt(struct pf_version *version, enum pf_failure failure)
{
	if (failure == PF_FAILURE_REFUSED) {
		version->guessed = false;
	} else if (failure == PF_FAILURE_VERSION || version->guessed ||
		   version->closed >= CLOSED_MAX) {
		*version = (struct pf_version){
			.configured = version->configured, .current = PF_MQTT_5};
	}
}

bool pf_version_failed(struct pf_version *version, enum pf_failure failure, uint64_t now_ns)
{
	version->closed = failure == PF_FAILURE_CLOSED ? version->closed + 1 : 0;
	if (version->configured != PF_MQTT_AUTO)
		return false;
	if (version->current != PF_MQTT_5) {
		doubt(version, failure);
		return false;
	}
	if (failure != PF_FAILURE_VERSION && version->closed < CLOSED_MAX)
		return false;
	version->closed = 0;
	version->current = PF_MQTT_3_1_1;
	version->guessed = failure == PF_FAILURE_CLOSED;
	version->retry_at_ns = now_ns + RETRY_NS;
	return true;
}

void pf_version_connected(struct pf_version *version, uint64_t now_ns)
{
	version->closed = 0;
	if (version->guessed)
		version->retry_at_ns = now_ns + RETRY_NS;
	version->guessed = false;
}
