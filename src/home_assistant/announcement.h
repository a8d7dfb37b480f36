/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What Home Assistant is told, so that it shows all items by itself: one message for the whole
 * daemon, which is one device there. Pure; any thread.
 *
 * Source: home-assistant.io, integrations/mqtt, "Device discovery payload".
 */

#ifndef PF_HOME_ASSISTANT_ANNOUNCEMENT_H
#define PF_HOME_ASSISTANT_ANNOUNCEMENT_H

#include "config/config.h"

/* One entity. How it is called must never change, or Home Assistant makes a new one. */
struct pf_ha_component {
	char *key;            /* its name in the message: ITEM or ITEM.CHANNEL */
	const char *platform; /* "switch", "button", "binary_sensor", "sensor" */
};

struct pf_ha_announcement {
	char *topic;   /* HA_PREFIX/device/DEVICE_ID/config; retained */
	char *payload; /* JSON */
	struct pf_ha_component *components;
	size_t n;
};

/*
 * Makes the message for a configuration. false: there is nothing to announce, because discovery is
 * off or no item is enabled; *ret_announcement is untouched then.
 */
bool pf_ha_announce(const struct pf_config *config, struct pf_ha_announcement *ret_announcement);

/* Frees what the announcement holds. */
void pf_ha_announcement_done(struct pf_ha_announcement *announcement);

/*
 * The message, for the same topic and not retained, that removes components of earlier
 * announcements: each with nothing but its platform. To be freed.
 */
char *pf_ha_farewell(
	const struct pf_config *config, const struct pf_ha_component *components, size_t n);

/* Where Home Assistant says `online` when it has started: HA_PREFIX/status; to be freed. */
char *pf_ha_birth_topic(const struct pf_config *config);

#endif
