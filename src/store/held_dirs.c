/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/held_dirs.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* Where the unit's runtime directory is, for calls from outside the unit. */
#define RUN_DIR "/run/pinferry"

/* A file system in memory on every Linux, and its folders are named after us. */
#define SHM_DIR    "/dev/shm"
#define SHM_PREFIX "pinferry-"

#define HASH_SIZE 16

/* A folder of such folders. */
struct base {
	char *path;
	const char *prefix; /* of their names */
};

enum { BASE_UNIT, BASE_RUN, BASE_SHM, N_BASES };

static void make_bases(struct base bases[N_BASES])
{
	const char *unit = getenv("RUNTIME_DIRECTORY");

	/* may name several, with colons between */
	bases[BASE_UNIT] = (struct base){
		unit && *unit == '/' ? pf_memdup(unit, strcspn(unit, ":")) : NULL, ""};
	bases[BASE_RUN] = (struct base){pf_strdup(RUN_DIR), ""};
	bases[BASE_SHM] = (struct base){pf_strdup(SHM_DIR), SHM_PREFIX};
}

static void free_bases(struct base bases[N_BASES])
{
	for (size_t i = 0; i < N_BASES; i++)
		free(bases[i].path);
}

/* FNV-1a: no secret, and the record says whose it is. */
static uint64_t hash(const char *text)
{
	uint64_t value = 0xcbf29ce484222325;

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 0x100000001b3;
	return value;
}

static char *make_path(const struct base *base, const char *state_dir)
{
	return base->path ? pf_format("%s/%s%016" PRIx64, base->path, base->prefix, hash(state_dir))
			  : NULL;
}

static bool is_owner_of(uid_t uid, const char *path)
{
	struct stat status;

	return path && stat(path, &status) == 0 && uid == status.st_uid;
}

/* Root looks at what the owner of the state directory or of the unit's runtime directory made. */
static bool is_trusted(uid_t uid, const struct base *base, const char *state_dir)
{
	if (uid == geteuid() || uid == 0)
		return true;
	return geteuid() == 0 && (is_owner_of(uid, state_dir) || is_owner_of(uid, base->path));
}

/* 0, -ENOENT, or -EPERM: it is not to be trusted. */
static int check(const char *path, const struct base *base, const char *state_dir)
{
	struct stat status;

	if (lstat(path, &status))
		return -errno;
	return S_ISDIR(status.st_mode) && !(status.st_mode & 022) &&
			       is_trusted(status.st_uid, base, state_dir)
		       ? 0
		       : -EPERM;
}

/* What root makes is for whom the state directory belongs to. */
static int make(const char *path, const char *state_dir)
{
	struct stat status;

	if (mkdir(path, 0750))
		return -errno;
	if (geteuid() == 0 && stat(state_dir, &status) == 0 &&
		lchown(path, status.st_uid, status.st_gid))
		return -errno;
	return 0;
}

/* The one that is there. 0, -ENOENT, or -EACCES. */
static int find(const struct base bases[N_BASES], const char *state_dir, char **ret_path)
{
	for (size_t i = 0; i < N_BASES; i++) {
		char *path = make_path(&bases[i], state_dir);
		/* in a folder that only its owner writes, what is there was not made by anybody */
		int r = path ? check(path, &bases[i], state_dir) : -ENOENT;

		/* a unit that keeps others out is one of somebody else, and so is its state */
		if (r == -EACCES && i == BASE_RUN)
			r = -ENOENT;

		if (r == 0 || r == -EACCES || (r == -EPERM && i != BASE_SHM)) {
			*ret_path = path;
			return r == 0 && access(path, R_OK | W_OK | X_OK) == 0 ? 0 : -EACCES;
		}
		free(path);
	}
	return -ENOENT;
}

int pf_held_dirs_make(const char *state_dir, char **ret_path)
{
	struct base bases[N_BASES];
	int r;

	make_bases(bases);
	*ret_path = NULL;
	r = find(bases, state_dir, ret_path);
	if (r == -ENOENT && bases[BASE_UNIT].path) {
		*ret_path = make_path(&bases[BASE_UNIT], state_dir);
		r = make(*ret_path, state_dir);
	}
	if (r < 0 && r != -EACCES) {
		free(*ret_path);
		*ret_path = make_path(&bases[BASE_SHM], state_dir);
		r = make(*ret_path, state_dir);
		r = r == -EACCES ? -EPERM : r;
	}
	free_bases(bases);
	return r;
}

static bool is_name(const char *name, const char *prefix)
{
	const size_t size = strlen(prefix);

	return strncmp(name, prefix, size) == 0 && strlen(name) == size + HASH_SIZE &&
	       strspn(name + size, "0123456789abcdef") == HASH_SIZE;
}

static void visit_base(const struct base *base, const char *state_dir,
	void (*visit)(void *user, const char *path), void *user)
{
	DIR *directory = base->path ? opendir(base->path) : NULL;
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		char *path;

		if (!is_name(entry->d_name, base->prefix))
			continue;
		path = pf_format("%s/%s", base->path, entry->d_name);
		if (check(path, base, state_dir) == 0)
			visit(user, path);
		free(path);
	}
	if (directory)
		(void)closedir(directory);
}

void pf_held_dirs_visit(
	const char *state_dir, void (*visit)(void *user, const char *path), void *user)
{
	struct base bases[N_BASES];

	make_bases(bases);
	for (size_t i = 0; i < N_BASES; i++)
		visit_base(&bases[i], state_dir, visit, user);
	free_bases(bases);
}
