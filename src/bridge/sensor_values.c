/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/sensor_values.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/expiry.h"
#include "hw/driver_set.h"
#include "publish/buffers.h"
#include "publish/payload.h"

/* Which channels there are, by the options, and by the driver's state if there is one. */
static void look(struct pf_sensor_values *values, const void *state)
{
	const struct pf_sensor_config *config = values->config;
	struct pf_channel channel;

	for (size_t i = 0; i < config->driver->n_channels; i++)
		values->presence[i] = pf_driver_channel(
			config->driver, config->options, state, i, &channel);
}

void pf_sensor_values_init(struct pf_sensor_values *values, struct pf_item *item,
	const struct pf_sensor_config *config)
{
	*values = (struct pf_sensor_values){.item = item, .config = config};
	look(values, NULL);
	if (config->item.format == PF_FORMAT_JSON) {
		values->states[0] = pf_item_add_state(item, NULL);
		values->buffer = pf_buffers_find(item->env->buffers, config->item.name);
		if (values->buffer)
			pf_state_leave(&item->env->publisher, values->states[0]);
		return;
	}
	for (size_t i = 0; i < config->driver->n_channels; i++)
		if (values->presence[i] != PF_ABSENT)
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

bool pf_sensor_values_probed(struct pf_sensor_values *values, const void *state, bool is_other)
{
	const struct pf_sensor_config *config = values->config;
	enum pf_presence before[PF_CHANNELS_MAX];
	bool changed = false;

	memcpy(before, values->presence, sizeof before);
	look(values, state);
	for (size_t i = 0; i < config->driver->n_channels; i++) {
		if (values->presence[i] == before[i])
			continue;
		changed = true;
		if (values->presence[i] == PF_ABSENT)
			pf_warning("sensor %s: the chip has no %s: nothing is published for it",
				config->item.name, config->driver->channels[i].name);
	}
	if (is_other) {
		pf_notice("sensor %s: this is another chip, or it says otherwise what it is",
			config->item.name);
		pf_sensor_values_forget(values);
	}
	memset(values->had, 0, sizeof values->had);
	return changed;
}

/* A value that may be none of the sensor's: only the one before can tell. */
static int judge_doubtful(const struct pf_sensor_values *values, const struct pf_sample *sample,
	size_t i, uint64_t taken_ns, char *ret_reason)
{
	const struct pf_channel *channel = &values->config->driver->channels[i];

	if (pf_channel_believes(channel, &values->past[i], values->config->interval_ms,
		    sample->readings[i].value, taken_ns))
		return 0;
	pf_explain(ret_reason, "%s is not believed: %s", channel->name,
		*sample->reason ? sample->reason : "perhaps nothing was measured");
	return -EAGAIN;
}

/* All channels of a sample, or none: one impossible value makes the others doubtful, too. */
static int judge(const struct pf_sensor_values *values, const struct pf_sample *sample,
	uint64_t taken_ns, double *ret_values, bool *ret_valid, char *ret_reason)
{
	const struct pf_sensor_config *config = values->config;
	const struct pf_driver *driver = config->driver;
	bool any = false;

	for (size_t i = 0; i < driver->n_channels; i++) {
		const struct pf_reading *reading = &sample->readings[i];
		int r;

		ret_valid[i] = reading->valid && values->presence[i] != PF_ABSENT;
		if (!ret_valid[i])
			continue;
		r = reading->doubtful ? judge_doubtful(values, sample, i, taken_ns, ret_reason) : 0;
		if (r < 0)
			return r;
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

/* A channel that the chip has, or that had a value, and that has none in this sample. */
static bool is_missing(const struct pf_sensor_values *values, const bool *valid, size_t i)
{
	if (valid[i] || values->presence[i] == PF_ABSENT)
		return false;
	return values->had[i] || values->config->driver->sensor->channel;
}

/* Says which channels are missing in a sample that is otherwise good. */
static void remark(
	struct pf_sensor_values *values, const struct pf_sample *sample, const bool *valid)
{
	const struct pf_driver *driver = values->config->driver;
	char *text = NULL;

	for (size_t i = 0; i < driver->n_channels; i++) {
		char *longer;

		if (!is_missing(values, valid, i))
			continue;
		longer = pf_format("%s%s%s", text ? text : "no value of ", text ? ", " : "",
			driver->channels[i].name);
		free(text);
		text = longer;
	}
	if (text && *sample->reason) {
		char *longer = pf_format("%s: %s", text, sample->reason);

		free(text);
		text = longer;
	}
	pf_item_remark(values->item, text);
	free(text);
}

/* What has no value is not to stay at the broker, beside `online`, from better days. */
static void empty(struct pf_sensor_values *values, const bool *valid)
{
	const struct pf_sensor_config *config = values->config;

	for (size_t i = 0; i < config->driver->n_channels; i++) {
		const char *payload;

		if (valid[i] || !values->states[i] || !config->item.retain)
			continue;
		payload = pf_state_payload(values->states[i]);
		if (payload && !*payload)
			continue;
		pf_state_set_expiry(values->states[i], 0);
		pf_state_set(&values->item->env->publisher, values->states[i], "");
	}
}

/* What is remembered of a good sample, beside what was published. */
static void remember(struct pf_sensor_values *values, const struct pf_sample *sample,
	uint64_t taken_ns, const bool *valid)
{
	for (size_t i = 0; i < values->config->driver->n_channels; i++) {
		if (!valid[i])
			continue;
		values->had[i] = true;
		values->past[i] = (struct pf_channel_past){
			.known = true, .raw = sample->readings[i].value, .time_ns = taken_ns};
	}
	values->taken_ns = taken_ns;
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
		/* that one is gone is news, too, where all are in one object */
		any = any || is_news[i] || (!valid[i] && values->channels[i].published);
		if (!valid[i])
			values->channels[i].published = false;
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
				pf_moment_of(&values->item->env->clock, taken_ns)));
}

int pf_sensor_values_take(struct pf_sensor_values *values, const struct pf_sample *sample,
	uint64_t taken_ns, char *ret_reason)
{
	double numbers[PF_CHANNELS_MAX] = {0};
	bool valid[PF_CHANNELS_MAX] = {false};
	const int r = judge(values, sample, taken_ns, numbers, valid, ret_reason);

	if (r < 0)
		return r;
	remark(values, sample, valid);
	pf_item_lower(values->item, PF_HINDRANCES_OF_HARDWARE);
	publish(values, taken_ns, numbers, valid);
	if (values->config->item.format != PF_FORMAT_JSON)
		empty(values, valid);
	remember(values, sample, taken_ns, valid);
	pf_item_online(values->item);
	return 0;
}

void pf_sensor_values_missed(struct pf_sensor_values *values)
{
	memset(values->past, 0, sizeof values->past);
}

void pf_sensor_values_forget(struct pf_sensor_values *values)
{
	values->taken_ns = 0;
	memset(values->past, 0, sizeof values->past);
	memset(values->channels, 0, sizeof values->channels);
}
