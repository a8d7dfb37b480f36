/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <unistd.h>

#include "../t.h"
#include "hw/resolve.h"

/* A machine: lines as a scan reports them, or the error that the scan ends with. */
struct machine {
	const struct pf_line_info *lines;
	size_t n;
	int error;
};

static int fake_scan(
	void *board, int (*visit)(const struct pf_line_info *info, void *user), void *user)
{
	const struct machine *machine = board;
	int r = machine->error;

	for (size_t i = 0; i < machine->n && !r; i++)
		r = visit(&machine->lines[i], user);
	return r;
}

static const struct pf_line_ops fake_ops = {.scan = fake_scan};

#define LINE(chip_, label_, offset_, name_)                                                        \
	{                                                                                          \
		.chip = chip_, .label = label_, .offset = offset_, .name = name_                   \
	}

/* Raspberry Pi 4 with Debian's kernel: names of functions, as in mainline's device tree. */
static const struct pf_line_info old_names[] = {
	LINE("gpiochip0", "pinctrl-bcm2711", 0, "ID_SDA"),
	LINE("gpiochip0", "pinctrl-bcm2711", 2, "SDA1"),
	LINE("gpiochip0", "pinctrl-bcm2711", 4, "GPIO_GCLK"),
	LINE("gpiochip0", "pinctrl-bcm2711", 17, "GPIO17"),
	LINE("gpiochip0", "pinctrl-bcm2711", 42, "-"),
	LINE("gpiochip1", "raspberrypi-exp-gpio", 4, "CAM_GPIO"),
	LINE("gpiochip1", "raspberrypi-exp-gpio", 5, "-"),
};
static struct machine old = {old_names, sizeof old_names / sizeof *old_names, 0};

/* Raspberry Pi 5 with an old Raspberry Pi OS: the header is not the first chip. */
static const struct pf_line_info pi5_names[] = {
	LINE("gpiochip0", "gpio-brcmstb@107d508500", 17, ""),
	LINE("gpiochip4", "pinctrl-rp1", 4, "GPIO4"),
	LINE("gpiochip4", "pinctrl-rp1", 16, "GPIO16"),
	LINE("gpiochip4", "pinctrl-rp1", 17, "GPIO17"),
};
static struct machine pi5 = {pi5_names, sizeof pi5_names / sizeof *pi5_names, 0};

/* Two expanders of a kind and a board that reuses names. */
static const struct pf_line_info twin_names[] = {
	LINE("gpiochip0", "pinctrl-bcm2835", 17, "GPIO17"),
	LINE("gpiochip2", "pcf8574", 0, "RELAY1"),
	LINE("gpiochip3", "pcf8574", 0, "RELAY1"),
	LINE("gpiochip3", "pcf8574", 1, "GPIO4"),
	LINE("gpiochip5", "gpiochip2", 0, "odd"),
};
static struct machine twins = {twin_names, sizeof twin_names / sizeof *twin_names, 0};

static char reason[PF_REASON_SIZE];

/* "CHIP:OFFSET" of what is found, or the error as text. */
static const char *resolve(struct machine *machine, struct pf_line_query query)
{
	static char text[64];
	struct pf_line_info info;
	int r;

	reason[0] = '\0';
	r = pf_line_resolve(&fake_ops, machine, &query, &info, reason);
	if (r)
		(void)snprintf(text, sizeof text, "%s", strerrorname_np(-r));
	else
		(void)snprintf(text, sizeof text, "%s:%u", info.chip, (unsigned)info.offset);
	return text;
}

static const char *by_line(struct machine *machine, const char *line)
{
	return resolve(machine, (struct pf_line_query){.line = line});
}

static const char *by_pin(struct machine *machine, int pin)
{
	return resolve(machine, (struct pf_line_query){.pin = pin});
}

static const char *by_chip(struct machine *machine, const char *chip, uint32_t offset)
{
	return resolve(machine, (struct pf_line_query){.chip = chip, .offset = offset});
}

static void finds_exact_names(void)
{
	T_STR(by_line(&old, "GPIO17"), "gpiochip0:17");
	T_STR(by_line(&old, "GPIO_GCLK"), "gpiochip0:4");
	T_STR(by_line(&old, "CAM_GPIO"), "gpiochip1:4");
	T_STR(by_line(&pi5, "GPIO17"), "gpiochip4:17");
}

static void an_exact_name_wins_over_the_number(void)
{
	/* an expander's line called GPIO4 is meant, not offset 4 of the header */
	T_STR(by_line(&twins, "GPIO4"), "gpiochip3:1");
}

static void finds_header_lines_that_have_other_names(void)
{
	T_STR(by_line(&old, "GPIO4"), "gpiochip0:4");
	T_STR(by_line(&old, "GPIO2"), "gpiochip0:2");
	T_STR(by_line(&old, "GPIO0"), "gpiochip0:0");
	T_STR(by_line(&old, "GPIO42"), "gpiochip0:42");
	/* nor is the name's number taken where the chip is not the header's */
	T_STR(by_line(&old, "GPIO5"), "ENOENT");
	T_HAS(reason, "GPIO5");
}

static void finds_header_pins(void)
{
	T_STR(by_pin(&old, 7), "gpiochip0:4");
	T_STR(by_pin(&old, 11), "gpiochip0:17");
	T_STR(by_pin(&pi5, 36), "gpiochip4:16");
	T_STR(by_pin(&twins, 11), "gpiochip0:17");
}

static void power_pins_are_not_lines(void)
{
	T_STR(by_pin(&old, 1), "ENOENT");
	T_HAS(reason, "pin 1 is 3.3 V");
	T_STR(by_pin(&old, 4), "ENOENT");
	T_HAS(reason, "5 V");
	T_STR(by_pin(&old, 39), "ENOENT");
	T_HAS(reason, "ground");
	T_STR(by_pin(&old, 41), "ENOENT");
	T_HAS(reason, "1 to 40");
}

static void finds_chips_by_label_name_and_path(void)
{
	T_STR(by_chip(&pi5, "pinctrl-rp1", 17), "gpiochip4:17");
	T_STR(by_chip(&pi5, "gpiochip4", 17), "gpiochip4:17");
	T_STR(by_chip(&pi5, "/dev/gpiochip4", 17), "gpiochip4:17");
	T_STR(by_chip(&pi5, "gpio-brcmstb@107d508500", 17), "gpiochip0:17");
}

static void follows_links_to_chips(void)
{
	char target[600], link[600];

	/* the chip's file has to be there for a link to lead to it */
	(void)snprintf(target, sizeof target, "%s", t_write_file("gpiochip4", ""));
	(void)snprintf(link, sizeof link, "%s/relays", t_temp_dir());
	T_INT(symlink(target, link), 0);
	T_STR(by_chip(&pi5, link, 16), "gpiochip4:16");
}

static void a_name_of_two_lines_is_an_error(void)
{
	T_STR(by_line(&twins, "RELAY1"), "ENOTUNIQ");
	T_HAS(reason, "gpiochip2:0 and gpiochip3:0");
	T_STR(by_chip(&twins, "pcf8574", 0), "ENOTUNIQ");
	T_HAS(reason, "gpiochip2:0 and gpiochip3:0");
	/* only one of the twins has a line 1: still which of them is a guess we may make */
	T_STR(by_chip(&twins, "pcf8574", 1), "gpiochip3:1");
	/* a chip's name wins over another chip's label */
	T_STR(by_chip(&twins, "gpiochip2", 0), "gpiochip2:0");
}

static void says_what_is_missing(void)
{
	struct machine none = {.error = -ENODEV}, locked = {.error = -EACCES};

	T_STR(by_line(&none, "GPIO17"), "ENODEV");
	T_HAS(reason, "no GPIO chip");
	T_STR(by_line(&locked, "GPIO17"), "EACCES");
	T_HAS(reason, "permission");
	T_STR(by_line(&old, "GPIO99"), "ENOENT");
	T_HAS(reason, "GPIO99");
	T_STR(by_line(&old, "relay"), "ENOENT");
	T_STR(by_chip(&old, "pinctrl-rp1", 4), "ENODEV");
	T_HAS(reason, "no GPIO chip pinctrl-rp1");
	T_STR(by_chip(&old, "pinctrl-bcm2711", 99), "ENOENT");
	T_HAS(reason, "no line 99");
}

static void a_machine_without_header_has_no_pins(void)
{
	static const struct pf_line_info line = LINE("gpiochip0", "ich9", 17, "");
	struct machine pc = {&line, 1, 0};

	T_STR(by_pin(&pc, 11), "ENODEV");
	T_HAS(reason, "40-pin header");
	T_STR(by_line(&pc, "GPIO17"), "ENOENT");
}

static void chips_that_cannot_be_opened_are_left_out(void)
{
	/* the scan skips them; what is readable is found as always */
	struct machine part = {pi5_names + 1, 3, 0};

	T_STR(by_line(&part, "GPIO17"), "gpiochip4:17");
	T_STR(by_chip(&part, "gpiochip0", 17), "ENODEV");
}

static void header_table_is_consistent(void)
{
	int n = 0;

	for (int pin = 1; pin <= 40; pin++) {
		const int gpio = pf_header_gpio(pin);

		if (gpio < 0)
			continue;
		T_INT(pf_header_pin(gpio), pin);
		n++;
	}
	T_INT(n, 28);
	T_INT(pf_header_gpio(3), 2);
	T_INT(pf_header_gpio(40), 21);
	T_INT(pf_header_gpio(0), -1);
	T_INT(pf_header_gpio(41), -1);
	T_INT(pf_header_pin(28), -1);
	T_INT(pf_header_pin(-1), -1);
	T_INT(pf_header_pin(-3), -1);
}

static void reads_gpio_numbers(void)
{
	T_INT(pf_gpio_number("GPIO0"), 0);
	T_INT(pf_gpio_number("GPIO27"), 27);
	T_INT(pf_gpio_number("GPIO999"), 999);
	T_INT(pf_gpio_number("GPIO1000"), -1);
	T_INT(pf_gpio_number("GPIO"), -1);
	T_INT(pf_gpio_number("GPIO04"), -1);
	T_INT(pf_gpio_number("GPIO4x"), -1);
	T_INT(pf_gpio_number("GPIO-4"), -1);
	T_INT(pf_gpio_number("GPIO_GCLK"), -1);
	T_INT(pf_gpio_number("gpio4"), -1);
	T_INT(pf_gpio_number(""), -1);
}

T_MAIN("resolve", T(finds_exact_names), T(an_exact_name_wins_over_the_number),
	T(finds_header_lines_that_have_other_names), T(finds_header_pins),
	T(power_pins_are_not_lines), T(finds_chips_by_label_name_and_path),
	T(follows_links_to_chips), T(a_name_of_two_lines_is_an_error), T(says_what_is_missing),
	T(a_machine_without_header_has_no_pins), T(chips_that_cannot_be_opened_are_left_out),
	T(header_table_is_consistent), T(reads_gpio_numbers))
