/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/traces.h"

#include <cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Ours have the highest bit, so that they differ from those of others. */
#define TOKEN_BIT ((uint64_t)1 << 63)

static bool same_part(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* FNV-1a */
static size_t bucket_of(const char *topic)
{
	uint32_t hash = UINT32_C(2166136261);

	for (; *topic; topic++)
		hash = (hash ^ (uint8_t)*topic) * UINT32_C(16777619);
	return hash % PF_TRACES_BUCKETS;
}

static void changed(struct pf_traces *traces)
{
	if (traces->changed)
		traces->changed(traces->user);
}

static struct pf_trace *find_or_add(struct pf_traces *traces, const char *topic, const char *part)
{
	struct pf_trace **bucket = &traces->buckets[bucket_of(topic)], *trace;

	for (trace = *bucket; trace; trace = trace->next)
		if (strcmp(trace->topic, topic) == 0 && same_part(trace->part, part))
			return trace;
	trace = pf_calloc(1, sizeof *trace);
	trace->topic = pf_strdup(topic);
	trace->part = part ? pf_strdup(part) : NULL;
	trace->next = *bucket;
	*bucket = trace;
	return trace;
}

static void forget(struct pf_traces *traces, struct pf_trace *trace)
{
	struct pf_trace **link = &traces->buckets[bucket_of(trace->topic)];

	while (*link != trace)
		link = &(*link)->next;
	*link = trace->next;
	free(trace->topic);
	free(trace->part);
	free(trace);
}

struct pf_trace *pf_traces_claim(struct pf_traces *traces, const char *topic, const char *part)
{
	struct pf_trace *trace = find_or_add(traces, topic, part);

	trace->n_owners++;
	return trace;
}

void pf_traces_release(struct pf_traces *traces, struct pf_trace *trace)
{
	if (--trace->n_owners == 0 && !trace->stored)
		forget(traces, trace);
}

void pf_traces_store(struct pf_traces *traces, struct pf_trace *trace)
{
	/* it comes after what is clearing it, if something is */
	trace->token = 0;
	trace->refused = false;
	if (trace->stored)
		return;
	trace->stored = true;
	changed(traces);
}

struct pf_trace *pf_traces_next(const struct pf_traces *traces, const struct pf_trace *trace)
{
	size_t i = trace ? bucket_of(trace->topic) + 1 : 0;

	if (trace && trace->next)
		return trace->next;
	while (i < PF_TRACES_BUCKETS && !traces->buckets[i])
		i++;
	return i < PF_TRACES_BUCKETS ? traces->buckets[i] : NULL;
}

bool pf_traces_has(const struct pf_traces *traces, const char *topic, const char *part)
{
	for (const struct pf_trace *trace = traces->buckets[bucket_of(topic)]; trace;
		trace = trace->next)
		if (trace->stored && strcmp(trace->topic, topic) == 0 &&
			same_part(trace->part, part))
			return true;
	return false;
}

bool pf_trace_is_orphan(const struct pf_trace *trace)
{
	return trace->stored && trace->n_owners == 0 && trace->token == 0 && !trace->refused;
}

uint64_t pf_traces_token(struct pf_traces *traces)
{
	return ++traces->last_token | TOKEN_BIT;
}

size_t pf_traces_under_way(const struct pf_traces *traces)
{
	size_t n = 0;

	for (struct pf_trace *trace = NULL; (trace = pf_traces_next(traces, trace));)
		n += trace->token && !trace->part;
	return n;
}

static void cleared(struct pf_traces *traces, struct pf_trace *trace)
{
	trace->stored = false;
	trace->token = 0;
	if (trace->n_owners == 0)
		forget(traces, trace);
}

static struct pf_trace *find_token(const struct pf_traces *traces, uint64_t token)
{
	struct pf_trace *trace = NULL;

	while ((trace = pf_traces_next(traces, trace)))
		if (trace->token == token)
			break;
	return trace;
}

bool pf_traces_delivered(struct pf_traces *traces, uint64_t token)
{
	struct pf_trace *trace;
	bool any = false;

	if (!(token & TOKEN_BIT))
		return false;
	while ((trace = find_token(traces, token))) {
		cleared(traces, trace);
		any = true;
	}
	if (any)
		changed(traces);
	return true;
}

void pf_traces_refused(struct pf_traces *traces, uint64_t token)
{
	for (struct pf_trace *trace = NULL; (trace = pf_traces_next(traces, trace));)
		if (trace->token == token) {
			trace->token = 0;
			trace->refused = true;
		}
}

void pf_traces_again(struct pf_traces *traces)
{
	for (struct pf_trace *trace = NULL; (trace = pf_traces_next(traces, trace));)
		trace->refused = false;
}

void pf_traces_reconnected(struct pf_traces *traces)
{
	for (struct pf_trace *trace = NULL; (trace = pf_traces_next(traces, trace));)
		trace->token = 0;
	pf_traces_again(traces);
}

void pf_traces_done(struct pf_traces *traces)
{
	struct pf_trace *trace;

	while ((trace = pf_traces_next(traces, NULL)))
		forget(traces, trace);
}

/* ---- as text ----------------------------------------------------------------------------------*/

static int compare(const void *left, const void *right)
{
	const struct pf_trace *const *a = left, *const *b = right;
	const int r = strcmp((*a)->topic, (*b)->topic);

	if (r)
		return r;
	return strcmp((*a)->part ? (*a)->part : "", (*b)->part ? (*b)->part : "");
}

/* The stored ones in order; to be freed. */
static const struct pf_trace **sort(const struct pf_traces *traces, size_t *ret_n)
{
	const struct pf_trace **sorted = NULL;
	size_t n = 0, capacity = 0;

	for (struct pf_trace *trace = NULL; (trace = pf_traces_next(traces, trace));) {
		if (!trace->stored)
			continue;
		if (n == capacity) {
			capacity = capacity * 2 + 64;
			sorted = pf_reallocarray(sorted, capacity, sizeof *sorted);
		}
		sorted[n++] = trace;
	}
	if (n > 0)
		qsort(sorted, n, sizeof *sorted, compare);
	*ret_n = n;
	return sorted;
}

/* An array of topics; in the place of each part an array with the topic and the part. */
char *pf_traces_encode(const struct pf_traces *traces)
{
	cJSON *array = cJSON_CreateArray();
	size_t n = 0;
	const struct pf_trace **sorted = sort(traces, &n);
	char *json, *text;

	for (size_t i = 0; i < n; i++) {
		const char *both[] = {sorted[i]->topic, sorted[i]->part};

		cJSON_AddItemToArray(array,
			both[1] ? cJSON_CreateStringArray(both, 2) : cJSON_CreateString(both[0]));
	}
	free(sorted);
	json = cJSON_Print(array);
	text = pf_strdup(json ? json : "[]");
	free(json);
	cJSON_Delete(array);
	return text;
}

/* false: it is not as it was written. */
static bool read_trace(const cJSON *item, const char **ret_topic, const char **ret_part)
{
	const bool has_part = cJSON_IsArray(item) && cJSON_GetArraySize(item) == 2;

	*ret_topic = cJSON_GetStringValue(has_part ? cJSON_GetArrayItem(item, 0) : item);
	*ret_part = has_part ? cJSON_GetStringValue(cJSON_GetArrayItem(item, 1)) : NULL;
	return *ret_topic && **ret_topic && (!has_part || (*ret_part && **ret_part));
}

int pf_traces_decode(struct pf_traces *traces, const char *text)
{
	cJSON *array = cJSON_Parse(text);
	const char *topic, *part;
	bool good = cJSON_IsArray(array);

	for (const cJSON *item = good ? array->child : NULL; item && good; item = item->next)
		good = read_trace(item, &topic, &part);
	for (const cJSON *item = good ? array->child : NULL; item; item = item->next) {
		(void)read_trace(item, &topic, &part);
		find_or_add(traces, topic, part)->stored = true;
	}
	cJSON_Delete(array);
	return good ? 0 : -EBADMSG;
}
