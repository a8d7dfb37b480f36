/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "../t.h"
#include "base/clock.h"
#include "config/expiry.h"
#include "sensor/channel.h"

static const struct pf_channel temperature = {.name = "temperature",
	.quantity = PF_QUANTITY_TEMPERATURE,
	.decimals = 2,
	.minimum = -55,
	.maximum = 125};

static const struct pf_channel_config plain = {
	.scale = 1, .decimals = 2, .minimum = -55, .maximum = 125};

static char reason[PF_REASON_SIZE];

static void good_value_is_calibrated_and_rounded(void)
{
	struct pf_channel_config config = plain;
	double value = 0;

	config.offset = -0.8;
	config.decimals = 1;
	T_INT(pf_channel_check(&temperature, &config, 21.449, &value, reason), 0);
	T_NEAR(value, 20.6, 1e-12); /* 20.649 */
}

static void impossible_values_are_refused_with_the_range(void)
{
	double value = 77;

	T_INT(pf_channel_check(&temperature, &plain, 127.94, &value, reason), -ERANGE);
	T_HAS(reason, "127.94 °C is outside of -55 to 125 °C");
	T_INT(pf_channel_check(&temperature, &plain, (double)NAN, &value, reason), -ERANGE);
	T_HAS(reason, "not a number");
	T_INT(pf_channel_check(&temperature, &plain, (double)INFINITY, &value, reason), -ERANGE);
	T_NEAR(value, 77, 0);
}

static const struct pf_channel humidity = {.name = "humidity",
	.quantity = PF_QUANTITY_HUMIDITY,
	.decimals = 1,
	.minimum = 0,
	.maximum = 100,
	.margin = 5};

/* A limit in front of the range check would hide nonsense. */
static void a_little_beyond_the_range_is_its_end_and_more_is_a_fault(void)
{
	static const struct pf_channel_config config = {
		.scale = 1, .decimals = 1, .minimum = 0, .maximum = 100};
	double value = 77;

	T_INT(pf_channel_check(&humidity, &config, 103.2, &value, reason), 0);
	T_NEAR(value, 100, 0);
	T_INT(pf_channel_check(&humidity, &config, -5, &value, reason), 0);
	T_NEAR(value, 0, 0);
	T_INT(pf_channel_check(&humidity, &config, -5.01, &value, reason), -ERANGE);
	T_INT(pf_channel_check(&humidity, &config, 238.1, &value, reason), -ERANGE);
	T_HAS(reason, "humidity 238.1 % is outside of 0 to 100 %");
}

static void a_doubtful_reading_is_believed_beside_the_one_before(void)
{
	static const struct pf_channel channel = {.name = "temperature", .reach = 10};
	struct pf_channel_past past = {.known = true, .raw = 84.5, .time_ns = 1000 * PF_NS_PER_S};
	const uint64_t now_ns = 1060 * PF_NS_PER_S;

	T_TRUE(pf_channel_believes(&channel, &past, 60000, 85, now_ns));
	past.raw = 18.75;
	T_FALSE(pf_channel_believes(&channel, &past, 60000, 85, now_ns));
	past.raw = 95;
	T_TRUE(pf_channel_believes(&channel, &past, 60000, 85, now_ns));
	/* too long ago: three intervals, or a minute */
	T_TRUE(pf_channel_believes(&channel, &past, 60000, 85, 1180 * PF_NS_PER_S));
	T_FALSE(pf_channel_believes(&channel, &past, 60000, 85, 1181 * PF_NS_PER_S));
	T_TRUE(pf_channel_believes(&channel, &past, 1000, 85, 1060 * PF_NS_PER_S));
	T_FALSE(pf_channel_believes(&channel, &past, 1000, 85, 1061 * PF_NS_PER_S));
	past.known = false;
	T_FALSE(pf_channel_believes(&channel, &past, 60000, 85, now_ns));
}

static void configured_limits_are_for_the_calibrated_value(void)
{
	struct pf_channel_config config = plain;
	double value = 0;

	config.offset = 10;
	config.maximum = 30;
	T_INT(pf_channel_check(&temperature, &config, 20, &value, reason), 0);
	T_INT(pf_channel_check(&temperature, &config, 20.01, &value, reason), -ERANGE);
}

static void points_interpolate_and_extend(void)
{
	static const struct pf_point points[] = {{0, 1}, {10, 12}, {20, 20}};
	struct pf_channel_config config = plain;

	config.points = points;
	config.n_points = 3;
	T_NEAR(pf_channel_calibrate(&config, 0), 1, 1e-12);
	T_NEAR(pf_channel_calibrate(&config, 5), 6.5, 1e-12);
	T_NEAR(pf_channel_calibrate(&config, 15), 16, 1e-12);
	T_NEAR(pf_channel_calibrate(&config, -10), -10, 1e-12); /* 1.1 per degree, back from 1 */
	T_NEAR(pf_channel_calibrate(&config, 30), 28, 1e-12);   /* 0.8 per degree, on from 20 */
}

static void deadband_holds_back_but_not_for_ever(void)
{
	struct pf_channel_config config = plain;
	struct pf_channel_state state = {0};

	config.deadband = 0.1;
	config.max_interval_ms = 300000;
	T_TRUE(pf_channel_is_news(&config, 1000, &state, 21.4, 0));
	pf_channel_published(&state, 21.4, 0);
	T_FALSE(pf_channel_is_news(&config, 1000, &state, 21.45, PF_NS_PER_S));
	T_TRUE(pf_channel_is_news(&config, 1000, &state, 21.5, PF_NS_PER_S));
	T_TRUE(pf_channel_is_news(&config, 1000, &state, 21.3, PF_NS_PER_S));
	T_FALSE(pf_channel_is_news(&config, 1000, &state, 21.4, 299 * PF_NS_PER_S));
	T_TRUE(pf_channel_is_news(&config, 1000, &state, 21.4, 300 * PF_NS_PER_S));
	/* a sample a little early must not make the distance one interval longer */
	T_FALSE(pf_channel_is_news(&config, 100000, &state, 21.4, 200 * PF_NS_PER_S));
	T_TRUE(pf_channel_is_news(&config, 100000, &state, 21.4, 300 * PF_NS_PER_S - 1));
	config.deadband = 0;
	T_TRUE(pf_channel_is_news(&config, 1000, &state, 21.4, 1));
}

/* Else a broker or a consumer that forgets old readings forgets a good one. */
static void what_does_not_change_is_renewed_every_two_intervals(void)
{
	struct pf_channel_config config = plain;
	struct pf_channel_state state = {0};

	config.deadband = 5;
	pf_channel_published(&state, 21.4, 0);
	T_FALSE(pf_channel_is_news(&config, 60000, &state, 21.4, 61 * PF_NS_PER_S));
	T_TRUE(pf_channel_is_news(&config, 60000, &state, 21.4, 119 * PF_NS_PER_S));
	T_TRUE(pf_channel_is_news(&config, 60000, &state, 21.4, 121 * PF_NS_PER_S));
}

static void a_reading_is_good_for_three_times_the_longest_distance(void)
{
	static const struct pf_driver driver = {.n_channels = 2};
	struct pf_sensor_config sensor = {.driver = &driver};
	struct pf_channel_config *channels = sensor.channels;

	channels[0] = channels[1] = plain;

	T_INT(pf_sensor_expiry_s(&sensor, 0, 60000), 180);
	T_INT(pf_sensor_expiry_s(&sensor, 0, 2500), 8);
	T_INT(pf_sensor_expiry_s(&sensor, 0, 1), 3);
	channels[1].deadband = 0.5;
	T_INT(pf_sensor_expiry_s(&sensor, 1, 60000), 360);
	channels[1].max_interval_ms = 600000;
	T_INT(pf_sensor_expiry_s(&sensor, 1, 60000), 1800);
	T_INT(pf_sensor_longest_ms(&sensor, 1, 60000), 600000);
	T_INT(pf_sensor_expiry_s(&sensor, 1, 700000), 2100);
	T_INT(pf_sensor_expiry_s(&sensor, 0, 60000), 180);
	/* one topic for all: the slowest channel may be the only valid one */
	sensor.item.format = PF_FORMAT_JSON;
	T_INT(pf_sensor_expiry_s(&sensor, 0, 60000), 1800);
	T_TRUE(pf_sensor_expiry_s(&sensor, 0, UINT32_MAX) == 12884902u);
}

T_MAIN("channel", T(good_value_is_calibrated_and_rounded),
	T(impossible_values_are_refused_with_the_range),
	T(a_little_beyond_the_range_is_its_end_and_more_is_a_fault),
	T(a_doubtful_reading_is_believed_beside_the_one_before),
	T(configured_limits_are_for_the_calibrated_value), T(points_interpolate_and_extend),
	T(deadband_holds_back_but_not_for_ever),
	T(what_does_not_change_is_renewed_every_two_intervals),
	T(a_reading_is_good_for_three_times_the_longest_distance))
