/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What an output is made of, for the parts of the envelope; the functions are in output.h. Others
 * read the members at most. Times are CLOCK_BOOTTIME in ns, levels are logical. Main loop only.
 */

#ifndef PF_OUTPUT_STATE_H
#define PF_OUTPUT_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "output/command.h"
#include "output/failsafe.h"

/* Who wants a change. */
enum pf_source {
	PF_SOURCE_START,     /* the state to start with */
	PF_SOURCE_COMMAND,   /* a message on a command topic, or a button */
	PF_SOURCE_PULSE_END, /* the deadline of a pulse */
	PF_SOURCE_INTERLOCK, /* another member of the group is to go on */
	PF_SOURCE_CONFLICT,  /* two members of a group were found on */
	PF_SOURCE_MAX_ON,    /* max_on_s is over */
	PF_SOURCE_FAILSAFE,  /* broker or controller away */
	PF_SOURCE_EXIT,      /* the daemon ends, or the output is removed */
};

enum pf_verdict {
	PF_VERDICT_DONE,
	PF_VERDICT_DEFERRED, /* will be carried out when it is allowed, or when the line is back */
	PF_VERDICT_REJECTED,
	PF_VERDICT_IGNORED,
};

/* The answer to a command. */
struct pf_outcome {
	enum pf_verdict verdict;
	char reason[PF_REASON_SIZE]; /* empty if there is nothing to say */
};

/* Ids of that many commands are remembered, so that a resent one is carried out once. */
#define PF_OUTPUT_IDS 32

struct pf_bond;
struct pf_interlock;

/* What an output shall be. */
struct pf_wish {
	bool level;
	uint64_t for_ns;       /* how long, from when the line moves; PF_NEVER: for good */
	enum pf_source source; /* who wants it */
	uint64_t pulse_end_ns; /* PF_NEVER: no pulse under way */
};

/* What is known of a line from before this run. All zero: nothing. */
struct pf_history {
	bool last;       /* for `initial = "last"`: the state to restore */
	bool unfinished; /* a pulse was running, or the line was about to go off ... */
	bool end_level;  /* ... and this is the level to end in */
	/* of this boot only; else 0 */
	bool level;         /* what the line had; true only with on_ns */
	uint64_t on_ns;     /* when it went on the last time; 0: not known */
	uint64_t off_ns;    /* when it went off the last time; 0: not known */
	uint64_t period_ns; /* since when max_on_s counts; 0: not known */
	uint64_t rested_ns; /* until then a dead time after others goes on */
};

/* What write() answers when the level is on its way: pf_output_written() says how it went. */
#define PF_WRITE_UNDER_WAY 1

/* What an output acts on. */
struct pf_output_port {
	/* Puts a level on the line: 0, a negative errno, or PF_WRITE_UNDER_WAY. Calls no function
	 * of this header but pf_output_lost(). */
	int (*write)(void *user, bool level);
	/* The level, what is wanted, or the next deadline may have changed. Changes nothing here.
	 */
	void (*changed)(void *user);
	/* The time, asked right after a write, from which dead times and limits count; NULL: a
	 * write takes no time. */
	uint64_t (*now_ns)(void);
};

struct pf_output {
	const struct pf_output_config *config;
	struct pf_interlock *group; /* NULL: none */
	struct pf_bond *waits_for;  /* bond.h: whom it has to wait for besides its group */
	struct pf_bond *waited_by;  /* who has to wait for it */
	uint64_t rested_ns;         /* the dead time after others that were on is over */
	bool ghost;                 /* it has left the configuration, and others wait for it */
	const struct pf_output_port *port;
	void *user;

	/* the line */
	bool held;          /* ours, and `level` is on it */
	bool level;         /* as last written or adopted; while not held: as far as is known */
	bool uncertain;     /* the line may be on although `level` says off */
	bool started;       /* it has been held in this run */
	bool touched;       /* an "on" was begun in this run, whatever has come of it; or the line
			     * did not read what was put on it */
	bool closed;        /* exit has been applied: nothing moves any more, but */
	uint64_t until_ns;  /* an "on" of exit that has to wait, until then */
	uint64_t on_ns;     /* when it went on the last time */
	uint64_t off_ns;    /* when it went off the last time */
	uint64_t period_ns; /* since when max_on_s counts */

	/* a write or request under way: nothing else is begun, the line may have either level */
	bool writing;
	bool writing_level;
	uint64_t writing_ns;           /* when it was begun */
	enum pf_source writing_source; /* who wanted it */
	uint64_t writing_for_ns;       /* and for how long; PF_NEVER: for good */

	/* what is wanted */
	bool desired;
	uint64_t for_ns;       /* how long, from when the line moves; PF_NEVER: for good */
	enum pf_source source; /* who wants it */
	bool pending;          /* not carried out yet */
	uint64_t said_ns;      /* when, if a command wants it and it is pending; else PF_NEVER */
	struct pf_wish before; /* what follows if said_ns is too long ago */
	bool dropped;          /* that has happened, and no tick has said so yet */
	uint64_t pending_ns;   /* when to try it again; PF_NEVER: when something else changes */
	uint64_t pulse_end_ns; /* PF_NEVER: no pulse under way */

	struct pf_failsafe failsafe;
	struct pf_history history;
	bool last; /* last state set by command, limit or failsafe, never a pulsed one */
	char ids[PF_OUTPUT_IDS][PF_COMMAND_ID_SIZE]; /* ring; ids[next_id] is the oldest */
	uint32_t next_id;
};

#endif
