/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/limit_notice.h"

#include "bridge/ack.h"

void pf_limit_notice_begin(struct pf_limit_notice *notice, const struct pf_output *output,
	const char *reason, enum pf_verdict verdict)
{
	*notice = (struct pf_limit_notice){.reason = reason,
		.verdict = verdict,
		.source = output->source,
		.obeyed = verdict != PF_VERDICT_DONE};
}

static void tell(struct pf_env *env, const struct pf_output *output, enum pf_verdict verdict,
	const char *reason, const char *addition)
{
	const struct pf_output_config *config = output->config;
	const char *word = output->level ? config->payload_on : config->payload_off;
	struct pf_outcome outcome = {.verdict = verdict};

	pf_explain(outcome.reason, "%s%s", reason, addition);
	pf_ack_send(env, config, NULL, "", &outcome, output->held ? word : NULL);
}

void pf_limit_notice_settle(
	struct pf_limit_notice *notice, struct pf_env *env, const struct pf_output *output)
{
	if (!notice->reason)
		return;
	if (!notice->obeyed && output->source != notice->source)
		notice->reason = NULL;
	else if (output->held && !output->writing && !output->pending)
		notice->obeyed = true;
	if (!notice->reason || !env->publisher.connected)
		return;
	if (notice->obeyed) {
		tell(env, output, notice->verdict, notice->reason, "");
		notice->reason = NULL;
	} else if (!output->held && !output->writing && !notice->deferred) {
		tell(env, output, PF_VERDICT_DEFERRED, notice->reason,
			"; the line is not available");
		notice->deferred = true;
	}
}
