/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/limit_notice.h"

#include "bridge/ack.h"

void pf_limit_notice_begin(
	struct pf_limit_notice *notice, const struct pf_output *output, const char *reason)
{
	*notice = (struct pf_limit_notice){.reason = reason, .source = output->source};
}

static void tell(struct pf_env *env, const struct pf_output *output, enum pf_verdict verdict,
	const char *reason, const char *word)
{
	struct pf_outcome outcome = {.verdict = verdict};

	pf_explain(outcome.reason, "%s%s", reason, word ? "" : "; the line is not available");
	pf_ack_send(env, output->config, NULL, "", &outcome, word);
}

void pf_limit_notice_settle(
	struct pf_limit_notice *notice, struct pf_env *env, const struct pf_output *output)
{
	const struct pf_output_config *config = output->config;

	if (!notice->reason)
		return;
	if (!notice->obeyed && output->source != notice->source)
		notice->reason = NULL;
	else if (output->held && !output->writing && !output->pending)
		notice->obeyed = true;
	if (!notice->reason || !env->publisher.connected)
		return;
	if (notice->obeyed) {
		tell(env, output, PF_VERDICT_DONE, notice->reason,
			output->level ? config->payload_on : config->payload_off);
		notice->reason = NULL;
	} else if (!output->held && !output->writing && !notice->deferred) {
		tell(env, output, PF_VERDICT_DEFERRED, notice->reason, NULL);
		notice->deferred = true;
	}
}
