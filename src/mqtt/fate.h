/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* What can become of a message. Plain data. */

#ifndef PF_MQTT_FATE_H
#define PF_MQTT_FATE_H

#include <stdbool.h>
#include <stdint.h>

enum pf_fate {
	PF_FATE_CONFIRMED, /* the broker has it: with QoS 1 and 2 */
	PF_FATE_SENT,      /* it is sent with QoS 0: there is no more to know */
	PF_FATE_REFUSED,   /* the broker does not take it, and would not if it came again */
	PF_FATE_PUT_OFF,   /* the broker does not take it now (a quota): it may later */
	PF_FATE_NEVER,     /* it cannot be sent: it is larger than this broker takes */
	PF_FATE_REPLACED,  /* a newer state of its topic took its place before it was sent */
	PF_FATE_LOST,      /* the connection ended before: the broker may have it, or not */
};

/* The end of one message. Borrowed for the call. */
struct pf_delivery {
	const char *topic;
	uint64_t token; /* of pf_link_publication; 0: none */
	bool state;
	enum pf_fate fate;
	const char *reason; /* in plain words, if it is refused, put off or can never go; or NULL */
};

/* The fate that the broker's answer means: the code of a PUBACK, PUBREC or PUBCOMP. */
enum pf_fate pf_fate_of_answer(int code);

/* Whether the broker did not take the message, for now or for ever. */
bool pf_fate_is_refusal(enum pf_fate fate);

/* Whether the broker has the message, as far as can be known. */
bool pf_fate_is_good(enum pf_fate fate);

#endif
