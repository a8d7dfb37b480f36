/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <cJSON.h>
#include <stdlib.h>

#include "../t.h"
#include "bridge/info_items.h"

#define N 1000

static struct pf_item_config configs[N];
static struct pf_item items[N];
static char names[N][32];

/* n items in a list as the bridge keeps it: the newest, with the highest number, first. */
static const struct pf_item *make_items(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(names[i], sizeof names[i], "item%zu", i);
		configs[i] = (struct pf_item_config){.name = names[i]};
		items[i] = (struct pf_item){
			.config = &configs[i], .next = i > 0 ? &items[i - 1] : NULL};
	}
	return &items[n - 1];
}

/* Allocated. */
static char *text_of(const struct pf_item *list)
{
	cJSON *object = cJSON_CreateObject();
	char *text;

	pf_info_add_items(object, list);
	text = cJSON_PrintUnformatted(object);
	cJSON_Delete(object);
	return text;
}

static void same(const struct pf_item *list, const char *expected)
{
	char *text = text_of(list);

	T_STR(text, expected);
	free(text);
}

static void only_items_with_errors_are_named(void)
{
	const struct pf_item *list = make_items(4);

	same(NULL, "{}");
	same(list, "{}");
	items[2].n_errors = 3;
	same(list, "{\"items\":{\"item2\":{\"errors\":3}}}");
}

static void the_most_errors_come_first(void)
{
	const struct pf_item *list = make_items(4);

	items[0].n_errors = 2;
	items[1].n_errors = 9;
	items[3].n_errors = 2;
	same(list, "{\"items\":{\"item1\":{\"errors\":9},\"item0\":{\"errors\":2},"
		   "\"item3\":{\"errors\":2}}}");
}

static void a_thousand_faulty_items_stay_small(void)
{
	const struct pf_item *list = make_items(N);
	char *text;

	for (size_t i = 0; i < N; i++)
		items[i].n_errors = 1 + i % 7;
	items[500].n_errors = UINT32_MAX;
	text = text_of(list);
	T_TRUE(strlen(text) < 32 * 40);
	T_TRUE(strncmp(text, "{\"items\":{\"item500\":", 20) == 0);
	T_HAS(text, "\"item6\":{\"errors\":7}");
	T_FALSE(strstr(text, "\"errors\":6}"));
	T_HAS(text, "\"items_left_out\":968}");
	free(text);
}

T_MAIN("info", T(only_items_with_errors_are_named), T(the_most_errors_come_first),
	T(a_thousand_faulty_items_stay_small))
