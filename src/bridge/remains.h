/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What a daemon that was killed has left on, as far as this one has to reckon with it: outputs of
 * the configuration wait for those with which they were in a group, whatever it is called now, and
 * recorded lines that nobody has configured any more, and that could not be brought to rest at once
 * or are to stay on, become outputs that are leaving. Main loop only.
 */

#ifndef PF_BRIDGE_REMAINS_H
#define PF_BRIDGE_REMAINS_H

#include "bridge/leaving.h"
#include "hw/driver_set.h"
#include "store/record.h"

struct pf_held;
struct pf_remains;

/*
 * Remembers what the record has; before what is not configured any more is brought to rest. All is
 * copied but the drivers.
 */
struct pf_remains *pf_remains_new(const struct pf_record *record, struct pf_driver_set *drivers);

/*
 * After that, and before the outputs (as in env->config) start: lets them wait for whom they have
 * to, and hands over to `leaving` what is still to be brought to rest.
 */
void pf_remains_bind(struct pf_remains *remains, struct pf_env *env,
	struct pf_output_item **outputs, struct pf_leaving *leaving);

/* After `leaving` is done. NULL is fine. */
void pf_remains_free(struct pf_remains *remains);

/*
 * Opens the record, and brings to rest what the last run held and nobody wants any more. drivers
 * and held are borrowed. 0 or a negative errno.
 */
int pf_remains_start(struct pf_env *env, struct pf_driver_set *drivers, struct pf_held *held);

#endif
