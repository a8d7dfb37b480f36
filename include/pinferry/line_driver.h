/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * pinferry/line_driver.h - the functions of a driver for digital lines. Part of pinferry/driver.h,
 * which says how drivers are made, what they own, on which threads they run, and their errors.
 */

#ifndef PINFERRY_LINE_DRIVER_H
#define PINFERRY_LINE_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pf_bias { PF_BIAS_AS_IS, PF_BIAS_OFF, PF_BIAS_UP, PF_BIAS_DOWN };
enum pf_drive { PF_DRIVE_PUSH_PULL, PF_DRIVE_OPEN_DRAIN, PF_DRIVE_OPEN_SOURCE };
enum pf_initial { PF_INITIAL_OFF, PF_INITIAL_ON, PF_INITIAL_KEEP };

/* A line as `scan` and the resolution of names see it. Strings may be empty, never NULL. */
struct pf_line_info {
	char chip[32];     /* what request_*() takes: "gpiochip0" */
	char label[32];    /* "pinctrl-bcm2711" */
	char parent[32];   /* bus the chip itself sits behind ("1-0020"), or empty */
	uint32_t offset;   /* on its chip */
	char name[32];     /* "GPIO17" */
	char consumer[32]; /* who holds it */
	bool used;         /* held by someone */
	bool output;       /* direction */
	bool active_low;
};

/* All levels below are logical: active_low is applied in the request. */
struct pf_input_request {
	const char *chip; /* pf_line_info.chip */
	uint32_t offset;
	bool active_low;
	enum pf_bias bias;
	const char *consumer; /* shown to others who ask for the line */
};

struct pf_output_request {
	const char *chip;
	uint32_t offset;
	bool active_low;
	enum pf_drive drive;
	enum pf_initial initial; /* set in the same request as the direction: no glitch */
	const char *consumer;
};

/* "Something changed at this time": whoever reads an event reads the level afterwards. */
struct pf_edge {
	uint64_t time_ns; /* CLOCK_MONOTONIC, the kernel's own stamp */
	bool rising;      /* logical */
	uint32_t missed;  /* events the kernel dropped right before this one, where it tells */
};

/* A held line. Made by request_*(), ended by release(). */
struct pf_line;

struct pf_line_ops {
	/*
	 * Calls visit for each line of each chip that can be opened, chip by chip, until visit
	 * returns non-zero, which is then returned. 0 when all were seen; -ENODEV: no chip at all;
	 * -EACCES: there are chips, and none may be opened.
	 */
	int (*scan)(
		void *board, int (*visit)(const struct pf_line_info *info, void *user), void *user);
	/*
	 * Requests a line as input with both edges. -EBUSY: someone holds it; -ENODEV/-ENOENT: no
	 * such chip or offset; -EACCES/-EPERM: no permission; -EINVAL, -EOPNOTSUPP: the chip cannot
	 * (bias or edges). Where the chip has no interrupts the request is made without edges and
	 * event_fd() of the line says -EOPNOTSUPP: the core then polls.
	 */
	int (*request_input)(
		void *board, const struct pf_input_request *request, struct pf_line **ret_line);
	/*
	 * Requests a line as output, direction and initial level in one step. With PF_INITIAL_KEEP
	 * the line is requested as it is, read, and made an output at that level on the same
	 * handle; ret_level tells the logical level set, ret_was_output whether the line had been
	 * an output (if not: it counts as off). Errors as request_input().
	 */
	int (*request_output)(void *board, const struct pf_output_request *request,
		struct pf_line **ret_line, bool *ret_level, bool *ret_was_output);
	/* Reads the logical level: 0 or 1, or a negative errno (-ENODEV: the chip went away). */
	int (*get)(struct pf_line *line);
	/* Sets the logical level of an output: 0 or a negative errno. */
	int (*set)(struct pf_line *line, bool level);
	/* A non-blocking descriptor that polls readable on edges, or a negative errno. */
	int (*event_fd)(const struct pf_line *line);
	/* Takes up to max pending edges, never waits. Count (0: none), or a negative errno. */
	int (*read_edges)(struct pf_line *line, struct pf_edge *edges, size_t max);
	/* Gives the line back to the kernel. NULL is fine. */
	void (*release)(struct pf_line *line);
};

#endif
