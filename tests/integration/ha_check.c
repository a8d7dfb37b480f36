/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * ha_check < MESSAGES: checks lines `RETAINED TOPIC PAYLOAD`, as the listener writes them, that are
 * discovery messages, by the rules of Home Assistant. Says how many there were, or the first
 * mistake and exits 1.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ha_rules.h"

/* 1: a good one; 0: another message; -1: a bad one */
static int check_line(char *line)
{
	char *topic = line + 2, *payload = strchr(topic, ' '), text[HA_RULES_SIZE];

	line[strcspn(line, "\n")] = '\0';
	if (!payload)
		return 0;
	*payload++ = '\0';
	if (!strstr(topic, "/device/") || !strstr(topic, "/config"))
		return 0;
	if (ha_rules_check(topic, payload, text) == 0)
		return 1;
	printf("%s: %s\n", topic, text);
	return -1;
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	int n = 0, r = 0;

	while (r >= 0 && getline(&line, &size, stdin) > 2) {
		r = check_line(line);
		n += r > 0;
	}
	free(line);
	if (r >= 0)
		printf("%d\n", n);
	return r < 0;
}
