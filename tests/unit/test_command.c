/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "../t.h"
#include "base/text.h"
#include "output/command.h"

static struct pf_command command;
static char reason[PF_REASON_SIZE];

static int parse_as(enum pf_command_topic topic, const char *text)
{
	reason[0] = '\0';
	return pf_command_parse(topic, text, strlen(text), "open", "closed", &command, reason);
}

static int parse(const char *text)
{
	return parse_as(PF_TOPIC_SET, text);
}

static void own_words_match_exactly_usual_ones_in_any_case(void)
{
	T_INT(parse("open"), 0);
	T_INT(command.state, PF_COMMAND_ON);
	T_INT(parse("closed"), 0);
	T_INT(command.state, PF_COMMAND_OFF);
	T_INT(parse("oN"), 0);
	T_INT(command.state, PF_COMMAND_ON);
	T_INT(parse("off\n"), 0);
	T_INT(command.state, PF_COMMAND_OFF);
	T_INT(parse("Toggle\r\n"), 0);
	T_INT(command.state, PF_COMMAND_TOGGLE);
	T_INT(command.for_ms, 0);
	T_STR(command.id, "");
}

static void other_words_are_refused(void)
{
	static const char *const bad[] = {"", "Open", "ON ", " ON", "1", "true", "ON\n\n", "ONN",
		"\n", "[]", "\"ON\"", "null"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		T_INT(parse(bad[i]), -EINVAL);
		T_TRUE(*reason);
	}
}

/* The reason names what came and what would be right. */
static void reasons_name_what_came_and_the_words(void)
{
	static const char *const rows[][3] = {
		{"close", "\"close\"", "open, closed, ON, OFF, TOGGLE"},
		{"", "\"\"", "open"},
		{"{\"state\":\"shut\"}", "\"shut\"", "open, closed"},
		{"{\"state\":5}", "state: 5", "open"},
		{"{\"state\":\"ON\",\"time\":5}", "\"time\"", "for_ms"},
		{"{\"state\":\"ON\",\"for_ms\":-5}", "-5", "1 to 86400000"},
		{"{\"state\":\"ON\",\"id\":[1]}", "[1]", "string"},
		{"a\x1b[31mb", "\"a?[31mb\"", "open"},
		{"a very long payload that goes on and on", "\"a very long payl...\"", "open"},
		{"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4x\xc3\xa4\xc3\xa4",
			"x...\"", "open"},
		{"\xff\xfe", "\"??\"", "open"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		T_INT(parse(rows[i][0]), -EINVAL);
		T_HAS(reason, rows[i][1]);
		T_HAS(reason, rows[i][2]);
		T_TRUE(pf_utf8_is_clean(reason, strlen(reason)));
	}
	T_INT(parse_as(PF_TOPIC_SET_ON_MS, "0.5 s"), -EINVAL);
	T_HAS(reason, "\"0.5 s\"");
	T_INT(pf_command_parse(PF_TOPIC_SET, "x", 1, "ON", "OFF", &command, reason), -EINVAL);
	T_STR(reason, "\"x\" is unknown, expected ON, OFF, TOGGLE");
}

static void own_word_with_a_line_end_of_its_own_wins(void)
{
	T_INT(pf_command_parse(PF_TOPIC_SET, "x\n", 2, "x\n", "x", &command, reason), 0);
	T_INT(command.state, PF_COMMAND_ON);
	T_INT(pf_command_parse(PF_TOPIC_SET, "x", 1, "x\n", "x", &command, reason), 0);
	T_INT(command.state, PF_COMMAND_OFF);
}

static void json_carries_state_time_and_id(void)
{
	T_INT(parse("{\"state\":\"ON\",\"for_ms\":500,\"id\":\"x\"}"), 0);
	T_INT(command.state, PF_COMMAND_ON);
	T_INT(command.for_ms, 500);
	T_STR(command.id, "x");
	T_INT(parse("{ \"id\": \"\xc3\xa4\", \"state\": \"open\" }\n"), 0);
	T_STR(command.id, "\xc3\xa4");
}

static void bad_json_is_refused(void)
{
	static const char *const bad[] = {"{}", "{\"state\":\"UP\"}", "{\"state\":1}",
		"{\"state\":\"ON\",\"for_ms\":0}", "{\"state\":\"ON\",\"for_ms\":1.5}",
		"{\"state\":\"ON\",\"for_ms\":-1}", "{\"state\":\"ON\",\"for_ms\":86400001}",
		"{\"state\":\"ON\",\"for_ms\":1e400}", "{\"state\":\"ON\",\"for_ms\":\"5\"}",
		"{\"state\":\"ON\",\"for_ms\":null}", "{\"state\":\"ON\",\"colour\":\"red\"}",
		"{\"state\":\"ON\",\"state\":\"OFF\"}", "{\"State\":\"ON\"}",
		"{\"state\":\"TOGGLE\",\"for_ms\":5}", "{\"state\":\"ON\"", "{\"state\":\"ON\"} x",
		"{\"state\":\"ON\",\"id\":\"\"}", "{\"state\":\"ON\",\"id\":7}",
		"{\"state\":\"ON\",\"id\":[[[[[[[1]]]]]]]}"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!T_INT(parse(bad[i]), -EINVAL))
			printf("# %s\n", bad[i]);
}

static void id_survives_a_bad_command(void)
{
	T_INT(parse("{\"state\":\"UP\",\"id\":\"a7\"}"), -EINVAL);
	T_STR(command.id, "a7");
	T_HAS(reason, "state");
}

static void id_is_at_most_64_bytes(void)
{
	char text[128], id[66];

	memset(id, 'i', sizeof id);
	(void)snprintf(text, sizeof text, "{\"state\":\"ON\",\"id\":\"%.64s\"}", id);
	T_INT(parse(text), 0);
	T_INT(strlen(command.id), 64);
	(void)snprintf(text, sizeof text, "{\"state\":\"ON\",\"id\":\"%.65s\"}", id);
	T_INT(parse(text), -EINVAL);
}

static void timed_topics_take_whole_milliseconds(void)
{
	static const char *const bad[] = {"", "0", "-5", "1.5", "inf", "nan", "1e3", "1e400",
		"5 ms", "+5", " 5", "86400001", "99999999999999999999", "ON", "0x10"};

	T_INT(parse_as(PF_TOPIC_SET_ON_MS, "500"), 0);
	T_INT(command.state, PF_COMMAND_ON);
	T_INT(command.for_ms, 500);
	T_INT(parse_as(PF_TOPIC_SET_OFF_MS, "86400000\n"), 0);
	T_INT(command.state, PF_COMMAND_OFF);
	T_INT(command.for_ms, 86400000);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (!T_INT(parse_as(PF_TOPIC_SET_ON_MS, bad[i]), -EINVAL))
			printf("# %s\n", bad[i]);
}

static void hostile_sizes_and_bytes_are_safe(void)
{
	static char large[1 << 20];
	unsigned seed = 1;

	memset(large, '[', sizeof large);
	large[0] = '{';
	T_INT(pf_command_parse(PF_TOPIC_SET, large, sizeof large, "ON", "OFF", &command, reason),
		-EINVAL);
	T_INT(pf_command_parse(PF_TOPIC_SET, large, 4096, "ON", "OFF", &command, reason), -EINVAL);
	T_INT(pf_command_parse(
		      PF_TOPIC_SET, "{\"state\":\"ON\"}\0x", 16, "ON", "OFF", &command, reason),
		-EINVAL);
	T_INT(pf_command_parse(PF_TOPIC_SET, "ON\0", 3, "ON", "OFF", &command, reason), -EINVAL);
	printf("# seed %u\n", seed);
	for (int i = 0; i < 20000; i++) {
		char text[48] = "{\"state\":\"ON\",\"for_ms\":500,\"id\":\"abc\"}";

		seed = seed * 1103515245 + 12345;
		text[seed / 65536 % 40] = (char)(seed >> 8);
		(void)pf_command_parse((enum pf_command_topic)(i % 3), text, seed / 131072 % 48,
			"ON", "OFF", &command, reason);
	}
}

T_MAIN("command", T(own_words_match_exactly_usual_ones_in_any_case), T(other_words_are_refused),
	T(reasons_name_what_came_and_the_words), T(own_word_with_a_line_end_of_its_own_wins),
	T(json_carries_state_time_and_id), T(bad_json_is_refused), T(id_survives_a_bad_command),
	T(id_is_at_most_64_bytes), T(timed_topics_take_whole_milliseconds),
	T(hostile_sizes_and_bytes_are_safe))
