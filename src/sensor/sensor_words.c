/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "sensor/sensor_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Where nobody answered, and where else the chip may be. */
static const char *word_no_answer(const struct pf_sensor_config *config, char text[PF_REASON_SIZE])
{
	const uint16_t *addresses = config->driver->addresses;
	size_t used;

	if (config->driver->bus != PF_BUS_I2C)
		return "no answer";
	pf_explain(text, "no answer at %s address 0x%02x", config->bus, config->address);
	for (size_t i = 0; addresses[i]; i++) {
		used = strlen(text);
		if (i < 4 && addresses[i] != config->address)
			(void)snprintf(text + used, PF_REASON_SIZE - used, "%s0x%02x",
				strchr(text, '(') ? ", " : " (the chip may also be at ",
				addresses[i]);
	}
	used = strlen(text);
	if (strchr(text, '('))
		(void)snprintf(text + used, PF_REASON_SIZE - used, ")");
	return text;
}

const char *pf_sensor_word_error(
	const struct pf_sensor_config *config, int error, char text[PF_REASON_SIZE])
{
	switch (-error) {
	case ENODEV:
		return "another chip answers, or none";
	case EREMOTEIO:
	case ENXIO:
		return word_no_answer(config, text);
	case ENOENT:
		return config->driver->bus == PF_BUS_W1
			       ? "the kernel reads nothing from it (is w1_therm loaded?)"
			       : strerror(ENOENT);
	case ETIMEDOUT:
		return "the bus does not react";
	case EBADMSG:
		return "checksum wrong";
	case ENODATA:
		return "empty answer";
	case EAGAIN:
		return "conversion not finished";
	default:
		return strerror(-error);
	}
}
