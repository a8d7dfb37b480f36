/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/item.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

static struct pf_state *add_state(struct pf_item *item, const char *suffix, bool retain)
{
	char *topic = pf_format(
		"%s%s%s", item->config->topic, suffix ? "/" : "", suffix ? suffix : "");
	struct pf_state *state = pf_state_add(
		&item->env->publisher, topic, item->config->qos, retain);

	free(topic);
	return state;
}

struct pf_state *pf_item_add_state(struct pf_item *item, const char *suffix)
{
	return add_state(item, suffix, item->config->retain);
}

void pf_item_init(struct pf_item *item, struct pf_env *env, const char *kind,
	const struct pf_item_config *config)
{
	*item = (struct pf_item){.env = env, .kind = kind, .config = config};
	item->error = add_state(item, "error", true);
	item->next = env->items;
	if (item->next)
		item->next->previous = item;
	env->items = item;
}

static void leave_list(struct pf_item *item)
{
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
	pf_state_remove(&item->env->publisher, item->error, clear);
	pf_state_remove(&item->env->publisher, item->availability, clear);
	item->error = item->availability = NULL;
	free(item->hindrance);
	item->hindrance = NULL;
	leave_list(item);
}

void pf_item_add_availability(struct pf_item *item)
{
	item->availability = add_state(item, "availability", true);
}

static void set_availability(struct pf_item *item, const char *payload)
{
	pf_state_set(&item->env->publisher, item->availability, payload);
}

void pf_item_news(const struct pf_item *item)
{
	if (item->env->news)
		item->env->news(item->env);
}

static void count_error(struct pf_item *item)
{
	item->env->n_errors++;
	item->n_errors++;
	pf_item_news(item);
}

void pf_item_fault(struct pf_item *item, const char *format, ...)
{
	const char *published = pf_state_payload(item->error);
	va_list arguments;
	char *reason;

	va_start(arguments, format);
	reason = pf_vformat(format, arguments);
	va_end(arguments);
	if (!published || strcmp(published, reason) != 0)
		pf_state_set(&item->env->publisher, item->error, reason);
	if (item->health != PF_HEALTH_FAULTY) {
		pf_warning("%s %s: %s; trying again", item->kind, item->config->name, reason);
		set_availability(item, "offline");
		count_error(item);
		item->health = PF_HEALTH_FAULTY;
	}
	free(reason);
}

void pf_item_clear(struct pf_item *item)
{
	if (item->health != PF_HEALTH_GOOD)
		pf_state_set(
			&item->env->publisher, item->error, item->hindrance ? item->hindrance : "");
}

void pf_item_online(struct pf_item *item)
{
	if (item->health == PF_HEALTH_GOOD)
		return;
	set_availability(item, item->hindrance ? "offline" : "online");
	if (item->health == PF_HEALTH_FAULTY) {
		pf_notice("%s %s: works again", item->kind, item->config->name);
		pf_item_news(item);
	}
	item->health = PF_HEALTH_GOOD;
}

void pf_item_hinder(struct pf_item *item, const char *reason)
{
	if (reason == item->hindrance ||
		(reason && item->hindrance && strcmp(reason, item->hindrance) == 0))
		return;
	if (reason && !item->hindrance)
		count_error(item);
	free(item->hindrance);
	item->hindrance = reason ? pf_strdup(reason) : NULL;
	if (item->health != PF_HEALTH_GOOD)
		return;
	pf_state_set(&item->env->publisher, item->error, reason ? reason : "");
	set_availability(item, reason ? "offline" : "online");
}
