/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Why could we not connect? The library gives one code for an expired certificate, a broker that
 * hangs up and a silent one. After such a failure this tries the steps by itself, without sending
 * anything of ours, and says which one fails in plain words. Blocks: link thread only.
 */

#ifndef PF_MQTT_DIAGNOSE_H
#define PF_MQTT_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "mqtt/endpoint.h"
#include "mqtt/version.h"

struct addrinfo;

/*
 * What makes TLS 1.2 the oldest version of a connection: no cipher that an older one could use
 * (those of TLS 1.3 are not in this list). The library ignores the version it is given.
 */
#define PF_TLS_CIPHERS "DEFAULT:!SSLv3:!TLSv1"

/*
 * Keeps OpenSSL from tearing itself down when the process ends: a link thread that was left behind
 * may be in the middle of it then. Before anything else of TLS; any thread.
 */
void pf_diagnose_tls_init(void);

/* Why none of its addresses takes a connection: the words for this errno, which is negative. */
void pf_diagnose_unreachable(const struct pf_endpoint *endpoint, int code, char *ret_text);

/*
 * Connects to the address, and with TLS shakes hands. timed_out: the library waited until its
 * timeout. The words go to ret_text[PF_DIAGNOSIS_SIZE].
 */
enum pf_failure pf_diagnose(const struct pf_endpoint *endpoint, const struct addrinfo *address,
	bool timed_out, char *ret_text);

/*
 * Loads the CA, the certificate and its key as a connection would, without one: the library cannot
 * say what is wrong with them, and would ask for a password on the terminal. 0 (also without TLS),
 * or -EPROTO with the words, which name key and file, in ret_text[PF_DIAGNOSIS_SIZE]. Blocks on the
 * disk; any thread. The files have passed pf_endpoint_check_files().
 */
int pf_diagnose_tls_files(const struct pf_endpoint *endpoint, char *ret_text);

/* What answers at a port where no MQTT is spoken. */
enum pf_speech { PF_SPEECH_UNKNOWN, PF_SPEECH_TLS, PF_SPEECH_WEB, PF_SPEECH_SSH };

/*
 * Finds out what is spoken on a connected, blocking socket, by the first message of a TLS handshake
 * (no name and nothing of ours is in it). The socket stays open and is of no more use.
 */
enum pf_speech pf_diagnose_speech(int fd);

/*
 * One TLS handshake on the connected socket, with the checks of the real connection. 0, or
 * -EPROTO with the words in ret_text[PF_DIAGNOSIS_SIZE]. The socket stays open.
 */
int pf_diagnose_tls(int fd, const struct pf_endpoint *endpoint, char *ret_text);

#endif
