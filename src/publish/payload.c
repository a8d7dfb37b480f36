/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "publish/payload.h"

#include <cJSON.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

static void add_time(cJSON *object, struct pf_moment moment)
{
	char text[PF_CLOCK_TEXT_SIZE];

	pf_clock_format(moment.wall_ms, text);
	cJSON_AddStringToObject(object, "time", text);
	if (moment.unsynchronised)
		cJSON_AddStringToObject(object, "clock", "unsynchronised");
}

/* The object's text; frees the object. */
static char *finish(cJSON *object)
{
	char *text = cJSON_PrintUnformatted(object);
	/* without memory cJSON gives NULL; pf_strdup() ends the process in that case, too */
	char *copy = pf_strdup(text ? text : "{}");

	free(text);
	cJSON_Delete(object);
	return copy;
}

char *pf_payload_state(enum pf_format format, const char *word, struct pf_moment moment)
{
	cJSON *object;

	if (format == PF_FORMAT_PLAIN)
		return pf_strdup(word);
	object = cJSON_CreateObject();
	cJSON_AddStringToObject(object, "state", word);
	add_time(object, moment);
	return finish(object);
}

char *pf_payload_value(double value, int decimals)
{
	char text[PF_NUMBER_SIZE];

	pf_number_format(value, decimals, text);
	return pf_strdup(text);
}

char *pf_payload_sensor(const struct pf_driver *driver, const double *values, const bool *valid,
	struct pf_moment moment)
{
	cJSON *object = cJSON_CreateObject();

	for (size_t i = 0; i < driver->n_channels; i++)
		if (valid[i])
			cJSON_AddNumberToObject(object, driver->channels[i].name, values[i]);
	add_time(object, moment);
	return finish(object);
}

char *pf_payload_ack(const char *id, const struct pf_outcome *outcome, const char *word)
{
	static const char *const results[] = {[PF_VERDICT_DONE] = "done",
		[PF_VERDICT_DEFERRED] = "deferred",
		[PF_VERDICT_REJECTED] = "rejected",
		[PF_VERDICT_IGNORED] = "ignored"};
	cJSON *object = cJSON_CreateObject();

	if (*id)
		cJSON_AddStringToObject(object, "id", id);
	cJSON_AddStringToObject(object, "result", results[outcome->verdict]);
	if (*outcome->reason)
		cJSON_AddStringToObject(object, "reason", outcome->reason);
	if (word)
		cJSON_AddStringToObject(object, "state", word);
	else
		cJSON_AddNullToObject(object, "state");
	return finish(object);
}
