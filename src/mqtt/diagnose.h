/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Why could we not connect? The library gives one code for a wrong name, a closed port, an expired
 * certificate and a silent broker. After such a failure this tries the steps by itself, without
 * sending anything of ours, and says which one fails in plain words. Blocks: link thread only.
 */

#ifndef PF_MQTT_DIAGNOSE_H
#define PF_MQTT_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "mqtt/endpoint.h"
#include "mqtt/version.h"

#define PF_DIAGNOSIS_SIZE 320

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

/*
 * Only looks the host up: before a connect, so that a dead name server is waited for once, not by
 * the library and then by us. 0, or -EHOSTUNREACH with the words in ret_text[PF_DIAGNOSIS_SIZE].
 */
int pf_diagnose_name(const struct pf_endpoint *endpoint, char *ret_text);

/*
 * Looks the host up, connects, and with TLS shakes hands. timed_out: the library waited until its
 * timeout. The words go to ret_text[PF_DIAGNOSIS_SIZE].
 */
enum pf_failure pf_diagnose(const struct pf_endpoint *endpoint, bool timed_out, char *ret_text);

/*
 * Loads the CA, the certificate and its key as a connection would, without one: the library cannot
 * say what is wrong with them, and would ask for a password on the terminal. 0 (also without TLS),
 * or -EPROTO with the words, which name key and file, in ret_text[PF_DIAGNOSIS_SIZE]. Blocks on the
 * disk; any thread. The files have passed pf_endpoint_check_files().
 */
int pf_diagnose_tls_files(const struct pf_endpoint *endpoint, char *ret_text);

/*
 * One TLS handshake on the connected socket, with the checks of the real connection. 0, or
 * -EPROTO with the words in ret_text[PF_DIAGNOSIS_SIZE]. The socket stays open.
 */
int pf_diagnose_tls(int fd, const struct pf_endpoint *endpoint, char *ret_text);

#endif
