/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The pure parts of the configuration: broker addresses, topics, numbers. */

#include <stdlib.h>

#include "../t.h"
#include "config/broker.h"
#include "config/keys.h"
#include "config/scan_value.h"
#include "config/topics.h"
#include "config/words.h"

static void broker_gets_its_port(void)
{
	static const struct {
		const char *text, *uri;
		bool tls;
	} good[] = {
		{"mqtt://localhost", "mqtt://localhost:1883", false},
		{"mqtt://localhost/", "mqtt://localhost:1883", false},
		{"MQTTS://box.lan", "mqtts://box.lan:8883", true},
		{"ws://10.0.0.1", "ws://10.0.0.1:80", false},
		{"wss://box_2/mqtt", "wss://box_2:443/mqtt", true},
		{"wss://box:9001/a/b", "wss://box:9001/a/b", true},
		{"mqtt://[fe80::1]", "mqtt://[fe80::1]:1883", false},
		{"mqtts://[::1]:65535", "mqtts://[::1]:65535", true},
		{"mqtt://a:1", "mqtt://a:1", false},
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		char *uri = NULL;
		bool tls = !good[i].tls;

		T_STR(pf_broker_parse(good[i].text, &uri, &tls), NULL);
		T_STR(uri, good[i].uri);
		T_INT(tls, good[i].tls);
		free(uri);
	}
}

static void broker_is_refused_with_advice(void)
{
	static const char *const bad[][2] = {
		{"localhost", "mqtt://HOST[:PORT]"},
		{"localhost:1883", "mqtt://HOST[:PORT]"},
		{"tcp://localhost", "mqtt://HOST[:PORT]"},
		{"ssl://localhost", "mqtts://HOST[:PORT]"},
		{"http://localhost", "unknown scheme"},
		{"mqtt://", "host is missing"},
		{"mqtt://:1883", "host is missing"},
		{"mqtt://user:secret@box", "username and password_file"},
		{"mqtt://fe80::1", "IPv6 address in brackets"},
		{"mqtt://[fe80::1", "IPv6 address in brackets"},
		{"mqtt://[fe80]", "IPv6 address in brackets"},
		{"mqtt://[]", "IPv6 address in brackets"},
		{"mqtt://box:", "not a port"},
		{"mqtt://box:0", "not a port"},
		{"mqtt://box:65536", "not a port"},
		{"mqtt://box:18 83", "not a port"},
		{"mqtt://box/topic", "nothing may follow"},
		{"mqtt://bo x", "not a host name"},
		{"mqtt://b\xc3\xbc", "not a host name"},
		{"ws://box/a?b", "not a path"},
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *uri = NULL;
		bool tls;

		T_HAS(pf_broker_parse(bad[i][0], &uri, &tls), bad[i][1]);
		T_TRUE(uri == NULL);
	}
}

static void broker_is_never_too_long(void)
{
	char text[400] = "mqtt://", *uri = NULL;
	bool tls;

	memset(text + 7, 'a', 253);
	T_STR(pf_broker_parse(text, &uri, &tls), NULL);
	free(uri);
	memset(text + 7, 'a', 254);
	T_TRUE(pf_broker_parse(text, &uri, &tls) != NULL);
}

static void topic_has_no_wildcard_and_no_empty_level(void)
{
	char text[PF_TOPIC_MAX + 2] = "";

	T_STR(pf_topic_check("house/t\xc3\xbcr/1"), NULL);
	T_STR(pf_topic_check("a"), NULL);
	T_STR(pf_topic_check("with space/x$y"), NULL);
	T_HAS(pf_topic_check(""), "empty");
	T_HAS(pf_topic_check("a/+/b"), "wildcard");
	T_HAS(pf_topic_check("a/#"), "wildcard");
	T_STR(pf_topic_check("/a"), NULL);
	T_HAS(pf_topic_check("/"), "empty level");
	T_HAS(pf_topic_check("//a"), "empty level");
	T_HAS(pf_topic_check("a/"), "empty level");
	T_HAS(pf_topic_check("a//b"), "empty level");
	T_HAS(pf_topic_check("$SYS/x"), "'$'");
	T_HAS(pf_topic_check("a\nb"), "control characters");
	T_HAS(pf_topic_check("a\xff"), "UTF-8");
	memset(text, 'a', PF_TOPIC_MAX);
	T_STR(pf_topic_check(text), NULL);
	text[PF_TOPIC_MAX] = 'a';
	T_HAS(pf_topic_check(text), "too long");
}

static void is_number(const char *word, const char *expected)
{
	char text[PF_SCAN_NUMBER_SIZE];

	T_STR(pf_scan_number(word, strlen(word), text), NULL);
	T_STR(text, expected);
}

static void is_no_number(const char *word, const char *part)
{
	char text[PF_SCAN_NUMBER_SIZE];

	T_HAS(pf_scan_number(word, strlen(word), text), part);
}

static void number_becomes_plain_decimal(void)
{
	is_number("0", "0");
	is_number("-0", "0");
	is_number("+5", "5");
	is_number("5L", "5");
	is_number("5LL", "5");
	is_number("0x76", "118");
	is_number("0XfFL", "255");
	is_number("2147483647", "2147483647");
	is_number("-2147483646", "-2147483646");
	is_number("0.5", "0.5");
	is_number("1e5", "1.0e5");
	is_number("+1.5E-3", "1.5E-3");
}

static void number_is_refused_where_versions_differ(void)
{
	is_no_number("010", "leading zero");
	is_no_number("-05", "leading zero");
	is_no_number("00", "leading zero");
	is_no_number("2147483648", "too large");
	is_no_number("-2147483647", "too large");
	is_no_number("-2147483648", "too large");
	is_no_number("0xffffffff", "too large");
	is_no_number("0x80000000", "too large");
	is_no_number("4294967297", "too large");
	is_no_number("99999999999999999999999999", "too large");
	is_no_number("1e999", "too large");
	is_no_number("0x", "not a number");
	is_no_number("-0x5", "not a number");
	is_no_number("5LLL", "not a number");
	is_no_number("20ms", "not a number");
	is_no_number("1.2.3", "not a number");
	is_no_number("-", "not a number");
	is_no_number(".", "not a number");
	is_no_number("1e", "not a number");
	is_no_number("28-0316a2795aff", "not a number");
	is_no_number("111111111111111111111111111111111111111111111111111111111111111111111",
		"too long");
}

static const char *scan_string(const char *text, const char **ret_rest)
{
	static char copy[200];
	char *string = NULL;
	const char *wrong;

	*ret_rest = text;
	wrong = pf_scan_string(ret_rest, text + strlen(text), &string);
	if (wrong)
		return wrong;
	(void)snprintf(copy, sizeof copy, "%s", string);
	free(string);
	return copy;
}

static void string_is_decoded(void)
{
	const char *rest;

	T_STR(scan_string("\"a b\" c", &rest), "a b");
	T_STR(rest, " c");
	T_STR(scan_string("\"\"", &rest), "");
	T_STR(scan_string("\"a\\\\b\\\"c\"", &rest), "a\\b\"c");
	T_STR(scan_string("\"\\x41\\x7a\"", &rest), "Az");
	T_STR(scan_string("\"\xc2\xb0\"", &rest), "\xc2\xb0");
	T_STR(scan_string("\"\\xc2\\xb0\"", &rest), "\xc2\xb0");
}

static void string_is_refused_if_unclean(void)
{
	const char *rest;

	T_HAS(scan_string("\"a", &rest), "not closed");
	T_HAS(scan_string("\"a\\\"", &rest), "not closed");
	T_HAS(scan_string("\"a; b = 5;\n\"", &rest), "not closed");
	T_STR(rest, "; b = 5;\n\"");
	T_HAS(scan_string("\"a\\x00b\"", &rest), "control characters");
	T_HAS(scan_string("\"a\\nb\"", &rest), "control characters");
	T_HAS(scan_string("\"\\xff\"", &rest), "UTF-8");
	T_HAS(scan_string("\"\\q\"", &rest), "unknown escape");
	T_HAS(scan_string("\"\\x4\"", &rest), "unknown escape");
}

/* A word of others never stands in the way of one of ours. */
static void words_of_others_are_no_keys(void)
{
	static const struct pf_key_group *const groups[] = {&pf_root_keys, &pf_mqtt_keys,
		&pf_ha_keys, &pf_item_keys, &pf_line_keys, &pf_input_keys, &pf_output_keys,
		&pf_interlock_keys, &pf_sensor_keys, &pf_channel_keys};

	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		for (size_t k = 0; k < groups[i]->n; k++) {
			const struct pf_key *key = &groups[i]->keys[k];

			T_STR(pf_word_of_key(groups[i]->name, key->name), NULL);
			for (size_t n = 0; key->choices && key->choices[n]; n++)
				T_STR(pf_word_of_value(key->name, key->choices[n]), NULL);
		}
	T_HAS(pf_word_of_key("mqtt", "Host"), "broker");
	T_HAS(pf_word_of_key("", "digital_inputs"), "inputs");
	T_STR(pf_word_of_key("output", "host"), NULL);
	T_HAS(pf_word_of_value("initial", "LOW"), "active_low");
}

T_MAIN("config_parts", T(words_of_others_are_no_keys), T(broker_gets_its_port),
	T(broker_is_refused_with_advice), T(broker_is_never_too_long),
	T(topic_has_no_wildcard_and_no_empty_level), T(number_becomes_plain_decimal),
	T(number_is_refused_where_versions_differ), T(string_is_decoded),
	T(string_is_refused_if_unclean))
