/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/tap.h"

#define CONNACK    0x20
#define PUBLISH    0x30
#define SUBACK     0x90
#define PINGRESP   0xd0
#define DISCONNECT 0xe0
#define UPGRADED   4u   /* CR LF CR LF */
#define CONTROL    0x08 /* opcodes from here on carry nothing of ours */

void pf_tap_init(struct pf_tap *tap, bool websocket)
{
	*tap = (struct pf_tap){.websocket = websocket};
}

static void end_packet(struct pf_tap *tap)
{
	tap->messages += tap->type == PUBLISH;
	if (tap->type == PINGRESP) {
		tap->pongs++;
		tap->messages_before_pong = tap->messages;
	}
	tap->left |= tap->type == DISCONNECT;
	tap->stage = PF_TAP_TYPE;
}

static void take_size(struct pf_tap *tap, uint8_t byte)
{
	tap->size |= (uint32_t)(byte & 0x7f) << tap->shift;
	tap->shift += 7;
	if (byte & 0x80 && tap->shift < 28)
		return;
	tap->stage = PF_TAP_BODY;
	tap->at = 0;
	tap->bad |= tap->size > PF_PACKET_BAD;
	if (tap->type == SUBACK) {
		tap->suback_size = tap->size;
		tap->bad |= tap->suback_max && tap->size > tap->suback_max;
	}
	if (tap->size == 0)
		end_packet(tap);
}

/* Of what comes after the size. */
static void take_first_byte(struct pf_tap *tap, uint8_t byte)
{
	if (tap->type == DISCONNECT)
		tap->reason = byte;
	else if (tap->type == CONNACK)
		tap->resumed = byte & 1;
}

/* What only clients send, or who was asked to authenticate in steps, is dropped without a word. */
static bool is_a_brokers(uint8_t type)
{
	return type != 0x00 && type != 0x10 && type != 0x80 && type != 0xa0 && type != 0xc0 &&
	       type != 0xf0;
}

static void take_packet_byte(struct pf_tap *tap, uint8_t byte)
{
	switch (tap->stage) {
	case PF_TAP_TYPE:
		tap->type = byte & 0xf0;
		tap->bad |= !is_a_brokers(tap->type);
		tap->size = 0;
		tap->shift = 0;
		tap->stage = PF_TAP_SIZE;
		break;
	case PF_TAP_SIZE:
		take_size(tap, byte);
		break;
	case PF_TAP_BODY:
		if (tap->at == 0)
			take_first_byte(tap, byte);
		if (++tap->at == tap->size)
			end_packet(tap);
		break;
	}
}

/* The answer to the upgrade ends with an empty line. */
static void take_upgrade_byte(struct pf_tap *tap, uint8_t byte)
{
	const uint8_t wanted = tap->line % 2 ? '\n' : '\r';

	if (byte == wanted)
		tap->line++;
	else
		tap->line = byte == '\r';
}

/* Two bytes, and two or eight more of a longer size; a server does not mask (RFC 6455 5.1). */
static void take_head_byte(struct pf_tap *tap, uint8_t byte)
{
	const unsigned at = tap->head++;

	if (at == 0) {
		tap->opcode = byte & 0x0f;
		tap->head_size = 2;
		tap->rest = 0;
	} else if (at == 1) {
		const uint8_t size = byte & 0x7f;

		tap->head_size = size == 126 ? 4 : size == 127 ? 10 : 2;
		tap->rest = size < 126 ? size : 0;
	} else {
		tap->rest = tap->rest << 8 | byte;
	}
	if (tap->head >= 2 && tap->head == tap->head_size && tap->rest == 0)
		tap->head = 0;
}

static void take_websocket_byte(struct pf_tap *tap, uint8_t byte)
{
	if (tap->line < UPGRADED) {
		take_upgrade_byte(tap, byte);
		return;
	}
	if (tap->head < 2 || tap->head < tap->head_size) {
		take_head_byte(tap, byte);
		return;
	}
	if (tap->opcode < CONTROL)
		take_packet_byte(tap, byte);
	if (--tap->rest == 0)
		tap->head = 0;
}

void pf_tap_feed(struct pf_tap *tap, const void *bytes, size_t size)
{
	const uint8_t *byte = bytes;

	tap->bytes += size;
	for (size_t i = 0; i < size; i++)
		if (tap->websocket)
			take_websocket_byte(tap, byte[i]);
		else
			take_packet_byte(tap, byte[i]);
}
