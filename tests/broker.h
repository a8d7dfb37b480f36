/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * For tests of the link: a real mosquitto on a free port of 127.0.0.1, its command line clients,
 * and a link whose callbacks are recorded. All waiting is for an event, with a deadline.
 */

#ifndef PF_TESTS_BROKER_H
#define PF_TESTS_BROKER_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mqtt/link.h"

/* Whether mosquitto and its clients are installed. */
bool broker_is_installed(void);

/* A port of 127.0.0.1 that is free now. */
int broker_free_port(void);

/*
 * Starts mosquitto on the port with more lines for its configuration (NULL: anonymous users are
 * allowed), and waits until it listens. It is killed when this program ends.
 */
pid_t broker_start(int port, const char *more_configuration);

/* Sends the signal; after SIGKILL and SIGTERM waits for its end. */
void broker_signal(pid_t broker, int signal);

/* Runs a command line (printf) and gives what it says, without the last line end; static. */
__attribute__((format(printf, 1, 2))) const char *broker_run(const char *format, ...);

/* A link with what its callbacks saw. Messages are recorded as "TOPIC=PAYLOAD\n". */
struct watched_link {
	struct ev_loop *loop;
	struct pf_mqtt_config config;
	char uri[128];
	struct pf_link *link;
	int connected, unheard, disconnected, stopped, messages, retained, overloaded;
	int fates[PF_FATE_LOST + 1]; /* how many messages came to which end */
	uint64_t last_token; /* of the last; they have to come one after the other, from 1 */
	char received[65536];
	char last_response_topic[64], last_correlation[64];
	size_t last_size;
	uint64_t last_time_ns, disconnected_ns;
	const char *will_topic;
	void (*on_connected)(struct watched_link *watched);
};

/* Sets the defaults of a configuration for mqtt://127.0.0.1:port. Nothing is made yet. */
void watched_init(struct watched_link *watched, int port);

/* Makes the link, subscribes to topics (NULL-terminated list), starts it. */
void watched_start(struct watched_link *watched, const char *const *topics);

/* Stops the link, waits for `stopped` and frees everything. */
void watched_stop(struct watched_link *watched);

/* Runs the loop until *counter >= value; false: that took longer than timeout_s. */
bool watched_wait(struct watched_link *watched, const int *counter, int value, double timeout_s);

/* Runs the loop until the log (collected over all calls) has the text in it. */
bool watched_wait_log(struct watched_link *watched, const char *text, double timeout_s);

/* The log so far, and how often the text is in it. */
const char *watched_log(void);
int watched_log_count(const char *text);
void watched_log_clear(void);

/* Publishes a text. */
int watched_publish(
	struct watched_link *watched, const char *topic, const char *text, int qos, bool state);

#endif
