/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/sensor_values.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "bridge/buffers.h"
#include "bridge/payload.h"
#include "config/expiry.h"

void pf_sensor_values_init(struct pf_sensor_values *values, struct pf_item *item,
	const struct pf_sensor_config *config)
{
	*values = (struct pf_sensor_values){.item = item, .config = config};
	if (config->item.format == PF_FORMAT_JSON) {
		values->states[0] = pf_item_add_state(item, NULL);
		values->buffer = pf_buffers_find(item->env->buffers, config->item.name);
		if (values->buffer)
			pf_state_leave(&item->env->publisher, values->states[0]);
		return;
	}
	for (size_t i = 0; i < config->driver->n_channels; i++)
		values->states[i] = pf_item_add_state_at(item, config->channels[i].topic);
}

void pf_sensor_values_done(struct pf_sensor_values *values, bool clear)
{
	for (size_t i = 0; i < PF_CHANNELS_MAX; i++)
		pf_state_remove(&values->item->env->publisher, values->states[i], clear);
}

void pf_sensor_values_rebind(struct pf_sensor_values *values, const struct pf_sensor_config *config)
{
	values->config = config;
}

/* All channels of a sample, or none: one impossible value makes the others doubtful, too. */
static int judge(const struct pf_sensor_config *config, const struct pf_sample *sample,
	double *ret_values, bool *ret_valid, char *ret_reason)
{
	const struct pf_driver *driver = config->driver;
	bool any = false;

	for (size_t i = 0; i < driver->n_channels; i++) {
		const struct pf_reading *reading = &sample->readings[i];
		int r;

		ret_valid[i] = reading->valid;
		if (!reading->valid)
			continue;
		r = pf_channel_check(&driver->channels[i], &config->channels[i], reading->value,
			&ret_values[i], ret_reason);
		if (r < 0)
			return r;
		any = true;
	}
	if (any)
		return 0;
	pf_explain(ret_reason, "the sample holds no valid value");
	return -ENODATA;
}

/* What lies between the samples. A bus with many sensors may not keep up with the configuration. */
static uint32_t real_interval_ms(const struct pf_sensor_values *values, uint64_t taken_ns)
{
	const uint32_t configured_ms = values->config->interval_ms;
	const uint64_t real_ms = values->taken_ns ? (taken_ns - values->taken_ns) / PF_NS_PER_MS
						  : 0;

	if (real_ms > UINT32_MAX)
		return UINT32_MAX;
	return real_ms > configured_ms ? (uint32_t)real_ms : configured_ms;
}

static void set_state(struct pf_sensor_values *values, uint64_t taken_ns, size_t i, char *payload)
{
	const uint32_t expiry_s = pf_sensor_expiry_s(
		values->config, i, real_interval_ms(values, taken_ns));

	pf_debug("sensor %s: %s", values->config->item.name, payload);
	if (values->buffer) {
		pf_buffer_put(values->buffer, taken_ns, payload, expiry_s);
	} else {
		pf_state_set_expiry(values->states[i], expiry_s);
		pf_state_set(&values->item->env->publisher, values->states[i], payload);
	}
	free(payload);
}

static void publish(struct pf_sensor_values *values, uint64_t taken_ns, const double *numbers,
	const bool *valid)
{
	const struct pf_sensor_config *config = values->config;
	const bool json = config->item.format == PF_FORMAT_JSON;
	const size_t n = config->driver->n_channels;
	bool is_news[PF_CHANNELS_MAX] = {false}, any = false;

	for (size_t i = 0; i < n; i++) {
		is_news[i] = valid[i] &&
			     pf_channel_is_news(&config->channels[i], config->interval_ms,
				     &values->channels[i], numbers[i], taken_ns);
		any = any || is_news[i];
	}
	for (size_t i = 0; i < n; i++) {
		/* one JSON object tells of all channels */
		if (json ? !any || !valid[i] : !is_news[i])
			continue;
		pf_channel_published(&values->channels[i], numbers[i], taken_ns);
		if (!json)
			set_state(values, taken_ns, i,
				pf_payload_value(numbers[i], config->channels[i].decimals));
	}
	if (json && any)
		set_state(values, taken_ns, 0,
			pf_payload_sensor(config->driver, numbers, valid,
				pf_moment_of(values->item->env, taken_ns)));
}

int pf_sensor_values_take(struct pf_sensor_values *values, const struct pf_sample *sample,
	uint64_t taken_ns, char *ret_reason)
{
	double numbers[PF_CHANNELS_MAX] = {0};
	bool valid[PF_CHANNELS_MAX] = {false};
	const int r = judge(values->config, sample, numbers, valid, ret_reason);

	if (r < 0)
		return r;
	pf_item_lower(values->item, PF_HINDRANCES_OF_HARDWARE);
	publish(values, taken_ns, numbers, valid);
	values->taken_ns = taken_ns;
	pf_item_online(values->item);
	return 0;
}

void pf_sensor_values_forget(struct pf_sensor_values *values)
{
	values->taken_ns = 0;
	memset(values->channels, 0, sizeof values->channels);
}
