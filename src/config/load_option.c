/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "base/memory.h"
#include "config/loader.h"
#include "hw/driver_set.h"

static struct pf_key make_key(const struct pf_option *option)
{
	static const enum pf_key_type types[] = {
		[PF_OPTION_INT] = PF_KEY_INT,
		[PF_OPTION_FLOAT] = PF_KEY_NUMBER,
		[PF_OPTION_BOOL] = PF_KEY_BOOL,
		[PF_OPTION_STRING] = PF_KEY_BUFFER,
		[PF_OPTION_CHOICE] = PF_KEY_CHOICE,
	};
	static const size_t sizes[] = {
		[PF_OPTION_INT] = sizeof(int32_t),
		[PF_OPTION_FLOAT] = sizeof(double),
		[PF_OPTION_BOOL] = sizeof(bool),
		[PF_OPTION_STRING] = PF_STRING_SIZE,
		[PF_OPTION_CHOICE] = sizeof(int32_t),
	};
	struct pf_key key = {
		.name = option->name,
		.type = types[option->type],
		.offset = option->offset,
		.size = sizes[option->type],
		.minimum = option->minimum,
		.maximum = option->maximum,
		.choices = option->choices,
	};

	if (option->type == PF_OPTION_STRING)
		key.maximum = PF_STRING_SIZE - 1;
	return key;
}

struct pf_key_set pf_load_options(struct pf_loader *loader, const struct pf_driver *driver)
{
	struct pf_key *keys = pf_pool_keep(
		loader->pool, pf_calloc(driver->n_options + 1, sizeof *keys));
	char *base = pf_pool_keep(loader->pool, pf_calloc(driver->options_size + 1, 1));

	pf_driver_default_options(driver, base);
	for (size_t i = 0; i < driver->n_options; i++)
		keys[i] = make_key(&driver->options[i]);
	return (struct pf_key_set){keys, driver->n_options, base, false, NULL};
}

void pf_load_options_check(const struct pf_item_loader *item, const struct pf_driver *driver)
{
	for (size_t i = 0; i < driver->n_options; i++) {
		const struct pf_option *option = &driver->options[i];

		if (option->required && !pf_node_find(item->group, option->name))
			pf_item_error(item, option->name, "is missing, driver %s needs it: %s",
				driver->name, option->help ? option->help : "no default");
	}
}
