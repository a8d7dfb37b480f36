/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Prints the rows of the configuration's keys, one a line, parted by tabs: group, key, type, least,
 * greatest, default, choices. What there is none of is "-". For keys.sh.
 */

#include <stdio.h>

#include "config/keys.h"

static const char *const types[] = {
	[PF_KEY_BOOL] = "bool",
	[PF_KEY_INT] = "number",
	[PF_KEY_NUMBER] = "number",
	[PF_KEY_SECONDS] = "number",
	[PF_KEY_TEXT] = "text",
	[PF_KEY_TOPIC] = "topic",
	[PF_KEY_PATH] = "path",
	[PF_KEY_BUFFER] = "text",
	[PF_KEY_CHOICE] = "choice",
	[PF_KEY_STATE] = "choice",
	[PF_KEY_GROUP] = "group",
	[PF_KEY_LIST] = "list",
	[PF_KEY_LATER] = "later",
};

static const char *const states[] = {"off", "on", NULL};

static void print_number_default(const struct pf_key *key)
{
	if (key->number < key->minimum || key->number > key->maximum)
		printf("\tnone");
	else
		printf("\t%.10g", key->number);
}

static void print_default(const struct pf_key *key, const char *const *choices)
{
	if (key->required)
		printf("\trequired");
	else if (key->otherwise)
		printf("\totherwise");
	else if (key->type == PF_KEY_BOOL)
		printf("\t%s", key->number > 0 ? "true" : "false");
	else if (choices)
		printf("\t%s", choices[(int)key->number]);
	else if (key->text)
		printf("\t%s", key->text);
	else if (key->type == PF_KEY_INT || key->type == PF_KEY_NUMBER ||
		 key->type == PF_KEY_SECONDS)
		print_number_default(key);
	else
		printf("\tnone");
}

static void print_range(const struct pf_key *key)
{
	if (key->minimum > -1e300)
		printf("\t%.10g", key->minimum);
	else
		printf("\t-");
	if (key->maximum < 1e300)
		printf("\t%.10g", key->maximum);
	else
		printf("\t-");
}

static void print_group(const struct pf_key_group *group)
{
	for (size_t i = 0; i < group->n; i++) {
		const struct pf_key *key = &group->keys[i];
		const char *const *choices = key->type == PF_KEY_STATE ? states : key->choices;

		printf("%s\t%s\t%s", *group->name ? group->name : "file", key->name,
			types[key->type]);
		print_range(key);
		print_default(key, choices);
		printf("\t%s", choices ? choices[0] : "-");
		for (size_t k = 1; choices && choices[k]; k++)
			printf(" %s", choices[k]);
		printf("\n");
		if (key->group)
			print_group(key->group);
	}
}

int main(void)
{
	print_group(&pf_root_keys);
	print_group(&pf_item_keys);
	print_group(&pf_line_keys);
	return 0;
}
