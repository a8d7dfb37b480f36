/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The codes of MQTT in plain words, for the log. Pure. */

#ifndef PF_MQTT_REASON_H
#define PF_MQTT_REASON_H

#include <stdbool.h>

/* The codes that others compare with: MQTT 3.1.1 3.2.2.3 and MQTT 5 2.4. */
enum {
	PF_REASON_V3_BAD_VERSION = 0x01,
	PF_REASON_FAILURE = 0x80, /* this and above: a failure */
	PF_REASON_BAD_VERSION = 0x84,
	PF_REASON_TOO_LARGE = 0x95,
	PF_REASON_NO_RETAIN = 0x9a,
	PF_REASON_NO_QOS = 0x9b,
};

/*
 * What a code in a CONNACK, SUBACK, PUBACK, PUBREC or DISCONNECT says; "reason 0xNN" texts do not
 * exist: a code that the standards do not know is "an unknown reason". Static.
 */
const char *pf_reason_text(int code);

/* Whether a CONNACK with this code says that username and password are not what is wanted. */
bool pf_reason_is_identity(int code);

/* What is missing here then, to follow the reason, or "". Both may be NULL. */
const char *pf_reason_identity_hint(const char *username, const char *password_file);

/*
 * Whether a CONNACK with this code speaks of this server at this time only, so that another one, or
 * the same later, may take us.
 */
bool pf_reason_is_passing(int code);

#endif
