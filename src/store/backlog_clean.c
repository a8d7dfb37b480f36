/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/backlog_clean.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/backlog_file.h"

/* One file, or of a folder all but those of `names`. */
struct cleaning {
	struct pf_job job;
	char *path;
	char **names, **removed;
	size_t n_names, n_removed;
};

static bool is_wanted(const struct cleaning *cleaning, const char *name)
{
	for (size_t i = 0; i < cleaning->n_names; i++)
		if (strcmp(cleaning->names[i], name) == 0)
			return true;
	return name[0] == '.';
}

static void clean_folder(struct pf_job *job)
{
	struct cleaning *cleaning = PF_OWNER(job, struct cleaning, job);
	DIR *folder = opendir(cleaning->path);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		char *path;

		if (is_wanted(cleaning, entry->d_name))
			continue;
		path = pf_format("%s/%s", cleaning->path, entry->d_name);
		/* what was being written anew is no loss; names of sensors have no point */
		if (pf_backlog_file_remove(path) == 0 && !strchr(entry->d_name, '.')) {
			cleaning->removed = pf_reallocarray(
				cleaning->removed, cleaning->n_removed + 1, sizeof(char *));
			cleaning->removed[cleaning->n_removed++] = pf_strdup(entry->d_name);
		}
		free(path);
	}
	if (folder)
		(void)closedir(folder);
	/* works if it is empty: then the next start has nothing to look for */
	(void)rmdir(cleaning->path);
}

static void clean_file(struct pf_job *job)
{
	(void)pf_backlog_file_remove(PF_OWNER(job, struct cleaning, job)->path);
}

static void cleaned(struct pf_job *job)
{
	struct cleaning *cleaning = PF_OWNER(job, struct cleaning, job);

	for (size_t i = 0; i < cleaning->n_removed; i++) {
		pf_warning("sensor %s: it has no buffer on the disk any more, the readings that "
			   "waited there are dropped",
			cleaning->removed[i]);
		free(cleaning->removed[i]);
	}
	for (size_t i = 0; i < cleaning->n_names; i++)
		free(cleaning->names[i]);
	free(cleaning->names);
	free(cleaning->removed);
	free(cleaning->path);
	free(cleaning);
}

static void start(
	struct pf_worker *worker, struct cleaning *cleaning, void (*run)(struct pf_job *job))
{
	cleaning->job = (struct pf_job){.run = run, .done = cleaned};
	if (!pf_worker_submit(worker, &cleaning->job))
		cleaned(&cleaning->job);
}

void pf_backlog_clean_one(struct pf_worker *worker, const char *path)
{
	struct cleaning *cleaning = pf_calloc(1, sizeof *cleaning);

	cleaning->path = pf_strdup(path);
	start(worker, cleaning, clean_file);
}

void pf_backlog_clean_others(
	struct pf_worker *worker, const char *folder, const struct pf_config *config)
{
	struct cleaning *cleaning = pf_calloc(1, sizeof *cleaning);

	cleaning->path = pf_strdup(folder);
	cleaning->names = pf_calloc(config->n_sensors, sizeof(char *));
	for (size_t i = 0; i < config->n_sensors; i++)
		if (config->sensors[i].buffer.on_disk)
			cleaning->names[cleaning->n_names++] = pf_strdup(
				config->sensors[i].item.name);
	start(worker, cleaning, clean_folder);
}
