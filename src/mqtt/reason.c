/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/reason.h"

#include <stddef.h>

/* MQTT 3.1.1 table 3.1 (1 to 5) and MQTT 5 section 2.4 (0x80 and up). */
static const struct {
	int code;
	const char *text;
} reasons[] = {
	{0x01, "the broker does not speak this MQTT version"},
	{0x02, "the broker refuses the client_id"},
	{0x03, "the broker says it is not available (full, or just starting)"},
	{0x04, "wrong username or password"},
	{0x05, "not authorised (username, password or the broker's rules)"},
	{0x80, "the broker refuses, and gives no reason"},
	{0x81, "the broker calls the packet malformed"},
	{0x82, "the broker reports a protocol error"},
	{0x83, "the broker refuses for a reason of its own"},
	{0x84, "the broker does not speak this MQTT version"},
	{0x85, "the broker refuses the client_id"},
	{0x86, "wrong username or password"},
	{0x87, "not authorised (username, password or the broker's rules)"},
	{0x88, "the broker says it is not available (full, or just starting)"},
	{0x89, "the broker is busy"},
	{0x8a, "the broker has banned this client"},
	{0x8b, "the broker is shutting down"},
	{0x8c, "the broker wants another kind of authentication"},
	{0x8d, "the broker heard nothing for longer than keepalive_s"},
	{0x8e, "another client connected with the same client_id (or the same username, if the "
	       "broker has use_username_as_clientid)"},
	{0x8f, "the broker refuses the topic filter"},
	{0x90, "the broker refuses the topic name"},
	{0x93, "the broker was sent more than it takes at a time"},
	{0x94, "the broker refuses the topic alias"},
	{0x95, "the message is too large for the broker"},
	{0x96, "the broker receives messages too fast"},
	{0x97, "a quota of the broker is exceeded"},
	{0x98, "the broker's owner ended the connection"},
	{0x99, "the broker refuses the payload format"},
	{0x9a, "the broker does not keep retained messages"},
	{0x9b, "the broker does not support this QoS"},
	{0x9c, "the broker says: use another server"},
	{0x9d, "the broker says: the server has moved"},
	{0x9e, "the broker does not support shared subscriptions"},
	{0x9f, "the broker allows no more connections now"},
	{0xa0, "the broker's longest connection time is over"},
	{0xa1, "the broker does not support subscription identifiers"},
	{0xa2, "the broker does not support wildcard subscriptions"},
};

const char *pf_reason_identity_hint(const char *username, const char *password_file)
{
	if (!username)
		return ". No username is configured here; mosquitto wants one unless its "
		       "configuration has \"allow_anonymous true\"";
	if (!password_file)
		return ". There is a username here, and no password_file";
	return "";
}

bool pf_reason_is_identity(int code)
{
	return code == 0x04 || code == 0x05 || code == 0x86 || code == 0x87;
}

bool pf_reason_is_passing(int code)
{
	return code == 0x03 || (code >= 0x88 && code <= 0x8b && code != 0x8a) || code == 0x97 ||
	       code == 0x9c || code == 0x9d || code == 0x9f;
}

const char *pf_reason_text(int code)
{
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].code == code)
			return reasons[i].text;
	return "the broker gives an unknown reason";
}
