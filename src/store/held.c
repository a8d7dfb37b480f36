/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/held.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "store/held_dirs.h"
#include "store/lock.h"
#include "store/record_file.h"
#include "store/state_file.h"

#define NAME "held"

/* A place, and whether there may be a record. */
struct place {
	char *path;
	int lock_fd; /* -1: not locked */
	bool is_used;
};

/* The first is written if it can be, else the last, the state directory; those between are left
 * from others and go with the first write. */
struct pf_held {
	struct place *places;
	size_t n, written;
	char *state_dir, *config_file;
};

static char *real_path(const char *path)
{
	char *real = realpath(path, NULL);
	char *copy = pf_strdup(real ? real : path);

	free(real);
	return copy;
}

static void add_place(struct pf_held *held, const char *path)
{
	for (size_t i = 0; i < held->n; i++)
		if (strcmp(held->places[i].path, path) == 0)
			return;
	held->places = pf_reallocarray(held->places, held->n + 1, sizeof *held->places);
	held->places[held->n++] = (struct place){
		.path = pf_strdup(path), .lock_fd = -1, .is_used = true};
}

/* ---- finding ------------------------------------------------------------------------------ */

static int load(const char *path, struct pf_record *ret_record)
{
	return pf_record_read(path, NAME, ret_record);
}

/* Whether the record in a folder is the caller's. */
static void visit(void *user, const char *path)
{
	struct pf_held *held = user;
	struct pf_record record = {0};

	if (load(path, &record) < 0)
		return;
	if (strcmp(record.state_dir, held->state_dir) == 0 ||
		strcmp(record.config_file, held->config_file) == 0)
		add_place(held, path);
	pf_record_done(&record);
}

static int lock_all(struct pf_held *held, pid_t *ret_owner)
{
	/* the last is the state directory, whose lock is the caller's */
	for (size_t i = 0; i + 1 < held->n; i++) {
		held->places[i].lock_fd = pf_lock_take(held->places[i].path, ret_owner);
		if (held->places[i].lock_fd < 0)
			return held->places[i].lock_fd;
	}
	return 0;
}

int pf_held_open(
	const char *state_dir, const char *config_file, struct pf_held **ret_held, pid_t *ret_owner)
{
	struct pf_held *held = pf_calloc(1, sizeof *held);
	char *own;
	int r;

	held->state_dir = real_path(state_dir);
	held->config_file = real_path(config_file);
	r = pf_held_dirs_make(held->state_dir, &own);
	if (r == 0)
		add_place(held, own);
	free(own);
	if (r != -EACCES) {
		pf_held_dirs_visit(held->state_dir, visit, held);
		add_place(held, held->state_dir);
		r = lock_all(held, ret_owner);
	}
	if (r < 0) {
		pf_held_close(held);
		return r;
	}
	*ret_held = held;
	return 0;
}

void pf_held_close(struct pf_held *held)
{
	if (!held)
		return;
	for (size_t i = 0; i < held->n; i++) {
		if (held->places[i].lock_fd >= 0)
			(void)close(held->places[i].lock_fd);
		free(held->places[i].path);
	}
	free(held->places);
	free(held->state_dir);
	free(held->config_file);
	free(held);
}

const char *pf_held_path(const struct pf_held *held)
{
	return held->places[held->written].path;
}

bool pf_held_is_locked(const struct pf_held *held)
{
	return held->places[0].lock_fd >= 0;
}

/* ---- reading ------------------------------------------------------------------------------ */

void pf_held_init(const struct pf_held *held, const struct pf_board *board, const char *driver_dir,
	struct pf_record *ret_record)
{
	pf_record_init_here(ret_record, board, driver_dir);
	free(ret_record->state_dir);
	free(ret_record->config_file);
	ret_record->state_dir = pf_strdup(held->state_dir);
	ret_record->config_file = pf_strdup(held->config_file);
}

static bool is_newer(const struct pf_record *a, const struct pf_record *b)
{
	return a->written_ns > b->written_ns;
}

/* The newest of two, with what only the other one has; both are taken. */
static void merge(struct pf_record *record, struct pf_record *other)
{
	struct pf_record older;

	if (!record->boot_id || is_newer(other, record)) {
		older = *record;
		*record = *other;
	} else {
		older = *other;
	}
	pf_record_add_missing(record, &older);
	pf_record_done(&older);
}

int pf_held_load(
	const struct pf_held *held, const struct pf_board *board, struct pf_record *ret_record)
{
	struct pf_record all = {0}, here;
	bool garbled = false;

	pf_record_init_here(&here, board, "");
	for (size_t i = 0; i < held->n; i++) {
		struct pf_record record = {0};
		const int r = load(held->places[i].path, &record);

		garbled = garbled || r == -EBADMSG;
		if (r == 0 && pf_record_is_from(&record, &here))
			merge(&all, &record);
		else
			pf_record_done(&record);
	}
	pf_record_done(&here);
	*ret_record = all;
	if (garbled)
		return -EBADMSG;
	return all.boot_id ? 0 : -ENOENT;
}

/* ---- writing ------------------------------------------------------------------------------ */

static int write_place(struct pf_held *held, size_t i, const char *text)
{
	struct place *place = &held->places[i];
	int r = pf_state_file_put(place->path, NAME, text);

	/* somebody cleaned up: the folder is made again, its lock was the old one's */
	if (r == -ENOENT && mkdir(place->path, 0750) == 0)
		r = pf_state_file_put(place->path, NAME, text);
	if (r == 0)
		held->written = i;
	place->is_used = true;
	return r;
}

static void empty_others(struct pf_held *held, size_t kept)
{
	for (size_t i = 0; i < held->n; i++)
		if (i != kept && held->places[i].is_used)
			held->places[i].is_used = pf_state_file_remove(held->places[i].path, NAME) <
						  0;
}

int pf_held_write(struct pf_held *held, const struct pf_record *record)
{
	struct pf_record now = *record;
	size_t written = 0;
	char *text;
	int r;

	now.written_ns = pf_clock_now_ns();
	text = pf_record_encode(&now);
	r = write_place(held, 0, text);
	if (r < 0 && held->n > 1) {
		written = held->n - 1;
		r = write_place(held, written, text);
	}
	empty_others(held, r < 0 ? held->n : written);
	free(text);
	return r;
}
