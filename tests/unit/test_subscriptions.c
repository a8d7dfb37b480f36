/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "../t.h"
#include "mqtt/subscriptions.h"

static struct pf_subscriptions before, now;

/* A list of topics, one letter each; a capital one wants stored messages. */
static void fill(struct pf_subscriptions *subscriptions, const char *letters)
{
	for (; *letters; letters++) {
		const bool stored = *letters >= 'A' && *letters <= 'Z';
		const char topic[] = {(char)(*letters | 0x20), '\0'};

		pf_subscriptions_add(subscriptions, topic, 1, stored);
	}
}

/* The topics from number `from` on. */
static const char *rest(const struct pf_subscriptions *subscriptions, size_t from)
{
	static char text[32];
	size_t n = 0;

	for (size_t i = from; i < subscriptions->n; i++)
		text[n++] = subscriptions->list[i].topic[0];
	text[n] = '\0';
	return text;
}

/* What has to be subscribed and unsubscribed to get from one to the other. */
static void changes(const char *from, const char *to, const char *added, const char *gone)
{
	before = now = (struct pf_subscriptions){0};
	fill(&before, from);
	fill(&now, to);
	pf_subscriptions_carry(&now, &before);
	T_STR(rest(&now, pf_subscriptions_carried(&now)), added);
	T_STR(rest(&before, pf_subscriptions_carried(&before)), gone);
	pf_subscriptions_done(&before);
	pf_subscriptions_done(&now);
}

static void only_what_differs_is_changed(void)
{
	changes("", "", "", "");
	changes("", "ba", "ab", "");
	changes("ba", "", "", "ab");
	changes("abc", "cab", "", "");
	changes("abc", "dbe", "de", "ac");
	changes("abcxyz", "zyxabc", "", "");
}

static void stored_messages_come_when_they_are_wanted_for_the_first_time(void)
{
	changes("aB", "aBc", "c", "");
	changes("ab", "aB", "b", "");
	changes("aB", "ab", "", "");
}

static void what_was_refused_is_asked_for_again(void)
{
	before = now = (struct pf_subscriptions){0};
	fill(&before, "abc");
	before.list[1].answer = 0x87;
	before.list[2].answer = 1;
	fill(&now, "cba");
	pf_subscriptions_carry(&now, &before);
	T_INT(pf_subscriptions_carried(&now), 2);
	T_INT(pf_subscriptions_carried(&before), 3);
	T_STR(now.list[1].topic, "c");
	T_INT(now.list[1].answer, 1);
	T_STR(now.list[2].topic, "b");
	pf_subscriptions_done(&before);
	pf_subscriptions_done(&now);
}

T_MAIN("subscriptions", T(only_what_differs_is_changed),
	T(stored_messages_come_when_they_are_wanted_for_the_first_time),
	T(what_was_refused_is_asked_for_again))
