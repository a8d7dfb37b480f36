/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/item.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/memory.h"

void pf_item_news(const struct pf_item *item)
{
	if (item->env->news)
		item->env->news(item->env);
}

bool pf_item_is_hindered(const struct pf_item *item, unsigned which)
{
	for (size_t i = 0; i < PF_N_HINDRANCES; i++)
		if (which & 1u << i && item->hindrances[i])
			return true;
	return false;
}

const char *pf_item_reason(const struct pf_item *item)
{
	for (size_t i = 0; i < PF_N_HINDRANCES; i++)
		if (item->hindrances[i])
			return item->hindrances[i];
	return NULL;
}

/* ---- what follows from the hindrances -------------------------------------------------------- */

/* One line when it stops working, and one when it works again; of topics the link tells. */
static void log_change(struct pf_item *item)
{
	if (!item->faulty && pf_item_is_hindered(item, PF_HINDRANCES_OF_HARDWARE)) {
		pf_warning("%s %s: %s; trying again", item->kind, item->config->name,
			pf_item_reason(item));
		item->faulty = true;
	} else if (item->faulty && item->seen) {
		pf_notice("%s %s: works again", item->kind, item->config->name);
		item->faulty = false;
		pf_item_news(item);
	}
}

static void set_if_new(struct pf_item *item, struct pf_state *state, const char *payload)
{
	const char *published = pf_state_payload(state);

	if (!published || strcmp(published, payload) != 0)
		pf_state_set(&item->env->publisher, state, payload);
}

void pf_item_tell(struct pf_item *item)
{
	const char *reason = pf_item_reason(item);
	const char *error = reason ? reason : item->remark;

	log_change(item);
	/* it is leaving: nothing is published any more */
	if (!item->error)
		return;
	set_if_new(item, item->error, error ? error : "");
	/* without a reason, and before the value is there, it is not known which */
	if (reason || item->seen)
		set_if_new(item, item->availability, reason ? "offline" : "online");
}

void pf_item_raise(struct pf_item *item, enum pf_hindrance which, const char *format, ...)
{
	char **place = &item->hindrances[ffs((int)which) - 1];
	const bool is_first = !pf_item_reason(item);
	va_list arguments;
	char *reason;

	va_start(arguments, format);
	reason = pf_vformat(format, arguments);
	va_end(arguments);
	/* afterwards: the new reason may be made of the old one */
	free(*place);
	*place = reason;
	if (which & PF_HINDRANCES_OF_HARDWARE)
		item->seen = false;
	pf_item_tell(item);
	if (!is_first)
		return;
	item->env->n_errors++;
	item->n_errors++;
	pf_item_news(item);
}

void pf_item_remark(struct pf_item *item, const char *reason)
{
	if (reason && item->remark ? strcmp(reason, item->remark) == 0 : reason == item->remark)
		return;
	if (!reason) {
		pf_notice("%s %s: is complete again", item->kind, item->config->name);
	} else if (!item->remark) {
		pf_warning("%s %s: %s", item->kind, item->config->name, reason);
		item->env->n_errors++;
		item->n_errors++;
		pf_item_news(item);
	}
	free(item->remark);
	item->remark = reason ? pf_strdup(reason) : NULL;
	if (item->seen)
		pf_item_tell(item);
}

static void lower(struct pf_item *item, unsigned which)
{
	for (size_t i = 0; i < PF_N_HINDRANCES; i++) {
		if (!(which & 1u << i))
			continue;
		free(item->hindrances[i]);
		item->hindrances[i] = NULL;
	}
}

void pf_item_lower(struct pf_item *item, unsigned which)
{
	lower(item, which);
	pf_item_tell(item);
}

void pf_item_online(struct pf_item *item)
{
	item->seen = !pf_item_is_hindered(item, PF_HINDRANCES_OF_HARDWARE);
	pf_item_tell(item);
}

/* ---- topics, life ---------------------------------------------------------------------------- */

/*
 * One topic of the item is refused, or is not any more. With several of them it stays with the
 * first reason: that it is told may be refused, too.
 */
static void on_refused(void *owner, const char *topic, const char *reason)
{
	struct pf_item *item = owner;

	if (reason && item->n_refused++ == 0)
		pf_item_raise(
			item, PF_HINDRANCE_MESSAGES, "not published on %s: %s", topic, reason);
	else if (!reason && item->n_refused > 0 && --item->n_refused == 0)
		pf_item_lower(item, PF_HINDRANCE_MESSAGES);
}

static struct pf_state *add_topic(struct pf_item *item, const char *topic, bool retain)
{
	struct pf_state *state = pf_state_add(
		&item->env->publisher, topic, item->config->qos, retain);

	pf_state_watch(state, on_refused, item);
	return state;
}

struct pf_state *pf_item_add_state_at(struct pf_item *item, const char *topic)
{
	return add_topic(item, topic, item->config->retain);
}

static struct pf_state *add_state(struct pf_item *item, const char *suffix, bool retain)
{
	char *topic = pf_format(
		"%s%s%s", item->config->topic, suffix ? "/" : "", suffix ? suffix : "");
	struct pf_state *state = add_topic(item, topic, retain);

	free(topic);
	return state;
}

struct pf_state *pf_item_add_state(struct pf_item *item, const char *suffix)
{
	return add_state(item, suffix, item->config->retain);
}

void pf_item_add_topics(struct pf_item *item)
{
	item->error = add_state(item, "error", true);
}

void pf_item_add_availability(struct pf_item *item)
{
	item->availability = add_state(item, "availability", true);
}

void pf_item_drop_topics(struct pf_item *item, bool clear)
{
	pf_state_remove(&item->env->publisher, item->error, clear);
	pf_state_remove(&item->env->publisher, item->availability, clear);
	item->error = item->availability = NULL;
	/* nothing is known of the next ones */
	item->n_refused = 0;
	lower(item, PF_HINDRANCE_MESSAGES);
}

void pf_item_init(struct pf_item *item, struct pf_env *env, const char *kind,
	const struct pf_item_config *config)
{
	*item = (struct pf_item){.env = env, .kind = kind, .config = config};
	pf_item_add_topics(item);
	item->next = env->items;
	if (item->next)
		item->next->previous = item;
	env->items = item;
}

static void leave_list(struct pf_item *item)
{
	if (!item->previous && !item->next && item->env->items != item)
		return;
	if (item->previous)
		item->previous->next = item->next;
	else
		item->env->items = item->next;
	if (item->next)
		item->next->previous = item->previous;
	item->previous = item->next = NULL;
}

void pf_item_done(struct pf_item *item, bool clear)
{
	pf_item_drop_topics(item, clear);
	for (size_t i = 0; i < PF_N_HINDRANCES; i++)
		free(item->hindrances[i]);
	memset(item->hindrances, 0, sizeof item->hindrances);
	free(item->remark);
	item->remark = NULL;
	leave_list(item);
}
