/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Whether Home Assistant makes of the words of an item what they mean. */

#include <string.h>

#include "base/text.h"
#include "config/loader.h"

/* Classes of inputs whose ON is one thing; words for it, and for the other. */
static const struct {
	const char *classes[6];
	const char *on[5], *off[6];
} meanings[] = {
	{{"door", "garage_door", "window", "opening"}, {"open", "opened", "offen", "auf"},
		{"closed", "close", "shut", "zu", "geschlossen"}},
	{{"lock"}, {"unlocked", "unlock"}, {"locked", "lock"}},
	{{"moisture"}, {"wet", "water", "leak"}, {"dry", "ok"}},
	{{"motion", "occupancy", "presence", "moving", "vibration", "sound"},
		{"detected", "motion", "home", "occupied"},
		{"clear", "none", "still", "away", "empty"}},
	{{"smoke", "gas", "carbon_monoxide", "problem", "safety", "tamper"},
		{"alarm", "detected", "problem", "unsafe"}, {"ok", "clear", "safe", "normal"}},
	{{"connectivity", "plug"}, {"connected", "online", "plugged"},
		{"disconnected", "offline", "unplugged"}},
	{{"battery"}, {"low"}, {"ok", "normal", "high", "full"}},
	{{"light"}, {"light", "bright"}, {"dark"}},
	{{"running"}, {"running"}, {"stopped", "idle"}},
};

/* Spaces beyond ASCII's, as Python's strip() takes them away. */
static const char *const spaces[] = {" ", "\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80",
	"\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85",
	"\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
	"\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};

static bool has_space_at_end(const char *text)
{
	const size_t size = strlen(text);

	for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
		const size_t n = strlen(spaces[i]);

		if (n <= size && (memcmp(text, spaces[i], n) == 0 ||
					 memcmp(text + size - n, spaces[i], n) == 0))
			return true;
	}
	return false;
}

static bool has(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n && words[i]; i++)
		if (pf_text_equals_nocase(word, strlen(word), words[i]))
			return true;
	return false;
}

static void check_word(const struct pf_item_loader *item, const char *key, const char *word)
{
	if (has_space_at_end(word))
		pf_item_warning(item, key,
			"Home Assistant takes spaces at both ends of \"%s\" away, and never knows "
			"it",
			pf_load_shown(item->loader, word));
	else if (strcmp(word, "None") == 0)
		pf_item_warning(
			item, key, "to Home Assistant \"None\" means that nothing is known");
}

static void check_meaning(const struct pf_item_loader *item, const char *class,
	const char *payload_on, const char *payload_off)
{
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
		if (!has(meanings[i].classes, 6, class))
			continue;
		if (has(meanings[i].off, 6, payload_on) || has(meanings[i].on, 5, payload_off))
			pf_item_warning(item,
				pf_node_find(item->group, "payload_on") ? "payload_on"
									: "payload_off",
				"\"%s\" is on here, and Home Assistant shows on of the class %s as "
				"\"%s\"; is active_low the wrong way round?",
				pf_load_shown(item->loader, payload_on), class, meanings[i].on[0]);
	}
}

void pf_load_ha_words(const struct pf_item_loader *item, enum pf_ha_kind kind,
	const char *payload_on, const char *payload_off)
{
	const struct pf_ha_item_config *ha = &item->item->home_assistant;

	if (!item->loader->config->home_assistant.discovery || !ha->enabled)
		return;
	check_word(item, "payload_on", payload_on);
	if (kind != PF_HA_BUTTON)
		check_word(item, "payload_off", payload_off);
	if (kind == PF_HA_BINARY_SENSOR && ha->device_class)
		check_meaning(item, ha->device_class, payload_on, payload_off);
}
