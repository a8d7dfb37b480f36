/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/w1_id.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ROM_SIZE 8 /* family, six bytes of serial number, CRC */

bool pf_w1_id_is_good(const char *text)
{
	static const char hex[] = "0123456789abcdef";

	return strlen(text) == PF_W1_ID_SIZE - 1 && strspn(text, hex) == 2 && text[2] == '-' &&
	       strspn(text + 3, hex) == 12;
}

static int digit_of(char c)
{
	const char lower = (char)tolower((unsigned char)c);

	if (isdigit((unsigned char)c))
		return c - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The bytes in the order of the text; parts: how many pieces they come in. 0: something else. */
static size_t bytes_of(const char *text, uint8_t bytes[ROM_SIZE], size_t *ret_parts)
{
	size_t n = 0;

	*ret_parts = 1;
	if (strncasecmp(text, "0x", 2) == 0)
		text += 2;
	for (; *text; text += 2) {
		if (strchr(".-:_ ", *text)) {
			text++;
			++*ret_parts;
		}
		if (n == ROM_SIZE || digit_of(text[0]) < 0 || digit_of(text[1]) < 0)
			return 0;
		bytes[n++] = (uint8_t)(digit_of(text[0]) << 4 | digit_of(text[1]));
	}
	return n;
}

/* CRC-8, polynomial x^8 + x^5 + x^4 + 1, as of DS18B20, 19-7487, figure 11. */
static bool has_right_crc(const uint8_t rom[ROM_SIZE])
{
	uint8_t crc = 0;

	for (size_t i = 0; i < ROM_SIZE; i++) {
		crc ^= rom[i];
		for (int bit = 0; bit < 8; bit++)
			crc = (uint8_t)(crc & 1 ? crc >> 1 ^ 0x8c : crc >> 1);
	}
	return crc == 0;
}

static void reverse(uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		const uint8_t byte = bytes[i];

		bytes[i] = bytes[n - 1 - i];
		bytes[n - 1 - i] = byte;
	}
}

/* The kernel prints the serial number as a number: its last byte first. */
static void format_id(const uint8_t rom[ROM_SIZE], char ret_id[PF_W1_ID_SIZE])
{
	(void)snprintf(ret_id, PF_W1_ID_SIZE, "%02x-%02x%02x%02x%02x%02x%02x", rom[0], rom[6],
		rom[5], rom[4], rom[3], rom[2], rom[1]);
}

bool pf_w1_id_meant(const char *text, char ret_id[PF_W1_ID_SIZE])
{
	uint8_t rom[ROM_SIZE];
	size_t parts;
	const size_t n = bytes_of(text, rom, &parts);

	if (n == ROM_SIZE) {
		/* the bytes as they come over the wire, or all of them as one number */
		if (!has_right_crc(rom))
			reverse(rom, n);
		if (!has_right_crc(rom))
			return false;
	} else if (n == ROM_SIZE - 1 && parts == 2 && text[2] == '-') {
		/* the kernel's own, in capitals */
		reverse(rom + 1, n - 1);
	} else if (n != ROM_SIZE - 1 || parts == 1) {
		return false;
	}
	format_id(rom, ret_id);
	return true;
}
