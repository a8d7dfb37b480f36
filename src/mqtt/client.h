/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The MQTT library in its cage: one thread that makes all its blocking calls, and callbacks that
 * only copy and post. The main loop gives orders and reads the inbox; it never waits.
 *
 * All functions are called from the main loop.
 */

#ifndef PF_MQTT_CLIENT_H
#define PF_MQTT_CLIENT_H

#include <ev.h>

#include "config/config.h"
#include "mqtt/inbox.h"
#include "mqtt/outbox.h"

struct pf_client;

/*
 * Makes a client; settings and topics are copied. on_ready is called from the loop when something
 * is in the inbox.
 */
struct pf_client *pf_client_new(struct ev_loop *loop, const struct pf_mqtt_config *config,
	const char *will_topic, void (*on_ready)(void *user), void *user);

/*
 * What is to be subscribed from now on, taken over: at every connect, and, if connected, at once as
 * far as it is another than before. Then that ends with PF_NEWS_SUBSCRIBED.
 */
void pf_client_subscribe(struct pf_client *client, struct pf_subscriptions subscriptions);

/* Starts the thread. 0 or a negative errno. */
int pf_client_start(struct pf_client *client);

/* What the client has to say, borrowed. */
struct pf_inbox *pf_client_inbox(struct pf_client *client);

/* Orders one connect; ends with PF_NEWS_CONNECTED or PF_NEWS_FAILED. Not while connected. */
void pf_client_connect(struct pf_client *client, enum pf_mqtt_version version);

/*
 * Orders a publish and takes the message over. Ends with one PF_NEWS_DONE, or, if the connection is
 * gone before it is answered, with PF_NEWS_LOST. At most limits.window may be under way.
 */
void pf_client_publish(struct pf_client *client, struct pf_outgoing *message);

/* Orders the end: disconnects cleanly if connected. Ends with PF_NEWS_ENDED. */
void pf_client_quit(struct pf_client *client);

/* Frees a client that was never started or has said PF_NEWS_ENDED; NULL is fine. */
void pf_client_free(struct pf_client *client);

/* Leaves a client with a hanging thread behind: no more news; freed when the thread comes back. */
void pf_client_abandon(struct pf_client *client);

#endif
