/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/state_dir.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "config/read.h"

/* Longest line that is looked at by itself. */
#define LINE_SIZE 1024

static const char *skip_blanks(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* The text between the quotes of `state_dir = "TEXT"`, or NULL; to be freed. */
static char *parse_state_dir(const char *line)
{
	static const char key[] = "state_dir";
	const char *text = skip_blanks(line), *end;

	if (strncmp(text, key, strlen(key)) != 0)
		return NULL;
	text = skip_blanks(text + strlen(key));
	if (*text != '=' && *text != ':')
		return NULL;
	text = skip_blanks(text + 1);
	end = *text == '"' ? strpbrk(text + 1, "\"\\") : NULL;
	return end && *end == '"' && end > text + 1 ? pf_memdup(text + 1, (size_t)(end - text - 1))
						    : NULL;
}

/* Looks in a file and what it includes, as far as they can be read. */
static char *find_state_dir(const char *path)
{
	struct pf_problems problems;
	struct pf_source source;
	struct pf_pool pool = {0};
	char *found = NULL, *rest;

	pf_problems_init(&problems);
	(void)pf_read(&source, path, &pool, &problems);
	for (char *line = source.text ? strtok_r(source.text, "\n", &rest) : NULL; line && !found;
		line = strtok_r(NULL, "\n", &rest))
		found = parse_state_dir(line);
	pf_source_done(&source);
	pf_pool_done(&pool);
	pf_problems_done(&problems);
	return found;
}

/* The same, with no idea of what belongs together: a quote that is not closed may hide much. */
static char *find_state_dir_line(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	char line[LINE_SIZE];
	char *found = NULL;

	if (!file && fd >= 0)
		(void)close(fd);
	while (file && !found && fgets(line, sizeof line, file))
		found = parse_state_dir(line);
	if (file)
		(void)fclose(file);
	return found;
}

char *pf_state_dir_guess(const char *path)
{
	char *found = find_state_dir(path);

	if (!found)
		found = find_state_dir_line(path);
	return found ? found : pf_strdup(PF_STATE_DIR);
}
