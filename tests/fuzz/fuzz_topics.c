/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Topics: the input is a list of them, one a line. Each is looked at as if it came from the
 * configuration, all of them together are searched for those used twice, and each is the response
 * topic of a command.
 */

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "bridge/ack.h"
#include "config/topics.h"
#include "fuzz.h"
#include "publish/topics.h"

const char fuzz_name[] = "topics";

#define TOPICS_MAX 64

static struct pf_output_config output = {.item = {.name = "pump", .topic = "garden/pump", .qos = 1},
	.command_topic = "command/pump",
	.failsafe = {.heartbeat_topic = "alive"}};
static struct pf_input_config input = {.item = {.name = "door", .topic = "house/door"}};
static struct pf_config config = {.mqtt = {.prefix = "pinferry/box"},
	.outputs = &output,
	.n_outputs = 1,
	.inputs = &input,
	.n_inputs = 1};

static char *published; /* the topic of the last answer */

/* In place of the link: what would be sent. */
int pf_link_publish(struct pf_link *link, const struct pf_link_publication *publication)
{
	(void)link;
	free(published);
	published = pf_strdup(publication->topic);
	FUZZ_CHECK(!publication->retain && !publication->state);
	return 0;
}

/* The other half of what the publisher needs of it. */
int pf_link_share(const struct pf_link *link)
{
	(void)link;
	return 1;
}

static bool begins(const char *topic, const char *with)
{
	const size_t n = strlen(with);

	return strncmp(topic, with, n) == 0 && (!topic[n] || topic[n] == '/');
}

/* An answer never goes where it could be taken for something else, or end the connection. */
static void respond(const char *topic)
{
	struct pf_env env = {.config = &config, .publisher = {.connected = true}};
	const struct pf_link_message message = {.topic = output.command_topic,
		.payload = (const uint8_t *)"",
		.response_topic = topic};
	const struct pf_outcome outcome = {.verdict = PF_VERDICT_DONE};

	pf_ack_send(&env, &output, &message, "id", &outcome, "ON");
	if (strcmp(published, "garden/pump/ack") == 0)
		return;
	FUZZ_CHECK(strcmp(published, topic) == 0);
	FUZZ_CHECK(*topic && *topic != '$' && strlen(topic) <= PF_TOPIC_MAX);
	FUZZ_CHECK(!strpbrk(topic, "+#") && pf_utf8_is_clean(topic, strlen(topic)));
	FUZZ_CHECK(!begins(topic, "pinferry/box") && !begins(topic, "garden/pump"));
	FUZZ_CHECK(!begins(topic, "house/door"));
	FUZZ_CHECK(strcmp(topic, "command/pump") != 0 && strcmp(topic, "alive") != 0);
}

static void check_one(const char *topic)
{
	const char *wrong = pf_topic_check(topic);

	if (!wrong) {
		FUZZ_CHECK(pf_utf8_is_clean(topic, strlen(topic)));
		FUZZ_CHECK(*topic && strlen(topic) <= PF_TOPIC_MAX && !strpbrk(topic, "+#"));
		FUZZ_CHECK(!strstr(topic, "//"));
	}
	respond(topic);
}

/* Those with an even number may be shared. Every use clashes with the first of its topic. */
static size_t count_clashes(char *const *topics, size_t n)
{
	size_t clashes = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(topics[i], topics[k]) == 0) {
				clashes += i % 2 || k % 2;
				break;
			}
	return clashes;
}

static void check_all(char *const *topics, size_t n)
{
	static char labels[TOPICS_MAX][2];
	struct pf_topics all = {0};
	struct pf_problems problems;

	pf_problems_init(&problems);
	for (size_t i = 0; i < n; i++) {
		labels[i][0] = (char)('0' + i);
		pf_topics_add(&all, &(struct pf_topic_use){.topic = topics[i],
					    .label = labels[i],
					    .what = "topic",
					    .place = {"file", 1},
					    .shared = i % 2 == 0});
	}
	pf_topics_check(&all, &problems);
	FUZZ_CHECK(problems.n_errors == count_clashes(topics, n));
	pf_topics_done(&all);
	pf_problems_done(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *topics[TOPICS_MAX];
	size_t n = 0;

	while (size > 0 && n < TOPICS_MAX) {
		const uint8_t *stop = memchr(data, '\n', size);
		const size_t length = stop ? (size_t)(stop - data) : size;

		topics[n] = pf_format("%.*s", (int)length, (const char *)data);
		check_one(topics[n]);
		n++;
		data += stop ? length + 1 : length;
		size -= stop ? length + 1 : length;
	}
	check_all(topics, n);
	for (size_t i = 0; i < n; i++)
		free(topics[i]);
	free(published);
	published = NULL;
	return 0;
}
