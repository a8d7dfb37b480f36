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

#include <stdbool.h>

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

/* Whether a sensor's chip has channel i, where only a look at it can tell. */
typedef bool pf_ha_has_channel(void *user, const struct pf_sensor_config *sensor, size_t i);

/*
 * Makes the message for a configuration, without channels that the options of a sensor switch off
 * or that its chip has not. has_channel may be NULL: chips have all. false: there is nothing to
 * announce, because discovery is off or no item is enabled; *ret_announcement is untouched then.
 */
bool pf_ha_announce(const struct pf_config *config, pf_ha_has_channel *has_channel, void *user,
	struct pf_ha_announcement *ret_announcement);

/* The topic of the announcement; to be freed. */
char *pf_ha_topic(const struct pf_config *config);

/* A component as one word pair, "KEY PLATFORM", for who remembers it; to be freed. */
char *pf_ha_part_of(const struct pf_ha_component *component);

/* The same for channel i of a sensor. */
char *pf_ha_part(const struct pf_sensor_config *sensor, size_t i);

/* Frees what the announcement holds. */
void pf_ha_announcement_done(struct pf_ha_announcement *announcement);

/*
 * The message, not retained, that removes components of earlier announcements on `topic` (of this
 * configuration or of an older one): each with nothing but its platform. To be freed; NULL: it is
 * no topic of an announcement.
 */
char *pf_ha_farewell(const struct pf_config *config, const char *topic,
	const struct pf_ha_component *components, size_t n);

/*
 * The message that goes before a farewell to a Home Assistant that was off when the components
 * went: it only removes what it has met since its start, so they are announced once more, with the
 * least that makes an entity. To be freed, or NULL.
 */
char *pf_ha_reminder(const struct pf_config *config, const char *topic,
	const struct pf_ha_component *components, size_t n);

#endif
