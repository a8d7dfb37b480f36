/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "sensor/channel.h"

#include <errno.h>
#include <math.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/expiry.h"
#include "hw/driver_set.h"

#define MINUTE_MS 60000u

static double interpolate(const struct pf_point *points, size_t n, double raw)
{
	size_t i = 1;

	while (i + 1 < n && raw > points[i].raw)
		i++;
	return points[i - 1].value + (raw - points[i - 1].raw) *
					     (points[i].value - points[i - 1].value) /
					     (points[i].raw - points[i - 1].raw);
}

double pf_channel_calibrate(const struct pf_channel_config *config, double raw)
{
	if (config->n_points >= 2)
		raw = interpolate(config->points, config->n_points, raw);
	return raw * config->scale + config->offset;
}

bool pf_channel_believes(const struct pf_channel *channel, const struct pf_channel_past *past,
	uint32_t interval_ms, double raw, uint64_t now_ns)
{
	const uint64_t age_max_ms = interval_ms > MINUTE_MS / 3 ? (uint64_t)interval_ms * 3
								: MINUTE_MS;

	return past->known && now_ns - past->time_ns <= age_max_ms * PF_NS_PER_MS &&
	       fabs(raw - past->raw) <= channel->reach;
}

/* What is beyond the range by rounding and tolerances only is its end. */
static double limit(const struct pf_channel *channel, double raw)
{
	if (raw < channel->minimum && raw >= channel->minimum - channel->margin)
		return channel->minimum;
	if (raw > channel->maximum && raw <= channel->maximum + channel->margin)
		return channel->maximum;
	return raw;
}

static int out_of_range(const struct pf_channel *channel, double value, double minimum,
	double maximum, char *ret_reason)
{
	const char *unit = pf_channel_unit(channel);

	if (isnan(value))
		pf_explain(ret_reason, "%s is not a number", channel->name);
	else
		pf_explain(ret_reason, "%s %.7g %s is outside of %.7g to %.7g %s", channel->name,
			value, unit, minimum, maximum, unit);
	return -ERANGE;
}

int pf_channel_check(const struct pf_channel *channel, const struct pf_channel_config *config,
	double raw, double *ret_value, char *ret_reason)
{
	double value;

	raw = limit(channel, raw);
	/* written so that NaN fails */
	if (!(raw >= channel->minimum && raw <= channel->maximum))
		return out_of_range(channel, raw, channel->minimum, channel->maximum, ret_reason);
	value = pf_channel_calibrate(config, raw);
	if (!isfinite(value) || value < config->minimum || value > config->maximum)
		return out_of_range(channel, value, config->minimum, config->maximum, ret_reason);
	*ret_value = pf_number_round(value, config->decimals);
	return 0;
}

bool pf_channel_is_news(const struct pf_channel_config *config, uint32_t interval_ms,
	const struct pf_channel_state *state, double value, uint64_t now_ns)
{
	/* a deadband of 0.1 must see 21.4 -> 21.5 although the doubles differ by a hair less */
	const double tolerance = 1e-9;
	uint64_t limit_ms;

	if (!state->published || config->deadband <= 0)
		return true;
	if (fabs(value - state->value) >= config->deadband - tolerance)
		return true;
	/* samples come a little early or late: half an interval decides which one it is */
	limit_ms = pf_channel_longest_ms(config, interval_ms) - interval_ms / 2;
	return now_ns - state->time_ns >= limit_ms * PF_NS_PER_MS;
}

void pf_channel_published(struct pf_channel_state *state, double value, uint64_t now_ns)
{
	*state = (struct pf_channel_state){.published = true, .value = value, .time_ns = now_ns};
}
