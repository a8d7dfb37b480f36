/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The pure parts of connecting: waits, MQTT version, reasons, addresses, passwords. */

#include <errno.h>
#include <sys/stat.h>

#include "../t.h"
#include "base/clock.h"
#include "mqtt/backoff.h"
#include "mqtt/diagnose.h"
#include "mqtt/dial.h"
#include "mqtt/endpoint.h"
#include "mqtt/reason.h"
#include "mqtt/secret.h"
#include "mqtt/version.h"

static void waits_double_up_to_the_maximum(void)
{
	static const uint32_t step_ms[] = {2000, 4000, 8000, 16000, 32000, 60000, 60000};
	struct pf_backoff backoff;

	pf_backoff_init(&backoff, 60000);
	for (size_t i = 0; i < sizeof step_ms / sizeof *step_ms; i++)
		T_INT(pf_backoff_next_ms(&backoff, 0), step_ms[i]);
	pf_backoff_reset(&backoff);
	T_INT(pf_backoff_next_ms(&backoff, 0), 2000);
}

static void jitter_stays_in_its_band(void)
{
	struct pf_backoff backoff;
	uint32_t least = UINT32_MAX, most = 0;

	for (uint32_t random = 0; random < 100000; random += 7) {
		uint32_t ms;

		pf_backoff_init(&backoff, 60000);
		ms = pf_backoff_next_ms(&backoff, random * 2654435761u);
		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	T_INT(least, 1000);
	T_INT(most, 2000);
	/* never above what the owner asked for, and never 0 */
	pf_backoff_init(&backoff, 1000);
	T_INT(pf_backoff_next_ms(&backoff, 0), 1000);
	T_INT(pf_backoff_next_ms(&backoff, 500), 500);
	pf_backoff_init(&backoff, 3600000);
	for (int i = 0; i < 40; i++)
		T_TRUE(pf_backoff_next_ms(&backoff, UINT32_MAX) <= 3600000);
}

#define FLEET 30

/* A generator of its own, so that the test is the same each time. */
static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/*
 * A fleet loses its broker in one instant, and the broker is back away_ms later: when does each of
 * them return, and in how many attempts? The most that return within one tenth of a second.
 */
static int most_at_once(
	uint32_t away_ms, uint32_t *ret_first_ms, uint32_t *ret_last_ms, int *ret_attempts)
{
	int tenths[1024] = {0}, most = 0;
	uint32_t state = 1;

	*ret_first_ms = UINT32_MAX;
	*ret_last_ms = 0;
	*ret_attempts = 0;
	for (int i = 0; i < FLEET; i++) {
		struct pf_backoff backoff;
		uint32_t now_ms = 0;
		int attempts = 0;

		pf_backoff_init(&backoff, 60000);
		do {
			now_ms += pf_backoff_next_ms(&backoff, next_random(&state));
			attempts++;
		} while (now_ms < away_ms);
		now_ms -= away_ms;
		*ret_first_ms = now_ms < *ret_first_ms ? now_ms : *ret_first_ms;
		*ret_last_ms = now_ms > *ret_last_ms ? now_ms : *ret_last_ms;
		*ret_attempts = attempts > *ret_attempts ? attempts : *ret_attempts;
		if (T_TRUE(now_ms / 100 < 1024) && ++tenths[now_ms / 100] > most)
			most = tenths[now_ms / 100];
	}
	printf("# away %.1f s: back after %.1f to %.1f s, at most %d of %d within 0.1 s, at most "
	       "%d attempts\n",
		away_ms / 1e3, *ret_first_ms / 1e3, *ret_last_ms / 1e3, most, FLEET, *ret_attempts);
	return most;
}

static void a_fleet_does_not_return_in_one_instant(void)
{
	uint32_t first_ms, last_ms;
	int attempts;

	/* a broker that is just restarted: the first try counts */
	T_TRUE(most_at_once(500, &first_ms, &last_ms, &attempts) <= FLEET / 4);
	T_TRUE(last_ms - first_ms > 700);
	T_TRUE(last_ms <= 2000);
	T_INT(attempts, 1);
	T_TRUE(most_at_once(10 * 1000, &first_ms, &last_ms, &attempts) <= FLEET / 5);
	T_TRUE(last_ms - first_ms > 3000);
	T_TRUE(last_ms <= 16000);
}

static void an_outage_of_ten_minutes_costs_few_attempts(void)
{
	uint32_t first_ms, last_ms;
	int attempts;

	T_TRUE(most_at_once(600 * 1000, &first_ms, &last_ms, &attempts) <= FLEET / 5);
	T_TRUE(last_ms - first_ms > 20 * 1000);
	T_TRUE(last_ms <= 60 * 1000);
	T_TRUE(attempts >= 10 && attempts <= 25);
}

static void falls_back_when_the_broker_says_so(void)
{
	const uint64_t hour_ns = 3600 * PF_NS_PER_S;
	struct pf_version version;

	pf_version_init(&version, PF_MQTT_AUTO);
	T_INT(pf_version_pick(&version, 5), PF_MQTT_5);
	T_FALSE(pf_version_failed(&version, PF_FAILURE_OTHER, 5));
	T_INT(pf_version_pick(&version, 5), PF_MQTT_5);
	T_TRUE(pf_version_failed(&version, PF_FAILURE_VERSION, 5));
	T_FALSE(pf_version_failed(&version, PF_FAILURE_OTHER, 6));
	T_INT(pf_version_pick(&version, 5 + hour_ns - 1), PF_MQTT_3_1_1);
	T_INT(pf_version_pick(&version, 5 + hour_ns), PF_MQTT_5);
}

/* A proxy without its broker hangs up twice; then the broker is there, and speaks only 5. */
static void a_guess_does_not_outlive_its_refutation(void)
{
	static const enum pf_failure refutations[] = {
		PF_FAILURE_VERSION, PF_FAILURE_CLOSED, PF_FAILURE_OTHER};

	for (size_t i = 0; i < sizeof refutations / sizeof *refutations; i++) {
		struct pf_version version;

		pf_version_init(&version, PF_MQTT_AUTO);
		T_FALSE(pf_version_failed(&version, PF_FAILURE_CLOSED, 1));
		T_TRUE(pf_version_failed(&version, PF_FAILURE_CLOSED, 2));
		T_INT(pf_version_pick(&version, 2), PF_MQTT_3_1_1);
		T_FALSE(pf_version_failed(&version, refutations[i], 3));
		T_INT(pf_version_pick(&version, 3), PF_MQTT_5);
		/* and what was counted before does not count any more */
		T_FALSE(pf_version_failed(&version, PF_FAILURE_CLOSED, 4));
	}
}

/* What was told, not guessed, can be refuted only by being told the opposite. */
static void a_broker_that_speaks_neither_is_tried_with_both(void)
{
	struct pf_version version;

	pf_version_init(&version, PF_MQTT_AUTO);
	T_TRUE(pf_version_failed(&version, PF_FAILURE_VERSION, 1));
	T_INT(pf_version_pick(&version, 1), PF_MQTT_3_1_1);
	T_FALSE(pf_version_failed(&version, PF_FAILURE_VERSION, 2));
	T_INT(pf_version_pick(&version, 2), PF_MQTT_5);
}

/* "Wrong password" in 3.1.1 is said by who speaks it. */
static void an_answer_proves_the_guess(void)
{
	const uint64_t hour_ns = 3600 * PF_NS_PER_S;
	struct pf_version version;

	pf_version_init(&version, PF_MQTT_AUTO);
	T_FALSE(pf_version_failed(&version, PF_FAILURE_CLOSED, 1));
	T_TRUE(pf_version_failed(&version, PF_FAILURE_CLOSED, 2));
	T_FALSE(pf_version_failed(&version, PF_FAILURE_REFUSED, 3));
	T_FALSE(pf_version_failed(&version, PF_FAILURE_OTHER, 4));
	T_INT(pf_version_pick(&version, 4), PF_MQTT_3_1_1);
	pf_version_connected(&version, 5);
	T_INT(pf_version_pick(&version, hour_ns), PF_MQTT_3_1_1);
	T_INT(pf_version_pick(&version, 3 + hour_ns), PF_MQTT_5);
}

static void falls_back_after_two_closes_in_a_row(void)
{
	struct pf_version version;

	pf_version_init(&version, PF_MQTT_AUTO);
	T_FALSE(pf_version_failed(&version, PF_FAILURE_CLOSED, 1));
	T_FALSE(pf_version_failed(&version, PF_FAILURE_OTHER, 2));
	T_FALSE(pf_version_failed(&version, PF_FAILURE_CLOSED, 3));
	pf_version_connected(&version, 3);
	T_FALSE(pf_version_failed(&version, PF_FAILURE_CLOSED, 4));
	T_INT(pf_version_pick(&version, 4), PF_MQTT_5);
	T_TRUE(pf_version_failed(&version, PF_FAILURE_CLOSED, 5));
	T_INT(pf_version_pick(&version, 5), PF_MQTT_3_1_1);
}

/* Full or starting: hangs up whatever it is offered. */
static void goes_back_to_5_if_the_broker_hangs_up_on_3_1_1_too(void)
{
	struct pf_version version;

	pf_version_init(&version, PF_MQTT_AUTO);
	T_FALSE(pf_version_failed(&version, PF_FAILURE_CLOSED, 1));
	T_TRUE(pf_version_failed(&version, PF_FAILURE_CLOSED, 2));
	T_INT(pf_version_pick(&version, 3), PF_MQTT_3_1_1);
	T_FALSE(pf_version_failed(&version, PF_FAILURE_CLOSED, 3));
	T_INT(pf_version_pick(&version, 4), PF_MQTT_5);
	T_FALSE(pf_version_failed(&version, PF_FAILURE_CLOSED, 5));
	T_TRUE(pf_version_failed(&version, PF_FAILURE_CLOSED, 6));
	T_INT(pf_version_pick(&version, 6), PF_MQTT_3_1_1);
}

static void a_configured_version_stays(void)
{
	struct pf_version version;

	pf_version_init(&version, PF_MQTT_5);
	T_FALSE(pf_version_failed(&version, PF_FAILURE_VERSION, 1));
	T_INT(pf_version_pick(&version, 1), PF_MQTT_5);
	pf_version_init(&version, PF_MQTT_3_1_1);
	T_INT(pf_version_pick(&version, UINT64_MAX), PF_MQTT_3_1_1);
}

static void reasons_are_words(void)
{
	T_HAS(pf_reason_text(4), "wrong username or password");
	T_HAS(pf_reason_text(0x86), "wrong username or password");
	T_HAS(pf_reason_text(0x8e), "same client_id");
	for (int code = -20; code < 256; code++)
		T_TRUE(strlen(pf_reason_text(code)) > 10);
}

static void check_uri(const char *uri, const char *host, const char *port, bool tls)
{
	const struct pf_mqtt_config config = {.broker = uri, .client_id = "x"};
	struct pf_endpoint endpoint;

	pf_endpoint_init(&endpoint, &config, "will");
	T_STR(endpoint.uri, uri);
	T_STR(endpoint.host, host);
	T_STR(endpoint.port, port);
	T_INT(endpoint.tls, tls);
	pf_endpoint_done(&endpoint);
}

static void uris_are_split(void)
{
	check_uri("mqtt://localhost", "localhost", "1883", false);
	check_uri("mqtts://box.lan:8884", "box.lan", "8884", true);
	check_uri("mqtts://box.lan", "box.lan", "8883", true);
	check_uri("mqtt://[::1]:1884", "::1", "1884", false);
	check_uri("wss://[fe80::1]/mqtt", "fe80::1", "443", true);
	check_uri("ws://box:8080/mqtt", "box", "8080", false);
}

static void unreadable_files_are_named(void)
{
	const struct pf_mqtt_config config = {
		.broker = "mqtts://x", .client_id = "x", .ca_file = "/nonexistent/ca.pem"};
	struct pf_endpoint endpoint;
	char text[200];

	pf_endpoint_init(&endpoint, &config, "will");
	T_INT(pf_endpoint_check_files(&endpoint, text, sizeof text), -ENOENT);
	T_STR(text, "ca_file /nonexistent/ca.pem cannot be read: No such file or directory");
	pf_endpoint_done(&endpoint);
}

/* A label of 70 letters cannot exist, so no name server is asked. */
static void unknown_host_is_told(void)
{
	const struct pf_mqtt_config config = {.client_id = "x",
		.broker = "mqtt://xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx:1883"};
	struct pf_endpoint endpoint;
	char text[PF_DIAGNOSIS_SIZE] = "";
	struct pf_dial dial;

	pf_endpoint_init(&endpoint, &config, "will");
	T_INT(pf_dial_open(&dial, &endpoint, text), -EHOSTUNREACH);
	T_HAS(text, "host");
	T_HAS(text, "xxxxx\"");
	pf_endpoint_done(&endpoint);
}

static void passwords_lose_only_line_ends(void)
{
	struct pf_secret secret;
	const char *path = t_write_file("password", " top secret \r\n");
	char large[PF_SECRET_SIZE + 1];

	T_INT(chmod(path, 0600), 0);
	T_INT(pf_secret_read(path, &secret), 0);
	T_STR(secret.text, " top secret ");
	pf_secret_wipe(&secret);
	for (size_t i = 0; i < sizeof secret.text; i++)
		if (secret.text[i] && !T_INT(secret.text[i], 0))
			break;
	T_INT(pf_secret_read("/nonexistent", &secret), -ENOENT);
	T_INT(pf_secret_read(t_temp_dir(), &secret), -EISDIR);
	memset(large, 'x', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	T_INT(pf_secret_read(t_write_file("large", large), &secret), -EFBIG);
	T_INT(pf_secret_read(t_write_file("empty", ""), &secret), 0);
	T_STR(secret.text, "");
}

T_MAIN("reconnect", T(waits_double_up_to_the_maximum), T(jitter_stays_in_its_band),
	T(a_fleet_does_not_return_in_one_instant), T(an_outage_of_ten_minutes_costs_few_attempts),
	T(falls_back_when_the_broker_says_so), T(a_guess_does_not_outlive_its_refutation),
	T(a_broker_that_speaks_neither_is_tried_with_both), T(an_answer_proves_the_guess),
	T(falls_back_after_two_closes_in_a_row),
	T(goes_back_to_5_if_the_broker_hangs_up_on_3_1_1_too), T(a_configured_version_stays),
	T(reasons_are_words), T(uris_are_split), T(unreadable_files_are_named),
	T(unknown_host_is_told), T(passwords_lose_only_line_ends))
