/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "output/command.h"

#include <cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Objects within objects mean nothing here; what is deeper than this is refused unparsed. */
#define JSON_DEPTH_MAX 4
#define SHOWN_MAX      16
#define SHOWN_SIZE     (SHOWN_MAX + 4) /* with dots */
#define WORDS_SIZE     80

static int reject(char *ret_reason, const char *text)
{
	pf_explain(ret_reason, "%s", text);
	return -EINVAL;
}

/* What came, for a reason: its beginning, without what a terminal or a log could take amiss. */
static const char *shown(const char *payload, size_t size, char text[SHOWN_SIZE])
{
	const bool is_long = size > SHOWN_MAX;

	if (is_long)
		for (size = SHOWN_MAX; size && ((unsigned char)payload[size] & 0xc0) == 0x80;)
			size--;
	memcpy(text, payload, size);
	text[size] = '\0';
	if (!pf_utf8_is_clean(text, size))
		for (size_t i = 0; i < size; i++)
			if (text[i] < ' ' || text[i] > '~')
				text[i] = '?';
	(void)snprintf(text + size, SHOWN_SIZE - size, "%s", is_long ? "..." : "");
	return text;
}

/* The words that the output takes, its own first. */
static const char *words_of(const char *payload_on, const char *payload_off, char text[WORDS_SIZE])
{
	char on[SHOWN_SIZE], off[SHOWN_SIZE];

	if (pf_text_equals_nocase(payload_on, strlen(payload_on), "ON") &&
		pf_text_equals_nocase(payload_off, strlen(payload_off), "OFF"))
		return "ON, OFF, TOGGLE";
	(void)snprintf(text, WORDS_SIZE, "%s, %s, ON, OFF, TOGGLE",
		shown(payload_on, strlen(payload_on), on),
		shown(payload_off, strlen(payload_off), off));
	return text;
}

static int reject_word(
	const char *what, const char *payload, size_t size, const char *words, char *ret_reason)
{
	char came[SHOWN_SIZE];

	pf_explain(ret_reason, "%s\"%s\" is unknown, expected %s", what, shown(payload, size, came),
		words);
	return -EINVAL;
}

static int parse_milliseconds(
	const char *payload, size_t size, uint32_t *ret_for_ms, char *ret_reason)
{
	char came[SHOWN_SIZE];
	int64_t value;

	if (pf_integer_parse(payload, size, 1, PF_PULSE_MAX_MS, &value)) {
		pf_explain(ret_reason,
			"\"%s\": expected a whole number of milliseconds, 1 to 86400000",
			shown(payload, size, came));
		return -EINVAL;
	}
	*ret_for_ms = (uint32_t)value;
	return 0;
}

static bool equals(const char *payload, size_t size, const char *word)
{
	return strlen(word) == size && memcmp(payload, word, size) == 0;
}

/* The item's own words first and exactly, then the usual ones. */
static bool parse_word(const char *payload, size_t size, const char *payload_on,
	const char *payload_off, enum pf_command_state *ret_state)
{
	if (equals(payload, size, payload_on))
		*ret_state = PF_COMMAND_ON;
	else if (equals(payload, size, payload_off))
		*ret_state = PF_COMMAND_OFF;
	else if (pf_text_equals_nocase(payload, size, "ON"))
		*ret_state = PF_COMMAND_ON;
	else if (pf_text_equals_nocase(payload, size, "OFF"))
		*ret_state = PF_COMMAND_OFF;
	else if (pf_text_equals_nocase(payload, size, "TOGGLE"))
		*ret_state = PF_COMMAND_TOGGLE;
	else
		return false;
	return true;
}

/* Depth of nesting, brackets in strings not counted. */
static int json_depth(const char *text, size_t size)
{
	int depth = 0, deepest = 0;
	bool in_string = false;

	for (size_t i = 0; i < size; i++) {
		if (in_string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in_string = !in_string;
		else if (!in_string && (text[i] == '{' || text[i] == '['))
			deepest = ++depth > deepest ? depth : deepest;
		else if (!in_string && (text[i] == '}' || text[i] == ']'))
			depth--;
	}
	return deepest;
}

/* A value of the object that does not fit. */
static int reject_value(const char *key, const cJSON *value, const char *expected, char *ret_reason)
{
	char *text = cJSON_PrintUnformatted(value), came[SHOWN_SIZE];

	pf_explain(ret_reason, "%s: %s: expected %s", key,
		text ? shown(text, strlen(text), came) : "?", expected);
	cJSON_free(text);
	return -EINVAL;
}

static int reject_key(const cJSON *object, char *ret_reason)
{
	const cJSON *child;
	char came[SHOWN_SIZE];

	cJSON_ArrayForEach(child, object)
	{
		if (strcmp(child->string, "id") == 0 || strcmp(child->string, "state") == 0 ||
			strcmp(child->string, "for_ms") == 0)
			continue;
		pf_explain(ret_reason, "unknown key \"%s\", expected state, for_ms and id",
			shown(child->string, strlen(child->string), came));
		return -EINVAL;
	}
	return reject(ret_reason, "a key is repeated, expected state, for_ms and id");
}

static int take_id(const cJSON *value, struct pf_command *command, char *ret_reason)
{
	const char *id = cJSON_GetStringValue(value);

	if (!id || !*id || strlen(id) >= PF_COMMAND_ID_SIZE || !pf_utf8_is_clean(id, strlen(id)))
		return reject_value("id", value, "a string of 1 to 64 bytes", ret_reason);
	memcpy(command->id, id, strlen(id) + 1);
	return 0;
}

static int take_for_ms(const cJSON *value, struct pf_command *command, char *ret_reason)
{
	if (!cJSON_IsNumber(value) || !(value->valuedouble >= 1) ||
		!(value->valuedouble <= PF_PULSE_MAX_MS) ||
		value->valuedouble > (double)(uint32_t)value->valuedouble)
		return reject_value("for_ms", value,
			"a whole number of milliseconds, 1 to 86400000", ret_reason);
	command->for_ms = (uint32_t)value->valuedouble;
	return 0;
}

static int take_state(const cJSON *value, const char *payload_on, const char *payload_off,
	struct pf_command *command, char *ret_reason)
{
	const char *word = cJSON_GetStringValue(value);
	char words[WORDS_SIZE];

	if (!word)
		return reject_value(
			"state", value, words_of(payload_on, payload_off, words), ret_reason);
	if (parse_word(word, strlen(word), payload_on, payload_off, &command->state))
		return 0;
	return reject_word("state: ", word, strlen(word), words_of(payload_on, payload_off, words),
		ret_reason);
}

/* The id first, so that even a bad command's answer can carry it. */
static int read_object(const cJSON *object, const char *payload_on, const char *payload_off,
	struct pf_command *command, char *ret_reason)
{
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(object, "id");
	const cJSON *state = cJSON_GetObjectItemCaseSensitive(object, "state");
	const cJSON *for_ms = cJSON_GetObjectItemCaseSensitive(object, "for_ms");
	const int n_known = (id != NULL) + (state != NULL) + (for_ms != NULL);
	int r = 0;

	if (id)
		r = take_id(id, command, ret_reason);
	if (r == 0 && n_known != cJSON_GetArraySize(object))
		r = reject_key(object, ret_reason);
	if (r == 0 && !state)
		r = reject(ret_reason, "state is missing");
	if (r == 0)
		r = take_state(state, payload_on, payload_off, command, ret_reason);
	if (r == 0 && for_ms)
		r = take_for_ms(for_ms, command, ret_reason);
	if (r == 0 && for_ms && command->state == PF_COMMAND_TOGGLE)
		r = reject(ret_reason, "for_ms goes with ON or OFF, not with TOGGLE");
	return r;
}

static int parse_json(const char *payload, size_t size, const char *payload_on,
	const char *payload_off, struct pf_command *command, char *ret_reason)
{
	cJSON *object;
	int r;

	if (memchr(payload, '\0', size))
		return reject(ret_reason, "not a JSON object");
	if (json_depth(payload, size) > JSON_DEPTH_MAX)
		return reject(ret_reason, "JSON is nested too deep");
	/* the payload has a NUL behind it, so that text after the object is noticed */
	object = cJSON_ParseWithLengthOpts(payload, size + 1, NULL, 1);
	if (!object || !cJSON_IsObject(object))
		r = reject(ret_reason, "not a JSON object");
	else
		r = read_object(object, payload_on, payload_off, command, ret_reason);
	cJSON_Delete(object);
	return r;
}

static size_t without_line_end(const char *payload, size_t size)
{
	if (size > 0 && payload[size - 1] == '\n')
		size--;
	if (size > 0 && payload[size - 1] == '\r')
		size--;
	return size;
}

int pf_command_parse(enum pf_command_topic topic, const char *payload, size_t size,
	const char *payload_on, const char *payload_off, struct pf_command *ret_command,
	char *ret_reason)
{
	char text[PF_COMMAND_SIZE_MAX + 1], words[WORDS_SIZE];

	*ret_command = (struct pf_command){.state = PF_COMMAND_OFF};
	if (size > PF_COMMAND_SIZE_MAX)
		return reject(ret_reason, "payload is larger than 4096 bytes");
	if (topic == PF_TOPIC_SET &&
		parse_word(payload, size, payload_on, payload_off, &ret_command->state))
		return 0;
	size = without_line_end(payload, size);
	if (topic != PF_TOPIC_SET) {
		ret_command->state = topic == PF_TOPIC_SET_ON_MS ? PF_COMMAND_ON : PF_COMMAND_OFF;
		return parse_milliseconds(payload, size, &ret_command->for_ms, ret_reason);
	}
	if (parse_word(payload, size, payload_on, payload_off, &ret_command->state))
		return 0;
	if (size == 0 || payload[0] != '{')
		return reject_word(
			"", payload, size, words_of(payload_on, payload_off, words), ret_reason);
	memcpy(text, payload, size);
	text[size] = '\0';
	return parse_json(text, size, payload_on, payload_off, ret_command, ret_reason);
}
