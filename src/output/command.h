/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * From the payload on a command topic to a command. Pure; any bytes are safe input.
 *
 *   TOPIC/set         payload_on or payload_off exactly; else ON, OFF or TOGGLE in any case; else
 *                     a JSON object {"state": ..., "for_ms": ..., "id": ...}
 *   TOPIC/set_on_ms   a whole number of milliseconds: on, and off after them
 *   TOPIC/set_off_ms  the same the other way round
 *
 * One line end after the payload is accepted.
 */

#ifndef PF_OUTPUT_COMMAND_H
#define PF_OUTPUT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pinferry/driver.h"

#define PF_PULSE_MAX_MS     86400000 /* a day */
#define PF_COMMAND_SIZE_MAX 4096     /* bytes of a payload */
#define PF_COMMAND_ID_SIZE  65       /* bytes of an id, with its NUL */

enum pf_command_topic { PF_TOPIC_SET, PF_TOPIC_SET_ON_MS, PF_TOPIC_SET_OFF_MS };

enum pf_command_state { PF_COMMAND_OFF, PF_COMMAND_ON, PF_COMMAND_TOGGLE };

struct pf_command {
	enum pf_command_state state;
	uint32_t for_ms;             /* 0: for good; else 1 to PF_PULSE_MAX_MS */
	uint64_t said_ns;            /* when it was given, CLOCK_BOOTTIME; 0: now */
	char id[PF_COMMAND_ID_SIZE]; /* "" if none was given */
};

/*
 * Parses a payload that came on the given topic of an output with these payloads. 0; or -EINVAL
 * with ret_reason[PF_REASON_SIZE]; ret_command->id is set even then, if there was a valid one.
 */
int pf_command_parse(enum pf_command_topic topic, const char *payload, size_t size,
	const char *payload_on, const char *payload_off, struct pf_command *ret_command,
	char *ret_reason);

#endif
