/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "../t.h"
#include "base/clock.h"
#include "base/memory.h"
#include "config/config.h"
#include "config/problems.h"
#include "hw/driver_set.h"
#include "publish/payload.h"
#include "publish/topics.h"

static void same(char *payload, const char *expected)
{
	T_STR(payload, expected);
	free(payload);
}

/* 2026-03-01T12:00:00Z is day 20513 of the epoch: 56 years with 14 leap days, 31 + 28 days. */
#define NOON_MS (((int64_t)20513 * 86400 + 12 * 3600) * 1000 + 123)

static const struct pf_moment noon = {.wall_ms = NOON_MS};
static const struct pf_moment unset = {.wall_ms = NOON_MS, .unsynchronised = true};

static void states_are_plain_or_json_with_time(void)
{
	same(pf_payload_state(PF_FORMAT_PLAIN, "open", unset), "open");
	same(pf_payload_state(PF_FORMAT_JSON, "open", unset),
		"{\"state\":\"open\",\"time\":\"2026-03-01T12:00:00.123Z\","
		"\"clock\":\"unsynchronised\"}");
	same(pf_payload_state(PF_FORMAT_JSON, "op\"en", noon),
		"{\"state\":\"op\\\"en\",\"time\":\"2026-03-01T12:00:00.123Z\"}");
}

static void time_before_1970_is_right(void)
{
	char text[PF_CLOCK_TEXT_SIZE];

	pf_clock_format(-1, text);
	T_STR(text, "1969-12-31T23:59:59.999Z");
}

static void sensor_json_has_numbers_and_leaves_invalid_ones_out(void)
{
	static const struct pf_channel channels[] = {
		{.name = "temperature"}, {.name = "humidity"}, {.name = "pressure"}};
	static const struct pf_driver driver = {.channels = channels, .n_channels = 3};
	const double values[] = {21.4, 99, -0.5};
	const bool valid[] = {true, false, true};

	same(pf_payload_sensor(&driver, values, valid, noon),
		"{\"temperature\":21.4,\"pressure\":-0.5,\"time\":\"2026-03-01T12:00:00.123Z\"}");
	same(pf_payload_value(21.4, 2), "21.40");
}

static void acks_tell_what_became_of_a_command(void)
{
	const struct pf_outcome good = {.verdict = PF_VERDICT_DONE};
	const struct pf_outcome bad = {.verdict = PF_VERDICT_REJECTED, .reason = "no"};

	same(pf_payload_ack("x", &good, "ON"),
		"{\"id\":\"x\",\"result\":\"done\",\"state\":\"ON\"}");
	same(pf_payload_ack("", &bad, NULL),
		"{\"result\":\"rejected\",\"reason\":\"no\",\"state\":null}");
}

static void our_topics_are_known(void)
{
	struct pf_output_config output = {
		.item = {.topic = "house/pump"}, .command_topic = "cmd/pump"};
	struct pf_input_config input = {.item = {.topic = "house/door"}};
	const struct pf_config config = {.mqtt = {.prefix = "pinferry/pi"},
		.outputs = &output,
		.n_outputs = 1,
		.inputs = &input,
		.n_inputs = 1};

	T_TRUE(pf_topic_is_ours(&config, "pinferry/pi"));
	T_TRUE(pf_topic_is_ours(&config, "pinferry/pi/output/x/set"));
	T_TRUE(pf_topic_is_ours(&config, "house/pump/set_on_ms"));
	T_TRUE(pf_topic_is_ours(&config, "house/door"));
	T_TRUE(pf_topic_is_ours(&config, "cmd/pump"));
	T_FALSE(pf_topic_is_ours(&config, "cmd/pump/answer"));
	T_FALSE(pf_topic_is_ours(&config, "house/pumpkin"));
	T_FALSE(pf_topic_is_ours(&config, "pinferry/pi2"));
}

/* As they come from a file: whatever is published or subscribed, and where devices are announced.
 */
static void topics_of_all_kinds_are_ours(void)
{
	static const char text[] =
		"mqtt: { prefix = \"p\"; client_id = \"box\"; };\n"
		"home_assistant: { discovery = true; prefix = \"ha\"; };\n"
		"outputs: ( { name = \"a\"; line = \"GPIO5\"; topic = \"x/a\"; command_topic = "
		"\"cmd\";\n"
		"  failsafe = { after_s = 9; heartbeat_topic = \"alive\"; }; } );\n";
	static const char *const ours[] = {"p", "p/status", "p/info", "x/a", "x/a/set_on_ms",
		"x/a/ack", "x/a/error", "cmd", "alive", "ha/status", "ha/device/box/config",
		"ha/sensor/others/config"};
	const char *top = getenv("top_builddir");
	char *directory = pf_format("%s/drivers/.libs", top ? top : ".");
	struct pf_driver_set *drivers = pf_driver_set_new(directory);
	struct pf_problems problems;
	struct pf_config *config = NULL;

	pf_problems_init(&problems);
	T_INT(pf_config_load(t_write_file("ours.conf", text), drivers, &problems, &config), 0);
	for (size_t i = 0; config && i < sizeof ours / sizeof *ours; i++)
		if (!T_TRUE(pf_topic_is_ours(config, ours[i])))
			printf("# %s\n", ours[i]);
	T_TRUE(config && config->n_topics > 8);
	T_FALSE(config && pf_topic_is_ours(config, "answers/me"));
	pf_config_free(config);
	pf_problems_done(&problems);
	pf_driver_set_free(drivers);
	free(directory);
}

T_MAIN("payload", T(states_are_plain_or_json_with_time), T(time_before_1970_is_right),
	T(sensor_json_has_numbers_and_leaves_invalid_ones_out),
	T(acks_tell_what_became_of_a_command), T(our_topics_are_known),
	T(topics_of_all_kinds_are_ours))
