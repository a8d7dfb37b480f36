/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "output/failsafe.h"

#include "base/clock.h"

void pf_failsafe_init(struct pf_failsafe *failsafe, uint64_t now_ns)
{
	*failsafe = (struct pf_failsafe){.away_ns = now_ns};
}

void pf_failsafe_link(struct pf_failsafe *failsafe, const struct pf_failsafe_config *config,
	uint64_t now_ns, bool up)
{
	if (failsafe->link_up == up)
		return;
	failsafe->link_up = up;
	if (!config->heartbeat_topic)
		failsafe->away_ns = up ? PF_NEVER : now_ns;
}

void pf_failsafe_heartbeat(
	struct pf_failsafe *failsafe, const struct pf_failsafe_config *config, uint64_t now_ns)
{
	/* an older one than the last that was heard, or than a command since, says nothing new */
	if (config->heartbeat_topic && now_ns > failsafe->away_ns)
		failsafe->away_ns = now_ns;
}

void pf_failsafe_accept(
	struct pf_failsafe *failsafe, const struct pf_failsafe_config *config, uint64_t now_ns)
{
	if (config->heartbeat_topic)
		failsafe->away_ns = now_ns;
	else if (failsafe->fired)
		failsafe->away_ns = PF_NEVER; /* until the broker is lost anew */
	failsafe->fired = false;
}

void pf_failsafe_reconfigure(
	struct pf_failsafe *failsafe, const struct pf_failsafe_config *config, uint64_t now_ns)
{
	failsafe->fired = false;
	failsafe->away_ns = failsafe->link_up && !config->heartbeat_topic ? PF_NEVER : now_ns;
}

uint64_t pf_failsafe_due_ns(
	const struct pf_failsafe *failsafe, const struct pf_failsafe_config *config)
{
	if (!config->after_ms || failsafe->fired || failsafe->away_ns == PF_NEVER)
		return PF_NEVER;
	return failsafe->away_ns + config->after_ms * PF_NS_PER_MS;
}
