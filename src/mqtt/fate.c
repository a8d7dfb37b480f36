/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/fate.h"

#include "mqtt/reason.h"

/*
 * MQTT 5 3.4.2.1 and 3.5.2.1. What says nothing of the message itself may pass: so does a quota,
 * and who gives no reason may have one that does.
 */
enum pf_fate pf_fate_of_answer(int code)
{
	switch (code) {
	case 0x80: /* unspecified error */
	case 0x83: /* implementation specific error */
	case 0x91: /* packet identifier in use */
	case 0x97: /* quota exceeded */
		return PF_FATE_PUT_OFF;
	default:
		return code < PF_REASON_FAILURE ? PF_FATE_CONFIRMED : PF_FATE_REFUSED;
	}
}

bool pf_fate_is_refusal(enum pf_fate fate)
{
	return fate == PF_FATE_REFUSED || fate == PF_FATE_PUT_OFF || fate == PF_FATE_NEVER;
}

bool pf_fate_is_good(enum pf_fate fate)
{
	return fate == PF_FATE_CONFIRMED || fate == PF_FATE_SENT;
}
