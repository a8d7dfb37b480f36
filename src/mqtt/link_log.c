/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/link_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "mqtt/reason.h"

#define QUICK_NS    (30 * PF_NS_PER_S)  /* so soon again: another client may have the client_id */
#define SHORT_NS    (300 * PF_NS_PER_S) /* so soon again: part of the same trouble */
#define TOLD_MAX    3
#define HOUR_NS     (3600 * PF_NS_PER_S)
#define REFUSED_MAX 5
#define UNHEARD_MAX 5

void pf_link_log_init(struct pf_link_log *log, const char *broker)
{
	*log = (struct pf_link_log){.broker = broker};
}

static void forget_failures(struct pf_link_log *log)
{
	for (size_t i = 0; i < PF_LINK_LOG_FAILURES; i++) {
		free(log->failures[i]);
		log->failures[i] = NULL;
	}
}

void pf_link_log_done(struct pf_link_log *log)
{
	forget_failures(log);
	free(log->refusal);
}

void pf_link_log_failed(struct pf_link_log *log, const char *reason)
{
	size_t i = 0;

	while (i < PF_LINK_LOG_FAILURES && log->failures[i]) {
		if (strcmp(log->failures[i], reason) == 0)
			return;
		i++;
	}
	if (i == PF_LINK_LOG_FAILURES)
		return;
	log->failures[i] = pf_strdup(reason);
	pf_warning("mqtt: cannot connect to %s: %s; trying again and again", log->broker, reason);
}

void pf_link_log_fallback(struct pf_link_log *log, const char *reason)
{
	if (log->fallback_told)
		return;
	log->fallback_told = true;
	pf_notice("mqtt: %s: trying MQTT 3.1.1 in place of 5", reason);
}

void pf_link_log_connected(struct pf_link_log *log, uint64_t now_ns, enum pf_mqtt_version version)
{
	const char *again = log->connected_before ? " again" : "";
	const char *number = version == PF_MQTT_5 ? "5" : "3.1.1";

	if (log->quiet)
		pf_debug("mqtt: connected%s to %s (MQTT %s)", again, log->broker, number);
	else
		pf_notice("mqtt: connected%s to %s (MQTT %s)", again, log->broker, number);
	forget_failures(log);
	log->fallback_told = false;
	log->connected_before = true;
	log->connected_ns = now_ns;
}

void pf_link_log_lost(struct pf_link_log *log, uint64_t now_ns, const char *reason)
{
	const uint64_t lasted_ns = now_ns - log->connected_ns;
	const char *more = "";

	log->n_quick = lasted_ns < QUICK_NS ? log->n_quick + 1 : 0;
	log->n_short = lasted_ns < SHORT_NS ? log->n_short + 1 : 0;
	log->quiet = log->n_short > TOLD_MAX && now_ns - log->lost_told_ns < HOUR_NS;
	if (log->quiet) {
		pf_debug("mqtt: the connection to %s is lost: %s", log->broker, reason);
		return;
	}
	log->lost_told_ns = now_ns;
	if (log->n_quick >= TOLD_MAX)
		more = " (again and again: does another client use the same client_id, or the same "
		       "username with use_username_as_clientid?)";
	pf_warning("mqtt: the connection to %s is lost: %s%s%s", log->broker, reason, more,
		log->n_short >= TOLD_MAX ? "; from now on told once an hour" : "");
}

static char *refusal(const struct pf_delivery *delivery)
{
	if (delivery->fate == PF_FATE_NEVER)
		return pf_format("%s: %s; it is left out", delivery->topic, delivery->reason);
	return pf_format("the broker refuses a message on %s%s: %s", delivery->topic,
		delivery->fate == PF_FATE_PUT_OFF ? " for now" : "", delivery->reason);
}

/* Whether it is to be told; counts it. */
static bool is_news(struct pf_link_log *log, uint64_t now_ns, const char *text)
{
	if (log->n_refused == 0 || now_ns - log->refused_ns >= HOUR_NS) {
		log->refused_ns = now_ns;
		log->n_refused = 0;
	} else if (strcmp(log->refusal, text) == 0) {
		return false;
	}
	return ++log->n_refused <= REFUSED_MAX;
}

void pf_link_log_refused(
	struct pf_link_log *log, uint64_t now_ns, const struct pf_delivery *delivery)
{
	char *text = refusal(delivery);

	if (is_news(log, now_ns, text))
		pf_warning("mqtt: %s%s", text,
			log->n_refused == REFUSED_MAX ? "; for an hour this is not told again"
						      : "");
	free(log->refusal);
	log->refusal = text;
}

void pf_link_log_unheard(
	const struct pf_link_log *log, const struct pf_subscriptions *subscriptions)
{
	size_t n = 0;

	for (size_t i = 0; i < subscriptions->n; i++) {
		const struct pf_subscription *refused = &subscriptions->list[i];

		if (refused->answer < PF_REASON_FAILURE || refused->carried || log->quiet)
			continue;
		if (n++ < UNHEARD_MAX)
			pf_warning("mqtt: the broker refuses the subscription to %s: %s",
				refused->topic, pf_reason_text(refused->answer));
	}
	if (n > UNHEARD_MAX)
		pf_warning("mqtt: the broker refuses %zu more subscriptions", n - UNHEARD_MAX);
}
