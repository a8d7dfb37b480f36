/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "../t.h"

#include <stdlib.h>

#include "mqtt/delivery.h"

static struct pf_deliveries deliveries;
static char ends[4096];

static void note(void *user, const struct pf_delivery *delivery)
{
	static const char *const names[] = {[PF_FATE_CONFIRMED] = "confirmed",
		[PF_FATE_SENT] = "sent",
		[PF_FATE_REFUSED] = "refused",
		[PF_FATE_PUT_OFF] = "put off",
		[PF_FATE_NEVER] = "never",
		[PF_FATE_REPLACED] = "replaced",
		[PF_FATE_LOST] = "lost"};
	const size_t used = strlen(ends);

	(void)user;
	(void)snprintf(ends + used, sizeof ends - used, "%s %s%s%s; ", delivery->topic,
		names[delivery->fate], delivery->reason ? ": " : "",
		delivery->reason ? delivery->reason : "");
}

static void begin(int window)
{
	ends[0] = '\0';
	pf_deliveries_init(&deliveries, note, NULL);
	pf_deliveries_open(&deliveries, window);
}

static void put(const char *topic, bool state)
{
	const struct pf_link_publication publication = {.topic = topic, .qos = 1, .state = state};

	T_INT(pf_deliveries_put(&deliveries, &publication), 0);
}

/* The next goes out; its serial, 0: none may. */
static uint64_t next(void)
{
	struct pf_outgoing *message = pf_deliveries_next(&deliveries);
	const uint64_t serial = message ? message->serial : 0;

	free(message);
	return serial;
}

static void each_way_has_its_end(void)
{
	uint64_t a, b, c;

	begin(3);
	put("a", false);
	put("b", true);
	put("c", false);
	put("d", false);
	a = next();
	b = next();
	c = next();
	T_TRUE(a && b && c);
	T_INT(next(), 0);
	pf_deliveries_end(&deliveries, b, PF_FATE_CONFIRMED, NULL);
	T_TRUE(next() != 0);
	pf_deliveries_end(&deliveries, a, PF_FATE_REFUSED, "no");
	pf_deliveries_end(&deliveries, c, PF_FATE_NEVER, "too large");
	T_STR(ends, "b confirmed; a refused: no; c never: too large; ");
	T_INT(deliveries.n, 1);
	pf_deliveries_lose(&deliveries);
	T_STR(ends, "b confirmed; a refused: no; c never: too large; d lost; ");
	T_INT(deliveries.n, 0);
	pf_deliveries_free(&deliveries);
}

static void what_is_over_is_over(void)
{
	uint64_t a;

	begin(2);
	put("a", false);
	put("b", false);
	a = next();
	(void)next();
	pf_deliveries_end(&deliveries, a, PF_FATE_CONFIRMED, NULL);
	pf_deliveries_end(&deliveries, a, PF_FATE_CONFIRMED, NULL);
	pf_deliveries_end(&deliveries, a, PF_FATE_LOST, NULL);
	pf_deliveries_end(&deliveries, a + 1000, PF_FATE_CONFIRMED, NULL);
	pf_deliveries_end(&deliveries, 0, PF_FATE_CONFIRMED, NULL);
	T_INT(deliveries.n, 1);
	T_STR(ends, "a confirmed; ");
	pf_deliveries_flush(&deliveries);
	pf_deliveries_free(&deliveries);
}

static void states_wait_for_the_next_connection(void)
{
	begin(1);
	put("a", true);
	put("a", true);
	put("b", false);
	put("c", true);
	(void)next();
	T_STR(ends, "a replaced; ");
	pf_deliveries_lose(&deliveries);
	T_STR(ends, "a replaced; a lost; b lost; ");
	T_INT(next(), 0);
	pf_deliveries_open(&deliveries, 1);
	T_TRUE(next() != 0);
	pf_deliveries_flush(&deliveries);
	T_STR(ends, "a replaced; a lost; b lost; c lost; ");
	pf_deliveries_free(&deliveries);
}

static void what_an_answer_means(void)
{
	static const int lasting[] = {0x87, 0x90, 0x95, 0x99, 0x9b};
	static const int passing[] = {0x80, 0x83, 0x91, 0x97};

	T_INT(pf_fate_of_answer(0), PF_FATE_CONFIRMED);
	T_INT(pf_fate_of_answer(0x10), PF_FATE_CONFIRMED); /* nobody listens */
	for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++)
		T_INT(pf_fate_of_answer(lasting[i]), PF_FATE_REFUSED);
	for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
		T_INT(pf_fate_of_answer(passing[i]), PF_FATE_PUT_OFF);
}

/* ---- property -------------------------------------------------------------------------------- */

#define N_MESSAGES 200000

/* Each message has its number as token; how often each came to an end. */
static uint8_t n_ends[N_MESSAGES + 1];
static size_t n_fates[PF_FATE_LOST + 1], n_taken;
static unsigned seed = 11;

static int dice(int n)
{
	return (int)((unsigned)rand_r(&seed) % (unsigned)n);
}

static void put_random(void)
{
	char topic[16];
	struct pf_link_publication publication = {
		.topic = topic, .qos = dice(3), .state = dice(2), .last = dice(50) == 0};

	if (n_taken == N_MESSAGES)
		return;
	publication.token = ++n_taken;
	(void)snprintf(topic, sizeof topic, "t%d", dice(200));
	/* one that is not taken in has no end */
	if (pf_deliveries_put(&deliveries, &publication) != 0)
		T_INT(n_ends[publication.token]++, 0);
}

static void count_end(void *user, const struct pf_delivery *delivery)
{
	(void)user;
	n_ends[delivery->token]++;
	n_fates[delivery->fate]++;
	T_TRUE(deliveries.n >= 0);
	/* its owner may have more to say at once */
	if (dice(4) == 0)
		put_random();
}

/* What the link thread and the broker know: what is not answered, and some of what was ever sent.
 */
struct other_side {
	uint64_t open[PF_WINDOW_MAX], old[64];
	int n_old;
};

static void send_random(struct other_side *side)
{
	struct pf_outgoing *message = pf_deliveries_next(&deliveries);

	if (!message)
		return;
	T_TRUE(deliveries.n <= deliveries.window);
	side->old[side->n_old++ % 64] = message->serial;
	if (message->qos > 0 && dice(10) > 0)
		side->open[dice(PF_WINDOW_MAX)] = message->serial;
	else
		pf_deliveries_end(
			&deliveries, message->serial, dice(2) ? PF_FATE_SENT : PF_FATE_NEVER, NULL);
	free(message);
}

static void answer_random(struct other_side *side)
{
	static const int codes[] = {0, 0, 0, 0x10, 0x87, 0x97, 0x99};

	pf_deliveries_end(&deliveries, side->open[dice(PF_WINDOW_MAX)],
		pf_fate_of_answer(codes[dice(7)]), NULL);
}

/* Anything, to one that may be on its way, or over, or of an old connection. */
static void end_random(struct other_side *side)
{
	pf_deliveries_end(
		&deliveries, side->old[dice(64)], (enum pf_fate)dice(PF_FATE_LOST + 1), NULL);
}

static void lose_random(struct other_side *side)
{
	pf_deliveries_lose(&deliveries);
	T_INT(deliveries.n, 0);
	/* what the link thread still says of the old connection */
	for (int i = 0; i < 5; i++)
		pf_deliveries_end(&deliveries, side->old[dice(64)], PF_FATE_LOST, NULL);
	if (dice(2))
		put_random();
	pf_deliveries_open(&deliveries, 1 + dice(PF_WINDOW_MAX));
}

static void each_message_has_exactly_one_end(void)
{
	struct other_side side = {0};
	size_t n_steps = 0;

	pf_deliveries_init(&deliveries, count_end, NULL);
	pf_deliveries_open(&deliveries, PF_WINDOW_MAX);
	for (; n_taken < N_MESSAGES - 200; n_steps++) {
		const int what = dice(1000);

		if (what < 400)
			put_random();
		else if (what < 700)
			send_random(&side);
		else if (what < 985)
			answer_random(&side);
		else if (what < 995)
			end_random(&side);
		else
			lose_random(&side);
	}
	while (deliveries.n > 0 || !pf_outbox_is_empty(&deliveries.outbox))
		pf_deliveries_flush(&deliveries);
	for (size_t i = 1; i <= n_taken; i++)
		if (n_ends[i] != 1) {
			T_INT(n_ends[i], 1);
			printf("# message %zu\n", i);
			break;
		}
	printf("# %zu messages in %zu steps: %zu confirmed, %zu sent, %zu refused, %zu put off, "
	       "%zu never, %zu replaced, %zu lost\n",
		n_taken, n_steps, n_fates[0], n_fates[1], n_fates[2], n_fates[3], n_fates[4],
		n_fates[5], n_fates[6]);
	for (int i = 0; i <= PF_FATE_LOST; i++)
		T_TRUE(n_fates[i] > 1000);
	pf_deliveries_free(&deliveries);
}

T_MAIN("delivery", T(each_way_has_its_end), T(what_is_over_is_over),
	T(states_wait_for_the_next_connection), T(what_an_answer_means),
	T(each_message_has_exactly_one_end))
