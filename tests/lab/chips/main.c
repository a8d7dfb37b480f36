/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */
/*
 * i2c-chips MODEL@ADDRESS...: an I2C bus with chips on it, e.g. bme280@0x76 lm75@0x48.
 *
 * Opens /dev/i2c-user, which makes a new bus, prints "bus N" and plays the chips until its standard
 * input ends. Each line of input is an order about the chip at an address, each gets one line back
 * ("ok", a number, or "error"):
 *
 *   ADDRESS fault works|nack|silent|zeros|ones [TIMES]
 *   ADDRESS transfers                 how many transfers named it so far
 *   ADDRESS KEY NUMBER                what the model knows: temp, raw; adc_t, adc_p, adc_h, id
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "chip.h"

#define I2C_USER_NR         _IO('u', 0x60) /* kmod/i2c-user.c */
#define I2C_MESSAGE_IS_READ 1
#define CHIPS_MAX           16

/* One transfer as i2c-user hands it out: a head, then messages, written bytes behind each. */
struct transfer_head {
	uint32_t sequence, messages;
};

struct message_head {
	uint16_t address, flags;
	uint32_t length;
};

struct answer_head {
	uint32_t sequence;
	int32_t result;
};

struct bench {
	int fd;
	struct chip chips[CHIPS_MAX];
	size_t count;
};

static const char *const fault_names[] = {
	[CHIP_WORKS] = "works",
	[CHIP_NACK] = "nack",
	[CHIP_SILENT] = "silent",
	[CHIP_ZEROS] = "zeros",
	[CHIP_ONES] = "ones",
};

static void fail(const char *what)
{
	fprintf(stderr, "i2c-chips: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct chip *find_chip(struct bench *bench, unsigned long address)
{
	for (size_t i = 0; i < bench->count; i++) {
		if (bench->chips[i].address == address)
			return &bench->chips[i];
	}
	return NULL;
}

/* The fault that strikes this transfer, counted down. */
static enum chip_fault strike(struct chip *chip)
{
	enum chip_fault fault = chip->fault;

	chip->transfers++;
	if (fault != CHIP_WORKS && chip->fault_times > 0 && --chip->fault_times == 0)
		chip->fault = CHIP_WORKS;
	return fault;
}

static void answer(
	struct bench *bench, uint8_t *reply, size_t length, uint32_t sequence, int result)
{
	struct answer_head head = {sequence, result};

	memcpy(reply, &head, sizeof(head));
	/* an answer that comes too late is refused: nothing to do about it */
	if (write(bench->fd, reply, length) < 0 && errno != EINVAL)
		fail("answer");
}

/* Plays the messages of one transfer; a chip answers for its own, an absent one fails the whole. */
static void play(struct bench *bench, const uint8_t *bytes)
{
	static uint8_t reply[1 << 16];
	struct transfer_head head;
	struct message_head message;
	size_t at = sizeof(struct answer_head);
	enum chip_fault fault = CHIP_WORKS;
	struct chip *chip = NULL;

	memcpy(&head, bytes, sizeof(head));
	bytes += sizeof(head);
	for (uint32_t i = 0; i < head.messages; i++) {
		memcpy(&message, bytes, sizeof(message));
		bytes += sizeof(message);
		if (!chip || chip->address != message.address) {
			chip = find_chip(bench, message.address);
			fault = chip ? strike(chip) : CHIP_NACK;
		}
		if (fault == CHIP_SILENT)
			return;
		if (fault == CHIP_NACK) {
			answer(bench, reply, sizeof(struct answer_head), head.sequence, -EREMOTEIO);
			return;
		}
		if (message.flags & I2C_MESSAGE_IS_READ) {
			if (fault == CHIP_WORKS)
				chip->model->read(chip, reply + at, message.length);
			else
				memset(reply + at, fault == CHIP_ONES ? 0xff : 0, message.length);
			at += message.length;
		} else {
			chip->model->write(chip, bytes, message.length);
			bytes += message.length;
		}
	}
	answer(bench, reply, at, head.sequence, 0);
}

static int set_fault(struct chip *chip, const char *name, long times)
{
	for (size_t i = 0; i < sizeof(fault_names) / sizeof(fault_names[0]); i++) {
		if (!strcmp(name, fault_names[i])) {
			chip->fault = (enum chip_fault)i;
			chip->fault_times = times;
			return 0;
		}
	}
	return -EINVAL;
}

static void obey(struct bench *bench, char *line)
{
	const char *address = strtok(line, " \n"), *key = strtok(NULL, " \n");
	const char *value = strtok(NULL, " \n"), *times = strtok(NULL, " \n");
	struct chip *chip = address ? find_chip(bench, strtoul(address, NULL, 0)) : NULL;
	int result = -EINVAL;

	if (chip && key && !value && !strcmp(key, "transfers")) {
		printf("%u\n", chip->transfers);
		return;
	}
	if (chip && key && value && !strcmp(key, "fault"))
		result = set_fault(chip, value, times ? strtol(times, NULL, 0) : -1);
	else if (chip && key && value)
		result = chip->model->set(chip, key, strtol(value, NULL, 0));
	puts(result == 0 ? "ok" : "error");
}

static int add_chip(struct bench *bench, const char *spec)
{
	static const struct chip_model *const models[] = {&chip_bme280, &chip_lm75};
	const char *at = strchr(spec, '@');

	for (size_t i = 0; at && i < sizeof(models) / sizeof(models[0]); i++) {
		size_t length = (size_t)(at - spec);
		struct chip *chip = &bench->chips[bench->count];

		if (strlen(models[i]->name) != length || strncmp(models[i]->name, spec, length))
			continue;
		if (bench->count == CHIPS_MAX)
			return -ENOSPC;
		chip->model = models[i];
		chip->address = (uint16_t)strtoul(at + 1, NULL, 0);
		chip->model->power_on(chip);
		bench->count++;
		return 0;
	}
	return -EINVAL;
}

/* Serves the bus and the orders until the orders end. */
static void serve(struct bench *bench)
{
	static uint8_t transfer[1 << 16];
	struct pollfd fds[2] = {{.fd = 0, .events = POLLIN}, {.fd = bench->fd, .events = POLLIN}};
	char line[256];

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			fail("poll");
		if (fds[1].revents & POLLIN) {
			if (read(bench->fd, transfer, sizeof(transfer)) < 0)
				fail("transfer");
			play(bench, transfer);
		}
		if (fds[0].revents) {
			if (!fgets(line, sizeof(line), stdin))
				return;
			obey(bench, line);
		}
	}
}

int main(int argc, char **argv)
{
	static struct bench bench;
	int bus;

	setvbuf(stdin, NULL, _IONBF, 0); /* so that poll sees every line */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		if (add_chip(&bench, argv[i])) {
			fprintf(stderr,
				"i2c-chips: %s: no such chip (bme280@ADDRESS, lm75@ADDRESS)\n",
				argv[i]);
			return 64;
		}
	}
	bench.fd = open("/dev/i2c-user", O_RDWR | O_CLOEXEC);
	if (bench.fd < 0)
		fail("/dev/i2c-user");
	bus = ioctl(bench.fd, I2C_USER_NR);
	if (bus < 0)
		fail("bus number");
	printf("bus %d\n", bus);
	serve(&bench);
	return 0;
}
