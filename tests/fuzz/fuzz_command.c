/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Commands to two interlocked outputs with every limit, and what must hold after each of them.
 *
 * The input is a list of messages with RS (1e hex) between them. The first byte of each says where
 * it goes: a, b, c to the topics set, set_on_ms, set_off_ms of the first output, d, e, f to those
 * of the second; the rest is its payload. Or it is `t`, and the rest so many milliseconds that
 * pass.
 */

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "fuzz.h"
#include "output/interlock.h"
#include "output/output.h"
#include "publish/payload.h"

const char fuzz_name[] = "command";

#define MS           PF_NS_PER_MS
#define SEPARATOR    0x1e
#define TICKS_MAX    1000
#define TIME_MAX_MS  100000
#define START_NS     (3600 * PF_NS_PER_S)
#define DEAD_TIME_MS 500

static const struct pf_output_config configs[2] = {
	{.item = {.name = "up"},
		.payload_on = "auf",
		.payload_off = "\xc3\xa4",
		.min_on_ms = 300,
		.min_off_ms = 700,
		.max_on_ms = 20000,
		.failsafe = {.after_ms = 60000, .heartbeat_topic = "alive"}},
	{.item = {.name = "down"}, .payload_on = "ON", .payload_off = "OFF", .pulse_ms = 400}};

/* What a voltmeter and a clock would say of an output. */
struct line {
	const struct pf_output_config *config;
	struct pf_output output;
	bool level;
	uint64_t moved_ns;
};

struct world {
	struct line lines[2];
	struct pf_interlock group;
	uint64_t now_ns;
};

static struct world *world;

static void watch_on(const struct line *line)
{
	const struct line *other = &world->lines[line == world->lines];

	FUZZ_CHECK(world->now_ns - line->moved_ns >= line->config->min_off_ms * MS);
	FUZZ_CHECK(!other->level);
	FUZZ_CHECK(world->now_ns - other->moved_ns >= DEAD_TIME_MS * MS);
}

static void watch_off(const struct line *line)
{
	if (line->output.source < PF_SOURCE_CONFLICT)
		FUZZ_CHECK(world->now_ns - line->moved_ns >= line->config->min_on_ms * MS);
}

static int write_line(void *user, bool level)
{
	struct line *line = user;

	if (level && !line->level)
		watch_on(line);
	if (!level && line->level)
		watch_off(line);
	if (level != line->level)
		line->moved_ns = world->now_ns;
	line->level = level;
	return 0;
}

static void on_changed(void *user)
{
	(void)user;
}

static void begin(void)
{
	static const struct pf_output_port port = {.write = write_line, .changed = on_changed};

	world = pf_calloc(1, sizeof *world);
	world->now_ns = START_NS;
	pf_interlock_init(&world->group, "blind", DEAD_TIME_MS);
	for (size_t i = 0; i < 2; i++) {
		struct line *line = &world->lines[i];

		line->config = &configs[i];
		line->moved_ns = world->now_ns;
		pf_output_init(
			&line->output, line->config, &world->group, &port, line, world->now_ns);
	}
	for (size_t i = 0; i < 2; i++)
		(void)pf_output_acquired(&world->lines[i].output, world->now_ns, false);
}

static void end(void)
{
	for (size_t i = 0; i < 2; i++)
		pf_output_done(&world->lines[i].output);
	pf_interlock_done(&world->group);
	free(world);
}

static uint64_t wake_ns(void)
{
	const uint64_t a = pf_output_wake_ns(&world->lines[0].output);
	const uint64_t b = pf_output_wake_ns(&world->lines[1].output);

	return a < b ? a : b;
}

/* Lets time pass with every tick in time. */
static void run_until(uint64_t until_ns)
{
	for (int ticks = 0; wake_ns() <= until_ns; ticks++) {
		FUZZ_CHECK(ticks < TICKS_MAX);
		if (wake_ns() > world->now_ns)
			world->now_ns = wake_ns();
		for (size_t i = 0; i < 2; i++)
			if (pf_output_wake_ns(&world->lines[i].output) <= world->now_ns)
				(void)pf_output_tick(&world->lines[i].output, world->now_ns);
	}
	world->now_ns = until_ns;
}

static void check_line(const struct line *line)
{
	FUZZ_CHECK(line->output.level == line->level);
	FUZZ_CHECK(!line->level || !line->config->max_on_ms ||
		   world->now_ns - line->moved_ns < line->config->max_on_ms * MS);
}

static void pass(const char *text, size_t size)
{
	int64_t time_ms;

	if (pf_integer_parse(text, size, 0, TIME_MAX_MS, &time_ms) == 0)
		run_until(world->now_ns + (uint64_t)time_ms * MS);
}

static void check_answer(const struct pf_command *command, const struct pf_outcome *outcome)
{
	char *answer = pf_payload_ack(command->id, outcome, "ON");
	cJSON *object = cJSON_Parse(answer);

	FUZZ_CHECK(pf_utf8_is_clean(answer, strlen(answer)));
	FUZZ_CHECK(cJSON_IsObject(object));
	FUZZ_CHECK(!*command->id || strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(object, "id")),
					    command->id) == 0);
	FUZZ_CHECK(cJSON_GetStringValue(cJSON_GetObjectItem(object, "result")) != NULL);
	cJSON_Delete(object);
	free(answer);
}

static void command(
	struct line *line, enum pf_command_topic topic, const char *payload, size_t size)
{
	struct pf_outcome outcome = {.verdict = PF_VERDICT_REJECTED};
	struct pf_command parsed;
	const int r = pf_command_parse(topic, payload, size, line->config->payload_on,
		line->config->payload_off, &parsed, outcome.reason);

	FUZZ_CHECK(memchr(parsed.id, '\0', sizeof parsed.id) != NULL);
	FUZZ_CHECK(r == 0 || *outcome.reason);
	if (r == 0) {
		FUZZ_CHECK(parsed.for_ms <= PF_PULSE_MAX_MS);
		FUZZ_CHECK(topic == PF_TOPIC_SET || parsed.for_ms > 0);
		pf_output_command(&line->output, world->now_ns, &parsed, &outcome);
	}
	check_answer(&parsed, &outcome);
}

/* The payload lies in a block of exactly its size. */
static void play(const uint8_t *message, size_t size)
{
	const uint8_t to = message[0];
	char *payload = pf_calloc(size, 1);

	memcpy(payload, message + 1, size - 1);
	if (size > 1)
		payload = (char *)pf_reallocarray(payload, size - 1, 1);
	if (to == 't')
		pass(payload, size - 1);
	else if (to >= 'a' && to <= 'f')
		command(&world->lines[(to - 'a') / 3], (enum pf_command_topic)((to - 'a') % 3),
			payload, size - 1);
	free(payload);
	run_until(world->now_ns);
	check_line(&world->lines[0]);
	check_line(&world->lines[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	begin();
	while (size > 0) {
		const uint8_t *stop = memchr(data, SEPARATOR, size);
		const size_t n = stop ? (size_t)(stop - data) : size;

		if (n > 0)
			play(data, n);
		data += stop ? n + 1 : n;
		size -= stop ? n + 1 : n;
	}
	end();
	return 0;
}
