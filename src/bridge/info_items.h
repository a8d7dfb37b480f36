/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Which items had how many errors, for PREFIX/info. Pure, main loop only. */

#ifndef PF_BRIDGE_INFO_ITEMS_H
#define PF_BRIDGE_INFO_ITEMS_H

#include "bridge/item.h"

struct cJSON;

#define PF_INFO_ITEMS_MAX 32 /* those with the most errors; a broken bus may have hundreds */

/*
 * Adds "items":{"air":{"errors":3}} to the object if any item of the list had errors, and
 * "items_left_out":7 if that were too many.
 */
void pf_info_add_items(struct cJSON *object, const struct pf_item *items);

#endif
