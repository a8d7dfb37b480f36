/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "hw/driver_set.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

#define MODULE_SUFFIX ".so"

struct module {
	void *handle;
	const struct pf_driver *driver;
};

struct pf_driver_set {
	char *directory;
	bool is_fixed; /* given when made: a configuration does not replace it */
	struct module *modules;
	size_t n_modules;
};

struct pf_driver_set *pf_driver_set_new(const char *directory)
{
	struct pf_driver_set *set = pf_calloc(1, sizeof *set);

	set->directory = pf_strdup(directory ? directory : PF_DRIVER_DIR);
	set->is_fixed = directory != NULL;
	return set;
}

void pf_driver_set_free(struct pf_driver_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->n_modules; i++)
		(void)dlclose(set->modules[i].handle);
	free(set->modules);
	free(set->directory);
	free(set);
}

void pf_driver_set_use_dir(struct pf_driver_set *set, const char *directory)
{
	if (set->is_fixed)
		return;
	free(set->directory);
	set->directory = pf_strdup(directory);
}

const char *pf_driver_set_dir(const struct pf_driver_set *set)
{
	return set->directory;
}

/* Explains -ENOENT, with the name that was perhaps meant. */
static int explain_missing(const struct pf_driver_set *set, const char *name, char *reason)
{
	const char *similar = NULL;
	char **names = NULL;
	size_t n = 0;

	if (pf_driver_set_names(set, &names, &n) == 0)
		similar = pf_similar(name, (const char *const *)names, n);
	if (similar)
		pf_explain(
			reason, "there is no driver \"%s\", did you mean \"%s\"?", name, similar);
	else
		pf_explain(reason, "there is no driver \"%s\" in %s", name, set->directory);
	pf_driver_names_free(names, n);
	return -ENOENT;
}

/* What dlopen() says, without the path that it puts in front and that would fill the reason. */
static void explain_dlerror(const char *name, const char *path, char *reason)
{
	const char *text = dlerror();
	const size_t path_size = strlen(path);

	if (!text)
		text = "cannot be loaded";
	if (strncmp(text, path, path_size) == 0 && strncmp(text + path_size, ": ", 2) == 0)
		text += path_size + 2;
	pf_explain(reason, "driver %s: not a module that can be loaded: %s", name, text);
}

/* The descriptor of an open module, checked, or NULL with *ret_error and a reason. */
static const struct pf_driver *take_descriptor(
	void *handle, const char *name, int *ret_error, char *reason)
{
	const struct pf_driver *const *symbol = dlsym(handle, PF_DRIVER_SYMBOL);
	const struct pf_driver *driver = symbol ? *symbol : NULL;
	char problem[PF_REASON_SIZE];

	*ret_error = -ENOEXEC;
	if (!driver) {
		pf_explain(reason, "driver %s: the module has no PF_DRIVER() descriptor", name);
		return NULL;
	}
	/* the one member that every interface has at the same place: look at no other before */
	if (driver->abi != PF_DRIVER_ABI) {
		pf_explain(reason,
			"driver %s: built for driver interface %u, this Pinferry has %u: build it "
			"anew",
			name, (unsigned)driver->abi, (unsigned)PF_DRIVER_ABI);
		*ret_error = -EPROTO;
		return NULL;
	}
	if (pf_driver_check(driver, problem) < 0) {
		pf_explain(reason, "driver %s: broken module: %s", name, problem);
		return NULL;
	}
	if (strcmp(driver->name, name) != 0) {
		pf_explain(reason, "driver %s: the module calls itself \"%s\": rename the file",
			name, driver->name);
		return NULL;
	}
	*ret_error = 0;
	return driver;
}

static int load(struct pf_driver_set *set, const char *name, const struct pf_driver **ret_driver,
	char *reason)
{
	/* with a slash in it, or dlopen() would search the system's library path */
	char *path = pf_format("%s/%s" MODULE_SUFFIX, set->directory, name);
	void *handle = NULL;
	int r = 0;

	if (access(path, F_OK) < 0) {
		r = explain_missing(set, name, reason);
	} else {
		handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		if (!handle) {
			explain_dlerror(name, path, reason);
			r = -ENOEXEC;
		}
	}
	free(path);
	if (r < 0)
		return r;
	*ret_driver = take_descriptor(handle, name, &r, reason);
	if (!*ret_driver) {
		(void)dlclose(handle);
		return r;
	}
	set->modules = pf_reallocarray(set->modules, set->n_modules + 1, sizeof *set->modules);
	set->modules[set->n_modules].handle = handle;
	set->modules[set->n_modules].driver = *ret_driver;
	set->n_modules++;
	return 0;
}

int pf_driver_set_find(struct pf_driver_set *set, const char *name,
	const struct pf_driver **ret_driver, char *ret_reason)
{
	const struct pf_driver *driver = NULL;
	int r;

	/* a name comes from a configuration, and must not become a path elsewhere */
	if (!pf_driver_name_is_valid(name)) {
		pf_explain(ret_reason,
			"\"%.32s\" cannot be a driver's name (letters, digits, '_' and '-')", name);
		return -ENOENT;
	}
	for (size_t i = 0; i < set->n_modules; i++) {
		if (strcmp(set->modules[i].driver->name, name) == 0) {
			*ret_driver = set->modules[i].driver;
			return 0;
		}
	}
	r = load(set, name, &driver, ret_reason);
	if (r == 0)
		*ret_driver = driver;
	return r;
}

/* The name in "NAME.so", allocated, or NULL if the file is not called like a module. */
static char *module_name(const char *file)
{
	const size_t suffix_size = strlen(MODULE_SUFFIX);
	const size_t size = strlen(file);
	char *name;

	if (size <= suffix_size || strcmp(file + size - suffix_size, MODULE_SUFFIX) != 0)
		return NULL;
	name = pf_memdup(file, size - suffix_size);
	if (!pf_driver_name_is_valid(name)) {
		free(name);
		return NULL;
	}
	return name;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int pf_driver_set_names(const struct pf_driver_set *set, char ***ret_names, size_t *ret_n)
{
	DIR *directory = opendir(set->directory);
	const struct dirent *entry;
	char **names = NULL;
	size_t n = 0;

	if (!directory)
		return -errno;
	while ((entry = readdir(directory))) {
		char *name = module_name(entry->d_name);

		if (!name)
			continue;
		names = pf_reallocarray(names, n + 1, sizeof *names);
		names[n++] = name;
	}
	(void)closedir(directory);
	if (n > 0)
		qsort(names, n, sizeof *names, compare_names);
	*ret_names = names;
	*ret_n = n;
	return 0;
}

void pf_driver_names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static void set_default(const struct pf_option *option, char *base)
{
	char *member = base + option->offset;
	const int32_t whole = (int32_t)option->default_number;
	const bool truth = option->default_number != 0;

	switch (option->type) {
	case PF_OPTION_INT:
	case PF_OPTION_CHOICE:
		memcpy(member, &whole, sizeof whole);
		break;
	case PF_OPTION_FLOAT:
		memcpy(member, &option->default_number, sizeof option->default_number);
		break;
	case PF_OPTION_BOOL:
		memcpy(member, &truth, sizeof truth);
		break;
	case PF_OPTION_STRING:
		if (option->default_text)
			(void)snprintf(member, PF_STRING_SIZE, "%s", option->default_text);
		break;
	default:
		break;
	}
}

enum pf_presence pf_driver_channel(const struct pf_driver *driver, const void *options,
	const void *state, size_t i, struct pf_channel *ret_channel)
{
	*ret_channel = driver->channels[i];
	if (!driver->sensor->channel)
		return PF_PRESENT;
	return driver->sensor->channel(options, state, i, ret_channel);
}

void pf_driver_default_options(const struct pf_driver *driver, void *ret_options)
{
	for (size_t i = 0; i < driver->n_options; i++)
		set_default(&driver->options[i], ret_options);
}
