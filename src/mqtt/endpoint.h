/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Where and as whom to connect: the link thread's own copy of the settings, so that a thread that
 * hangs and is left behind never reads a configuration that is gone.
 */

#ifndef PF_MQTT_ENDPOINT_H
#define PF_MQTT_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

/* Room for the words that say why there is no connection. */
#define PF_DIAGNOSIS_SIZE 320

struct pf_endpoint {
	char *uri, *host, *port; /* host without the brackets of an IPv6 address */
	bool tls, websocket;
	int keepalive_s;
	char *client_id, *will_topic;
	char *username, *password_file;       /* or NULL */
	char *ca_file, *cert_file, *key_file; /* or NULL */
	char *key_password_file;              /* or NULL */
};

/* Copies the settings and splits the URI (the port is the scheme's own if it has none). */
void pf_endpoint_init(
	struct pf_endpoint *endpoint, const struct pf_mqtt_config *config, const char *will_topic);

/* Frees the copies. */
void pf_endpoint_done(struct pf_endpoint *endpoint);

/*
 * Whether the files of the settings can be read now. 0, or a negative errno and in
 * ret_text[size] what is wrong. The files of passwords are left to who reads them. Blocks on the
 * disk.
 */
int pf_endpoint_check_files(const struct pf_endpoint *endpoint, char *ret_text, size_t size);

/*
 * Warns of each file with a secret in it that every user of the machine can read. true: there was
 * one. Blocks on the disk.
 */
bool pf_endpoint_warn_open(const struct pf_endpoint *endpoint);

#endif
