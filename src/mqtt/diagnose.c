/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/diagnose.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "mqtt/dial.h"

#define TIMEOUT_MS 3000

static bool is_this_machine(const char *host)
{
	return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
	       strcmp(host, "::1") == 0;
}

void pf_diagnose_unreachable(const struct pf_endpoint *endpoint, int code, char *ret_text)
{
	if (code == -ECONNREFUSED && is_this_machine(endpoint->host))
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE,
			"connection refused: no broker listens on port %s", endpoint->port);
	else if (code == -ECONNREFUSED)
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE,
			"connection refused: no broker listens on port %s there, or it listens to "
			"its own machine only (a fresh mosquitto does, until its configuration has "
			"\"listener %s\" and a password_file, or \"allow_anonymous true\")",
			endpoint->port, endpoint->port);
	else if (code == -ETIMEDOUT)
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE,
			"no answer from %s (switched off, or a firewall)", endpoint->host);
	else
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE, "%s cannot be reached: %s",
			endpoint->host, strerror(-code));
}

/* For the handshake, which is easier to write blocking; the timeouts hold for each read and write.
 */
static void make_blocking(int fd)
{
	const struct timeval timeout = {.tv_sec = TIMEOUT_MS / 1000};

	(void)fcntl(fd, F_SETFL, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

/* The address is right and the port is another service's. false: nothing is known. */
static bool say_speech(const struct pf_endpoint *endpoint, enum pf_speech speech, char *ret_text)
{
	const bool web = strncmp(endpoint->uri, "ws", 2) == 0;

	switch (speech) {
	case PF_SPEECH_TLS:
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE,
			"what answers on port %s speaks TLS, expected broker = \"%s://...\"",
			endpoint->port, web ? "wss" : "mqtts");
		return true;
	case PF_SPEECH_WEB:
		/* with ws:// that is as it should be */
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE,
			"what answers on port %s is a web server, expected the port of MQTT (1883 "
			"is usual), or broker = \"ws://...\" for MQTT over WebSockets",
			endpoint->port);
		return !web;
	case PF_SPEECH_SSH:
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE,
			"what answers on port %s is SSH, expected the port of MQTT (1883 is usual)",
			endpoint->port);
		return true;
	case PF_SPEECH_UNKNOWN:
	default:
		return false;
	}
}

enum pf_failure pf_diagnose(const struct pf_endpoint *endpoint, const struct addrinfo *address,
	bool timed_out, char *ret_text)
{
	bool known;
	int fd = -1;
	int r = pf_dial_address_only(address, TIMEOUT_MS, &fd);

	if (r) {
		pf_diagnose_unreachable(endpoint, r, ret_text);
		return PF_FAILURE_OTHER;
	}
	make_blocking(fd);
	known = endpoint->tls ? pf_diagnose_tls(fd, endpoint, ret_text) != 0
			      : say_speech(endpoint, pf_diagnose_speech(fd), ret_text);
	close(fd);
	if (known)
		return PF_FAILURE_OTHER;
	(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE, "%s",
		timed_out ? "it takes the connection but does not answer (hung, or no MQTT broker)"
			  : "it closed the connection without an answer (full, or it does not want "
			    "this client)");
	return timed_out ? PF_FAILURE_OTHER : PF_FAILURE_CLOSED;
}
