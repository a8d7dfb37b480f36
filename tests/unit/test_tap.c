/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* What is seen of a connection while the library reads it; and what the broker allows on it. */

#include "../t.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "mqtt/flights.h"
#include "mqtt/limits.h"
#include "mqtt/tap.h"

static struct pf_tap tap;

/* A stream of packets as a broker would send it, and what is to be seen of it. */
struct stream {
	uint8_t bytes[1 << 20];
	size_t size;
	unsigned pongs;
	uint32_t suback_size;
};

static struct stream stream, framed;
static unsigned seed;

static unsigned below(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

static void put(struct stream *to, const void *bytes, size_t size)
{
	memcpy(to->bytes + to->size, bytes, size);
	to->size += size;
}

static void put_byte(struct stream *to, unsigned byte)
{
	const uint8_t one = (uint8_t)byte;

	put(to, &one, 1);
}

/* A packet full of bytes that look like others. */
static void put_packet(struct stream *to, unsigned type, size_t size)
{
	static const uint8_t traps[] = {0xd0, 0x00, 0xe0, 0x01, 0x8e, 0x90, 0x20, 0x80, 0xff};
	size_t rest = size;

	put_byte(to, type);
	do {
		put_byte(to, (unsigned)(rest & 0x7f) | (rest > 0x7f ? 0x80u : 0));
		rest >>= 7;
	} while (rest);
	for (size_t i = 0; i < size; i++)
		put_byte(to, traps[below(sizeof traps)]);
	to->pongs += type == 0xd0;
	if ((type & 0xf0) == 0x90)
		to->suback_size = (uint32_t)size;
}

static void put_some_packet(struct stream *to)
{
	static const uint8_t types[] = {0x30, 0x32, 0x3d, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0};
	const uint8_t type = types[below(sizeof types)];
	static const unsigned most[] = {1, 10, 130, 3000, 20000};

	put_packet(to, type, type == 0xd0 ? 0 : below(most[below(5)]));
}

static void make_stream(void)
{
	const int n = 1 + (int)below(40);

	stream = (struct stream){.size = 0};
	put_packet(&stream, 0x20, 3);
	for (int i = 0; i < n; i++)
		put_some_packet(&stream);
}

/* The same through a WebSocket, in frames that respect no packet, with pings between them. */
static void frame_stream(void)
{
	static const char upgrade[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
				      "X-Odd: \r\r\n\r\n";

	framed = (struct stream){.size = 0};
	put(&framed, upgrade, sizeof upgrade - 1);
	for (size_t at = 0; at < stream.size;) {
		static const unsigned most[] = {3, 130, 70000};
		size_t size = below(most[below(3)]);

		if (size > stream.size - at)
			size = stream.size - at;
		put_byte(&framed, below(2) ? 0x82 : 0x00);
		if (size < 126) {
			put_byte(&framed, (unsigned)size);
		} else if (size < 65536) {
			put_byte(&framed, 126);
			put_byte(&framed, (unsigned)(size >> 8));
			put_byte(&framed, size & 0xff);
		} else {
			put_byte(&framed, 127);
			for (int shift = 56; shift >= 0; shift -= 8)
				put_byte(&framed, (unsigned)((uint64_t)size >> shift) & 0xff);
		}
		put(&framed, stream.bytes + at, size);
		at += size;
		if (below(4) == 0)
			put(&framed, "\x89\x02\xd0\x00", 4);
	}
}

static void feed(const struct stream *from, bool websocket)
{
	pf_tap_init(&tap, websocket);
	for (size_t at = 0; at < from->size;) {
		size_t size = 1 + below(below(3) ? 4 : 5000);

		if (size > from->size - at)
			size = from->size - at;
		pf_tap_feed(&tap, from->bytes + at, size);
		at += size;
	}
	T_INT(tap.bytes, from->size);
	T_INT(tap.pongs, stream.pongs);
	T_INT(tap.suback_size, stream.suback_size);
	T_FALSE(tap.bad);
	T_FALSE(tap.left);
}

static void packets_are_told_apart_in_whatever_pieces_they_come(void)
{
	for (seed = 1; seed < 200; seed += 7) {
		make_stream();
		frame_stream();
		feed(&stream, false);
		feed(&framed, true);
	}
}

static void a_disconnect_is_seen_with_its_reason(void)
{
	static const struct {
		const char *bytes;
		size_t size;
		bool left;
		int reason;
	} cases[] = {{"\xe0\x00", 2, true, 0}, {"\xe0\x01\x8e", 3, true, 0x8e},
		{"\xd0\x00\xe0\x02\x9c\x00", 6, true, 0x9c}, {"\xe0\x01", 2, false, 0},
		{"\x30\x03\xe0\x01\x8e", 5, false, 0}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		pf_tap_init(&tap, false);
		pf_tap_feed(&tap, cases[i].bytes, cases[i].size);
		T_INT(tap.left, cases[i].left);
		T_INT(tap.reason, cases[i].reason);
	}
}

static void an_old_session_is_seen(void)
{
	pf_tap_init(&tap, false);
	pf_tap_feed(&tap, "\x20\x03\x00\x00\x00", 5);
	T_FALSE(tap.resumed);
	pf_tap_init(&tap, false);
	pf_tap_feed(&tap, "\x20\x03\x01\x00\x00", 5);
	T_TRUE(tap.resumed);
}

/* Before the library has made room for them. */
static void packets_that_nobody_asked_for_are_bad(void)
{
	pf_tap_init(&tap, false);
	pf_tap_feed(&tap, "\x30\x80\x80\x80\x08", 5);
	T_FALSE(tap.bad);
	pf_tap_init(&tap, false);
	pf_tap_feed(&tap, "\x30\x81\x80\x80\x08", 5);
	T_TRUE(tap.bad);
	for (unsigned type = 0; type < 16; type++) {
		const uint8_t packet[] = {(uint8_t)(type << 4), 0};

		pf_tap_init(&tap, false);
		pf_tap_feed(&tap, packet, 2);
		T_INT(tap.bad, (0x9503 >> type & 1) != 0);
	}
	pf_tap_init(&tap, false);
	tap.suback_max = 4;
	pf_tap_feed(&tap, "\x90\x04\x01\x02\x03\x04", 6);
	T_FALSE(tap.bad);
	pf_tap_feed(&tap, "\x90\x05", 2);
	T_TRUE(tap.bad);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void what_the_broker_does_not_want_is_left_out(void)
{
	struct pf_limits limits;

	pf_limits_init(&limits);
	T_INT(limits.window, PF_WINDOW_MAX);
	T_INT(pf_limits_qos(&limits, 2), 2);
	T_TRUE(pf_limits_retain(&limits, true));
	limits.qos_max = 1;
	T_INT(pf_limits_qos(&limits, 2), 1);
	T_INT(pf_limits_qos(&limits, 0), 0);
	limits.retain = false;
	T_FALSE(pf_limits_retain(&limits, true));
	pf_limits_set_window(&limits, 1);
	T_INT(limits.window, 1);
	pf_limits_set_window(&limits, 5);
	T_INT(limits.window, 4);
	pf_limits_set_window(&limits, 65535);
	T_INT(limits.window, PF_WINDOW_MAX);
}

/* The topics of any length that go into one packet are as many as fit, and all get into some. */
static void subscriptions_are_divided_into_packets_that_fit(void)
{
	const char *topics[200];
	char text[300];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	for (seed = 1; seed < 500; seed++) {
		struct pf_limits limits;
		size_t at = 0, n = 1 + below(200);

		pf_limits_init(&limits);
		limits.packet_max = below(3) ? 20 + below(1000) : 0;
		for (size_t i = 0; i < n; i++)
			topics[i] = text + below(sizeof text);
		while (at < n) {
			const size_t share = pf_limits_share(&limits, topics + at, n - at);
			size_t size = 8;

			for (size_t i = at; i < at + share; i++)
				size += 3 + strlen(topics[i]);
			T_TRUE(share <= PF_SUBSCRIBE_MAX);
			T_TRUE(!limits.packet_max || !share || size <= limits.packet_max);
			if (share == 0)
				T_TRUE(11 + strlen(topics[at]) > limits.packet_max);
			else if (at + share < n && share < PF_SUBSCRIBE_MAX)
				T_TRUE(size + 3 + strlen(topics[at + share]) > limits.packet_max);
			at += share ? share : 1;
		}
	}
}

/* ---- flights --------------------------------------------------------------------------------- */

static struct pf_outgoing *a_message(void)
{
	return pf_calloc(1, sizeof(struct pf_outgoing));
}

static void flights_end_once(void)
{
	static struct pf_flights flights;

	T_TRUE(pf_flights_oldest_ns(&flights) == PF_NEVER);
	for (int id = 1; id <= PF_WINDOW_MAX; id++)
		(void)pf_flights_add(&flights, id, a_message(), (uint64_t)id * 10);
	T_TRUE(pf_flights_oldest_ns(&flights) == 10);
	pf_flight_end(pf_flights_find(&flights, 1));
	T_TRUE(pf_flights_find(&flights, 1) == NULL);
	T_TRUE(pf_flights_oldest_ns(&flights) == 20);
	(void)pf_flights_add(&flights, 1, a_message(), 500);
	T_INT(pf_flights_find(&flights, 1)->number, PF_WINDOW_MAX + 1);
	pf_flights_done(&flights);
	T_TRUE(pf_flights_oldest_ns(&flights) == PF_NEVER);
}

T_MAIN("tap", T(packets_are_told_apart_in_whatever_pieces_they_come),
	T(a_disconnect_is_seen_with_its_reason), T(an_old_session_is_seen),
	T(packets_that_nobody_asked_for_are_bad), T(what_the_broker_does_not_want_is_left_out),
	T(subscriptions_are_divided_into_packets_that_fit), T(flights_end_once))
