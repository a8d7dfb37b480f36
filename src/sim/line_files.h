/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The files of the simulated board's lines (sim.h says which). directory: that of the lines. Any
 * thread.
 */

#ifndef PF_SIM_LINE_FILES_H
#define PF_SIM_LINE_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* The path of a line's file: PREFIX GPIO<offset> SUFFIX; empty if it would be too long. */
void pf_sim_line_path(char path[PATH_MAX], const char *directory, const char *prefix,
	unsigned offset, const char *suffix);

/* Whether somebody unplugged the chip: made the file `unplugged`, or took the folder away. */
bool pf_sim_lines_unplugged(const char *directory);

/* Reads the first line of a small open file, without its end. 0, or a negative errno. */
int pf_sim_read_text(int fd, char *text, size_t size);

/* The same of the file at path. */
int pf_sim_read_file(const char *path, char *text, size_t size);

#endif
