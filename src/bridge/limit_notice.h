/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The answer that nobody asked for: a limit (max_on_s, the failsafe) has moved an output, or
 * nothing has come of a command. The first is told as done when the line has been seen to have
 * obeyed, and the broker is there; as deferred, once, as long as the line cannot be reached. Main
 * loop only.
 */

#ifndef PF_BRIDGE_LIMIT_NOTICE_H
#define PF_BRIDGE_LIMIT_NOTICE_H

#include "bridge/env.h"
#include "output/output.h"

/* All zero: there is nothing to tell. */
struct pf_limit_notice {
	const char *reason; /* a literal; NULL: none */
	enum pf_verdict verdict;
	enum pf_source source;
	bool obeyed;   /* the line has been seen to, or need not */
	bool deferred; /* it was told that the line does not yet */
};

/*
 * This happens now, for this reason; verdict: PF_VERDICT_DONE of a limit that acts, or what has
 * become of a command. To be followed by _settle().
 */
void pf_limit_notice_begin(struct pf_limit_notice *notice, const struct pf_output *output,
	const char *reason, enum pf_verdict verdict);

/*
 * The output, or the connection, may have changed: tells what is to be told by now. Somebody else's
 * wish that came before the line obeyed ends the notice.
 */
void pf_limit_notice_settle(
	struct pf_limit_notice *notice, struct pf_env *env, const struct pf_output *output);

#endif
