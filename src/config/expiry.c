/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/expiry.h"

#define EXPIRY_TIMES 3u
#define EXPIRY_MIN_S 3u /* a sensor that is read many times a second may be late that much */

uint32_t pf_sensor_patience(const struct pf_sensor_config *config)
{
	if (config->patience > 0)
		return (uint32_t)config->patience;
	return config->driver->patience ? config->driver->patience : 1;
}

uint64_t pf_channel_longest_ms(const struct pf_channel_config *config, uint32_t interval_ms)
{
	if (config->max_interval_ms)
		return config->max_interval_ms > interval_ms ? config->max_interval_ms
							     : interval_ms;
	return config->deadband > 0 ? (uint64_t)interval_ms * 2 : interval_ms;
}

uint64_t pf_sensor_longest_ms(const struct pf_sensor_config *config, size_t i, uint32_t interval_ms)
{
	uint64_t longest_ms = pf_channel_longest_ms(&config->channels[i], interval_ms);

	/* any channel may be invalid in any sample, so none can be relied on to come earlier */
	for (size_t k = 0; config->item.format == PF_FORMAT_JSON && k < config->driver->n_channels;
		k++) {
		const uint64_t ms = pf_channel_longest_ms(&config->channels[k], interval_ms);

		if (ms > longest_ms)
			longest_ms = ms;
	}
	return longest_ms;
}

uint32_t pf_sensor_expiry_s(const struct pf_sensor_config *config, size_t i, uint32_t interval_ms)
{
	const uint64_t patience = pf_sensor_patience(config);
	const uint64_t times = patience < EXPIRY_TIMES ? EXPIRY_TIMES : patience + 1;
	const uint64_t ms = pf_sensor_longest_ms(config, i, interval_ms) * times;
	const uint64_t s = (ms + 999) / 1000;

	if (s > UINT32_MAX)
		return UINT32_MAX;
	return s > EXPIRY_MIN_S ? (uint32_t)s : EXPIRY_MIN_S;
}
