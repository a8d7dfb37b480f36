/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The record as text: "pinferry record 1 CHECKSUM", a line end, and JSON. */

#include <cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "store/record.h"
#include "store/state_file.h"

#define KIND "record"

static const char *const drives[] = {[PF_DRIVE_PUSH_PULL] = "push-pull",
	[PF_DRIVE_OPEN_DRAIN] = "open-drain",
	[PF_DRIVE_OPEN_SOURCE] = "open-source"};

static const char *const exits[] = {
	[PF_ON_EXIT_OFF] = "off", [PF_ON_EXIT_ON] = "on", [PF_ON_EXIT_KEEP] = "keep"};

/* ---- to text ----------------------------------------------------------------------------------*/

/* As a string: a JSON number is a double, which has not enough digits. */
static void add_time(cJSON *object, const char *key, uint64_t time_ns)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%" PRIu64, time_ns);
	cJSON_AddStringToObject(object, key, text);
}

static void add_ids(cJSON *object, const struct pf_recorded *output)
{
	cJSON *ids = output->ids[0] ? cJSON_AddArrayToObject(object, "ids") : NULL;

	for (size_t i = 0; ids && i < PF_RECORD_IDS && output->ids[i]; i++)
		cJSON_AddItemToArray(ids, cJSON_CreateString(output->ids[i]));
}

static void add_groups(cJSON *object, const struct pf_recorded *output)
{
	cJSON *groups = output->before[0].name ? cJSON_AddArrayToObject(object, "before") : NULL;

	for (size_t i = 0; groups && i < PF_RECORD_GROUPS && output->before[i].name; i++) {
		cJSON *group = cJSON_CreateObject();

		cJSON_AddStringToObject(group, "interlock", output->before[i].name);
		cJSON_AddNumberToObject(group, "dead_time_ms", output->before[i].dead_time_ms);
		cJSON_AddItemToArray(groups, group);
	}
}

/* What outlives a boot. */
static cJSON *make_last(const struct pf_recorded *output)
{
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "name", output->name);
	cJSON_AddStringToObject(object, "driver", output->driver);
	cJSON_AddStringToObject(object, "label", output->label);
	cJSON_AddStringToObject(object, "chip", output->chip);
	cJSON_AddNumberToObject(object, "offset", output->offset);
	if (output->key)
		cJSON_AddStringToObject(object, "key", output->key);
	cJSON_AddBoolToObject(object, "active_low", output->active_low);
	cJSON_AddBoolToObject(object, "last", output->last);
	return object;
}

static cJSON *make_output(const struct pf_recorded *output)
{
	cJSON *object = make_last(output);

	cJSON_AddStringToObject(object, "drive", drives[output->drive]);
	cJSON_AddStringToObject(object, "on_exit", exits[output->on_exit]);
	cJSON_AddNumberToObject(object, "min_off_ms", output->min_off_ms);
	if (output->interlock)
		cJSON_AddStringToObject(object, "interlock", output->interlock);
	cJSON_AddNumberToObject(object, "dead_time_ms", output->dead_time_ms);
	cJSON_AddBoolToObject(object, "level", output->level);
	add_time(object, "on_ns", output->on_ns);
	add_time(object, "off_ns", output->off_ns);
	add_time(object, "period_ns", output->period_ns);
	cJSON_AddBoolToObject(object, "unfinished", output->unfinished);
	cJSON_AddBoolToObject(object, "end_level", output->end_level);
	cJSON_AddBoolToObject(object, "at_rest", output->at_rest);
	if (output->rested_ns)
		add_time(object, "rested_ns", output->rested_ns);
	add_groups(object, output);
	add_ids(object, output);
	return object;
}

static char *encode(
	const struct pf_record *record, cJSON *(*make_one)(const struct pf_recorded *output))
{
	cJSON *object = cJSON_CreateObject(), *outputs;
	char *json, *text;

	cJSON_AddStringToObject(object, "boot_id", record->boot_id);
	cJSON_AddStringToObject(object, "machine", record->machine);
	cJSON_AddStringToObject(object, "state_dir", record->state_dir);
	cJSON_AddStringToObject(object, "config_file", record->config_file);
	cJSON_AddStringToObject(object, "board", record->board);
	cJSON_AddStringToObject(object, "driver_dir", record->driver_dir);
	add_time(object, "written_ns", record->written_ns);
	outputs = cJSON_AddArrayToObject(object, "outputs");
	for (size_t i = 0; i < record->n; i++)
		cJSON_AddItemToArray(outputs, make_one(&record->outputs[i]));
	json = cJSON_PrintUnformatted(object);
	cJSON_Delete(object);
	text = pf_state_seal(KIND, json);
	cJSON_free(json);
	return text;
}

char *pf_record_encode(const struct pf_record *record)
{
	return encode(record, make_output);
}

char *pf_record_encode_last(const struct pf_record *record)
{
	return encode(record, make_last);
}

/* ---- from text --------------------------------------------------------------------------------*/

/* One object that is read; bad as soon as anything in it is not as it was written. */
struct reader {
	const cJSON *object;
	bool bad;
};

static char *read_text(struct reader *reader, const char *key)
{
	const char *text = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(reader->object, key));

	reader->bad = reader->bad || !text;
	return pf_strdup(text ? text : "");
}

static bool read_bool(struct reader *reader, const char *key)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(reader->object, key);

	reader->bad = reader->bad || !cJSON_IsBool(value);
	return cJSON_IsTrue(value);
}

static uint32_t read_number(struct reader *reader, const char *key)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(reader->object, key);

	if (!cJSON_IsNumber(value) || !(value->valuedouble >= 0) ||
		!(value->valuedouble <= UINT32_MAX)) {
		reader->bad = true;
		return 0;
	}
	return (uint32_t)value->valuedouble;
}

static uint64_t read_time(struct reader *reader, const char *key)
{
	const char *text = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(reader->object, key));
	int64_t time_ns = 0;

	if (!text || pf_integer_parse(text, strlen(text), 0, INT64_MAX, &time_ns))
		reader->bad = true;
	return (uint64_t)time_ns;
}

/* The index of the word that a key has. */
static size_t read_word(struct reader *reader, const char *key, const char *const *words, size_t n)
{
	const char *text = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(reader->object, key));

	for (size_t i = 0; text && i < n; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	reader->bad = true;
	return 0;
}

static void read_ids(struct reader *reader, struct pf_recorded *output)
{
	const cJSON *ids = cJSON_GetObjectItemCaseSensitive(reader->object, "ids"), *id;
	size_t n = 0;

	cJSON_ArrayForEach(id, ids)
	{
		reader->bad = reader->bad || !cJSON_IsString(id);
		if (!reader->bad && n < PF_RECORD_IDS)
			output->ids[n++] = pf_strdup(id->valuestring);
	}
}

/* Groups that have parted; a record that is older than they are has none. */
static void read_groups(struct reader *reader, struct pf_recorded *output)
{
	const cJSON *groups = cJSON_GetObjectItemCaseSensitive(reader->object, "before"), *group;
	size_t n = 0;

	cJSON_ArrayForEach(group, groups)
	{
		struct reader of_group = {.object = group};

		if (n == PF_RECORD_GROUPS)
			return;
		output->before[n].name = read_text(&of_group, "interlock");
		output->before[n++].dead_time_ms = read_number(&of_group, "dead_time_ms");
		reader->bad = reader->bad || of_group.bad;
	}
}

/* What a record of all has of a line, besides what outlives a boot. */
static void read_all(struct reader *reader, struct pf_recorded *output)
{
	output->drive = (enum pf_drive)read_word(
		reader, "drive", drives, sizeof drives / sizeof *drives);
	output->on_exit = (enum pf_on_exit)read_word(
		reader, "on_exit", exits, sizeof exits / sizeof *exits);
	output->min_off_ms = read_number(reader, "min_off_ms");
	if (cJSON_HasObjectItem(reader->object, "interlock"))
		output->interlock = read_text(reader, "interlock");
	output->dead_time_ms = read_number(reader, "dead_time_ms");
	output->level = read_bool(reader, "level");
	output->on_ns = read_time(reader, "on_ns");
	output->off_ns = read_time(reader, "off_ns");
	output->period_ns = read_time(reader, "period_ns");
	output->unfinished = read_bool(reader, "unfinished");
	output->end_level = read_bool(reader, "end_level");
	output->at_rest = read_bool(reader, "at_rest");
	if (cJSON_HasObjectItem(reader->object, "rested_ns"))
		output->rested_ns = read_time(reader, "rested_ns");
	read_groups(reader, output);
	read_ids(reader, output);
}

static bool read_output(const cJSON *object, struct pf_recorded *ret_output)
{
	struct reader reader = {.object = object};

	ret_output->name = read_text(&reader, "name");
	ret_output->driver = read_text(&reader, "driver");
	ret_output->label = read_text(&reader, "label");
	ret_output->chip = read_text(&reader, "chip");
	ret_output->offset = read_number(&reader, "offset");
	if (cJSON_HasObjectItem(object, "key"))
		ret_output->key = read_text(&reader, "key");
	ret_output->active_low = read_bool(&reader, "active_low");
	ret_output->last = read_bool(&reader, "last");
	ret_output->at_rest = true;
	if (cJSON_HasObjectItem(object, "drive"))
		read_all(&reader, ret_output);
	return !reader.bad;
}

static bool read_record(const cJSON *object, struct pf_record *record)
{
	const cJSON *outputs = cJSON_GetObjectItemCaseSensitive(object, "outputs"), *output;
	struct reader reader = {.object = object};

	record->boot_id = read_text(&reader, "boot_id");
	record->machine = read_text(&reader, "machine");
	record->state_dir = read_text(&reader, "state_dir");
	record->config_file = read_text(&reader, "config_file");
	record->written_ns = read_time(&reader, "written_ns");
	record->board = read_text(&reader, "board");
	record->driver_dir = read_text(&reader, "driver_dir");
	if (reader.bad || !cJSON_IsArray(outputs))
		return false;
	record->outputs = pf_calloc((size_t)cJSON_GetArraySize(outputs), sizeof *record->outputs);
	cJSON_ArrayForEach(output,
		outputs) if (!read_output(output, &record->outputs[record->n++])) return false;
	return true;
}

int pf_record_decode(const char *text, size_t size, struct pf_record *ret_record)
{
	const char *json = pf_state_unseal(KIND, text, size);
	struct pf_record record = {0};
	cJSON *object;
	bool good;

	if (!json)
		return -EBADMSG;
	object = cJSON_ParseWithLength(json, size - (size_t)(json - text));
	good = object && read_record(object, &record);
	cJSON_Delete(object);
	if (!good) {
		pf_record_done(&record);
		return -EBADMSG;
	}
	*ret_record = record;
	return 0;
}
