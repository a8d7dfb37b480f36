/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * lines-test GPIO.SO: every function of the gpio driver against the kernel's own GPIO code. It runs
 * as root in the lab, where gpio-sim plays a Raspberry Pi's header; lines.sh starts it. The driver
 * is loaded as the daemon does it, through its descriptor, so the same test serves both versions
 * of libgpiod.
 */

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pinferry/driver.h"

#define CHIP        "gpiochip0"
#define DEADLINE_NS 5000000000U
#define SIM         "/sys/devices/platform/gpio-sim.0"
#define LIVE        "/sys/kernel/config/gpio-sim/lab/live"
#define TRACING     "/sys/kernel/tracing"

static const struct pf_line_ops *ops;
static char chip[32] = CHIP; /* changes after unplugging on some kernels */
static int n_passed, n_failed, n_skipped;

/* ---- a chip without interrupts: what the kernel answers then, put between library and kernel --*/

static bool no_interrupts;

static bool asks_for_edges(unsigned long code, const void *argument)
{
	const struct gpio_v2_line_request *request = argument;

	if (code == GPIO_GET_LINEEVENT_IOCTL)
		return true;
	return code == GPIO_V2_GET_LINE_IOCTL &&
	       request->config.flags & GPIO_V2_LINE_FLAG_EDGE_RISING;
}

int ioctl(int fd, unsigned long code, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, code);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (no_interrupts && asks_for_edges(code, argument)) {
		errno = ENXIO;
		return -1;
	}
	return (int)syscall(SYS_ioctl, fd, code, argument);
}

/* ---- results ---------------------------------------------------------------------------------*/

__attribute__((format(printf, 2, 3))) static bool check(bool passed, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	printf(passed ? "ok - " : "not ok - ");
	(void)vprintf(format, arguments);
	va_end(arguments);
	(void)putchar('\n');
	(void)fflush(stdout);
	*(passed ? &n_passed : &n_failed) += 1;
	return passed;
}

static void check_int(const char *what, long actual, long expected)
{
	if (actual == expected)
		(void)check(true, "%s", what);
	else
		(void)check(false, "%s: is %ld, expected %ld", what, actual, expected);
}

static void check_text(const char *what, const char *actual, const char *expected)
{
	if (strcmp(actual, expected) == 0)
		(void)check(true, "%s", what);
	else
		(void)check(false, "%s: is \"%s\", expected \"%s\"", what, actual, expected);
}

/* ---- the hardware from outside ---------------------------------------------------------------*/

static void write_file(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		perror(path);
		exit(99);
	}
	(void)close(fd);
}

static bool read_file(const char *path, char *text, size_t size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	while (used < size - 1 && (n = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	(void)close(fd);
	return true;
}

static void pull(unsigned offset, bool up)
{
	char path[128];

	(void)snprintf(path, sizeof path, SIM "/%s/sim_gpio%u/pull", chip, offset);
	write_file(path, up ? "pull-up" : "pull-down");
}

static int voltmeter(unsigned offset)
{
	char path[128], text[16];

	(void)snprintf(path, sizeof path, SIM "/%s/sim_gpio%u/value", chip, offset);
	return read_file(path, text, sizeof text) ? text[0] - '0' : -1;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* How often the line's interrupt has come, on all processors: /proc/interrupts has its consumer. */
static long interrupts(const char *consumer)
{
	char text[16384];
	char *at, *end;
	long sum = 0;

	if (!read_file("/proc/interrupts", text, sizeof text))
		return -1;
	at = strstr(text, consumer);
	if (!at)
		return -1;
	while (at > text && at[-1] != '\n')
		at--;
	for (at = strchr(at, ':') + 1;; at = end) {
		const long count = strtol(at, &end, 10);

		if (end == at)
			return sum;
		sum += count;
	}
}

/* Changes a line and waits until the kernel has heard of it. */
static bool toggle(unsigned offset, bool up, const char *consumer)
{
	const long before = interrupts(consumer);
	const uint64_t end_ns = now_ns() + DEADLINE_NS;

	pull(offset, up);
	while (interrupts(consumer) == before)
		if (now_ns() > end_ns)
			return false;
	return true;
}

static void trace_start(void)
{
	write_file(TRACING "/tracing_on", "0");
	(void)close(open(TRACING "/trace", O_WRONLY | O_TRUNC | O_CLOEXEC));
	write_file(TRACING "/events/gpio/enable", "1");
	write_file(TRACING "/tracing_on", "1");
}

/* What the kernel was told to do with levels and directions since trace_start(): "1>" and so on. */
static const char *traced(void)
{
	static char told[64];
	char text[16384];
	size_t used = 0;

	told[0] = '\0';
	if (!read_file(TRACING "/trace", text, sizeof text))
		return "no trace";
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		const char *set = strstr(line, "gpio_value: ");
		const char *direction = strstr(line, "gpio_direction: ");

		if (used >= sizeof told - 2)
			break;
		if (set && strstr(set, " set "))
			told[used++] = line[strlen(line) - 1];
		else if (direction)
			told[used++] = strstr(direction, " out") ? '>' : '<';
		told[used] = '\0';
	}
	return told;
}

/* ---- requests --------------------------------------------------------------------------------*/

static int try_input(unsigned offset, enum pf_bias bias, bool active_low, const char *consumer,
	struct pf_line **ret_line)
{
	const struct pf_input_request request = {
		.chip = chip,
		.offset = offset,
		.bias = bias,
		.active_low = active_low,
		.consumer = consumer,
	};

	return ops->request_input(NULL, &request, ret_line);
}

static struct pf_line *input(
	unsigned offset, enum pf_bias bias, bool active_low, const char *consumer)
{
	struct pf_line *line = NULL;
	const int r = try_input(offset, bias, active_low, consumer, &line);

	if (!check(r == 0, "GPIO%u can be requested as input", offset)) {
		printf("# %s\n", strerror(-r));
		exit(99);
	}
	return line;
}

struct taken {
	struct pf_line *line;
	bool level, was_output;
};

static struct taken output(unsigned offset, enum pf_initial initial, bool active_low,
	enum pf_drive drive, const char *consumer)
{
	const struct pf_output_request request = {
		.chip = chip,
		.offset = offset,
		.initial = initial,
		.active_low = active_low,
		.drive = drive,
		.consumer = consumer,
	};
	struct taken taken = {NULL, false, false};
	const int r = ops->request_output(
		NULL, &request, &taken.line, &taken.level, &taken.was_output);

	if (!check(r == 0, "GPIO%u can be requested as output", offset)) {
		printf("# %s\n", strerror(-r));
		exit(99);
	}
	return taken;
}

static bool wait_readable(const struct pf_line *line, short *ret_events)
{
	struct pollfd fd = {.fd = ops->event_fd(line), .events = POLLIN};
	const int n = poll(&fd, 1, (int)(DEADLINE_NS / 1000000));

	*ret_events = fd.revents;
	return n == 1;
}

/* ---- tests -----------------------------------------------------------------------------------*/

struct seen {
	unsigned offset;
	int n;
	struct pf_line_info info;
};

static int see(const struct pf_line_info *info, void *user)
{
	struct seen *seen = user;

	if (strcmp(info->label, "pinctrl-bcm2711") != 0)
		return 0;
	seen->n++;
	if (info->offset == seen->offset)
		seen->info = *info;
	return 0;
}

static struct seen look_at(unsigned offset)
{
	struct seen seen = {.offset = offset};

	check_int("a scan succeeds", ops->scan(NULL, see, &seen), 0);
	return seen;
}

static int stop_at_three(const struct pf_line_info *info, void *user)
{
	(void)user;
	return info->offset == 3 ? -77 : 0;
}

static void test_scan(void)
{
	const struct seen seen = look_at(17);

	check_int("it lists all lines", seen.n, 28);
	check_text("with chips", seen.info.chip, CHIP);
	check_text("with names", seen.info.name, "GPIO17");
	check_text("the header is behind no bus", seen.info.parent, "");
	check_int("nobody holds the line", seen.info.used, false);
	check_int("a visitor can stop it", ops->scan(NULL, stop_at_three, NULL), -77);
	check_int("a link to a chip is made", symlink(CHIP, "/dev/gpiochip4"), 0);
	check_int("it is left out", look_at(17).n, 28);
	(void)unlink("/dev/gpiochip4");
}

static void make_link(const char *target, const char *path)
{
	check_int(path, symlink(target, path), 0);
}

/* The chip's place in sysfs moved to behind an I2C bus, as for an expander. */
static void test_parent(void)
{
	static const char place[] = "/tmp/sys/i2c-1/1-0020/" CHIP, devices[] = "/tmp/sys/devices";
	char dev[32];

	(void)read_file("/sys/bus/gpio/devices/" CHIP "/dev", dev, sizeof dev);
	if (system("mkdir -p /tmp/sys/i2c-1/1-0020/" CHIP " /tmp/sys/devices /tmp/sys/bus/i2c")) {
		n_skipped++;
		return;
	}
	make_link("/tmp/sys/bus/i2c", "/tmp/sys/i2c-1/subsystem");
	make_link("/tmp/sys/bus/i2c", "/tmp/sys/i2c-1/1-0020/subsystem");
	make_link(place, "/tmp/sys/devices/" CHIP);
	write_file("/tmp/sys/i2c-1/1-0020/" CHIP "/dev", dev);
	make_link("/sys/bus/gpio", "/tmp/sys/i2c-1/1-0020/" CHIP "/subsystem");
	if (mount(devices, "/sys/bus/gpio/devices", NULL, MS_BIND, NULL)) {
		perror("# mount");
		n_skipped++;
		return;
	}
	check_text("an expander's chip names its bus", look_at(17).info.parent, "1-0020");
	(void)umount("/sys/bus/gpio/devices");
}

static void test_no_permission(void)
{
	int status = -1;
	pid_t child;

	(void)chmod("/dev/" CHIP, 0600);
	(void)fflush(stdout);
	child = fork();
	if (child == 0) {
		struct pf_line *line;
		struct seen seen = {.offset = 0};

		if (setuid(65534))
			_exit(9);
		_exit((ops->scan(NULL, see, &seen) == -EACCES ? 0 : 1) +
			(try_input(17, PF_BIAS_AS_IS, false, "test", &line) == -EACCES ? 0 : 2));
	}
	(void)waitpid(child, &status, 0);
	check_int("without permission, scan and request say so", status, 0);
}

static void test_initial(void)
{
	struct taken relay;

	pull(27, false);
	trace_start();
	relay = output(27, PF_INITIAL_ON, false, PF_DRIVE_PUSH_PULL, "relay");
	check_text("on is set at once", traced(), "1>");
	check_int("and told", relay.level, true);
	check_int("the line was no output", relay.was_output, false);
	check_int("the line is high", voltmeter(27), 1);
	check_int("it reads as on", ops->get(relay.line), 1);
	check_int("off works", ops->set(relay.line, false), 0);
	check_int("the line is low", voltmeter(27), 0);
	check_int("outputs have no events", ops->event_fd(relay.line), -EOPNOTSUPP);
	ops->release(relay.line);

	pull(26, true);
	trace_start();
	relay = output(26, PF_INITIAL_OFF, true, PF_DRIVE_PUSH_PULL, "relay");
	check_text("an active-low relay is never driven low", traced(), "1>");
	check_int("it reads as off", ops->get(relay.line), 0);
	check_int("on works", ops->set(relay.line, true), 0);
	check_int("on is low", voltmeter(26), 0);
	ops->release(relay.line);
}

/* gpio-sim leaves a released line as output, at the level that the pull gives. */
static void test_keep(void)
{
	struct taken relay = output(25, PF_INITIAL_ON, false, PF_DRIVE_PUSH_PULL, "relay");

	ops->release(relay.line);
	pull(25, true);
	trace_start();
	relay = output(25, PF_INITIAL_KEEP, false, PF_DRIVE_PUSH_PULL, "relay");
	check_text("keep never drives another level", traced(), "1>");
	check_int("it tells the level", relay.level, true);
	check_int("it knows an output", relay.was_output, true);
	check_int("the line can be set", ops->set(relay.line, false), 0);
	check_int("and moves", voltmeter(25), 0);
	ops->release(relay.line);

	relay = output(25, PF_INITIAL_KEEP, true, PF_DRIVE_PUSH_PULL, "relay");
	check_int("keep is logical", relay.level, false);
	check_int("the line stays", voltmeter(25), 1);
	ops->release(relay.line);

	ops->release(input(25, PF_BIAS_AS_IS, false, "button"));
	relay = output(25, PF_INITIAL_KEEP, false, PF_DRIVE_PUSH_PULL, "relay");
	check_int("an input counts as off", relay.level, false);
	check_int("and is told", relay.was_output, false);
	check_int("the line is off", voltmeter(25), 0);
	ops->release(relay.line);

	ops->release(input(25, PF_BIAS_AS_IS, true, "button"));
	relay = output(25, PF_INITIAL_KEEP, true, PF_DRIVE_PUSH_PULL, "relay");
	check_int("off of an active-low output is high", voltmeter(25), 1);
	ops->release(relay.line);
}

/*
 * gpio-sim cannot do open-drain itself, so the kernel makes the line an input where it is let go;
 * its level then is not simulated.
 */
static void test_drive(void)
{
	struct taken bus;

	trace_start();
	bus = output(24, PF_INITIAL_ON, false, PF_DRIVE_OPEN_DRAIN, "bus");
	check_text("open-drain on lets the line go", traced(), "<");
	check_int("off works", ops->set(bus.line, false), 0);
	check_int("off pulls it down", voltmeter(24), 0);
	trace_start();
	check_int("on works again", ops->set(bus.line, true), 0);
	(void)check(strchr(traced(), '<') && !strchr(traced(), '>'), "and lets it go");
	ops->release(bus.line);

	pull(23, false);
	trace_start();
	bus = output(23, PF_INITIAL_KEEP, false, PF_DRIVE_OPEN_SOURCE, "bus");
	check_text("open-source off lets the line go", traced(), "<");
	check_int("on works", ops->set(bus.line, true), 0);
	check_int("on pulls it up", voltmeter(23), 1);
	ops->release(bus.line);
}

static void test_bias(void)
{
	struct pf_line *line;

	pull(5, false);
	line = input(5, PF_BIAS_UP, false, "up");
	check_int("pull-up", ops->get(line), 1);
	ops->release(line);
	line = input(5, PF_BIAS_DOWN, false, "down");
	check_int("pull-down", ops->get(line), 0);
	ops->release(line);
	line = input(5, PF_BIAS_OFF, true, "off");
	check_int("no bias, active-low", ops->get(line), 1);
	ops->release(line);
}

static void test_edges(bool active_low)
{
	struct pf_line *line;
	struct pf_edge edges[4];
	uint64_t before_ns;
	short events;

	pull(17, active_low);
	line = input(17, PF_BIAS_AS_IS, active_low, "button");
	check_int("no edge yet", ops->read_edges(line, edges, 4), 0);
	before_ns = now_ns();
	check_int("a change is heard", toggle(17, !active_low, "button"), true);
	check_int("the descriptor tells", wait_readable(line, &events), true);
	check_int("one edge", ops->read_edges(line, edges, 4), 1);
	check_int("it is rising, logically", edges[0].rising, true);
	check_int("its stamp is right", edges[0].time_ns > before_ns && edges[0].time_ns < now_ns(),
		true);
	check_int("none is missing", (long)edges[0].missed, 0);
	check_int("the level", ops->get(line), 1);
	(void)toggle(17, active_low, "button");
	check_int("the descriptor tells again", wait_readable(line, &events), true);
	check_int("one edge again", ops->read_edges(line, edges, 1), 1);
	check_int("it is falling, logically", edges[0].rising, false);
	check_int("no edge is left", ops->read_edges(line, edges, 4), 0);
	ops->release(line);
}

/* More changes than anybody reads: n of them come, and the number of the rest is known or not. */
static void test_overflow(int changes)
{
	struct pf_line *line;
	struct pf_edge edges[10];
	long read = 0, missed = 0;
	int n, heard = 0;
	short events;

	pull(18, false);
	line = input(18, PF_BIAS_AS_IS, false, "meter");
	for (int i = 0; i < changes; i++)
		heard += toggle(18, i % 2 == 0, "meter");
	check_int("all changes are heard", heard, changes);
	while ((n = ops->read_edges(line, edges, 10)) > 0)
		for (int i = 0; i < n; i++) {
			read++;
			missed += (long)edges[i].missed;
		}
	check_int("reading ends well", n, 0);
	check_int("the level is right after it", ops->get(line), changes % 2);
	printf("# of %d changes %ld were read and %ld told missing\n", changes, read, missed);
	if (missed || read > 16)
		check_int("read and missed make all", read + missed, changes);
	else
		check_int("libgpiod 1.6: the kernel keeps 16", read, 16);
	(void)toggle(18, changes % 2 == 0, "meter");
	(void)wait_readable(line, &events);
	check_int("the next edge comes", ops->read_edges(line, edges, 10), 1);
	check_int("with none missing before it", (long)edges[0].missed, 0);
	ops->release(line);
}

static void test_no_interrupts(void)
{
	struct pf_line *line;
	struct pf_edge edge;

	no_interrupts = true;
	line = input(19, PF_BIAS_UP, false, "slow");
	no_interrupts = false;
	check_int("no event descriptor", ops->event_fd(line), -EOPNOTSUPP);
	check_int("no edges", ops->read_edges(line, &edge, 1), -EOPNOTSUPP);
	check_int("but a level", ops->get(line), 1);
	ops->release(line);
}

static void test_errors(void)
{
	struct pf_line *line = input(6, PF_BIAS_AS_IS, false, "first"), *second = NULL;
	const struct pf_input_request no_chip = {.chip = "gpiochip99", .offset = 0};
	const struct pf_input_request other = {.chip = "null", .offset = 0};
	const struct pf_input_request path = {.chip = "../dev/" CHIP, .offset = 0};

	check_int("a second request is refused",
		try_input(6, PF_BIAS_AS_IS, false, "second", &second), -EBUSY);
	check_text("the holder is known", look_at(6).info.consumer, "first");
	check_int("and that it is held", look_at(6).info.used, true);
	ops->release(line);
	check_int("no such line", try_input(28, PF_BIAS_AS_IS, false, "second", &second), -ENOENT);
	check_int("no such chip", ops->request_input(NULL, &no_chip, &second), -ENODEV);
	check_int("not a chip", ops->request_input(NULL, &other, &second), -ENODEV);
	check_int("not a name", ops->request_input(NULL, &path, &second), -ENODEV);
	(void)check(second == NULL, "nothing was given");
	ops->release(NULL);
}

static void test_unplug(void)
{
	struct pf_line *line = input(17, PF_BIAS_UP, false, "button");
	struct taken relay = output(27, PF_INITIAL_ON, false, PF_DRIVE_PUSH_PULL, "relay");
	struct pf_edge edge;
	struct seen seen;
	short events = 0;
	int n;

	write_file(LIVE, "0");
	check_int("the descriptor tells of an unplugged chip", wait_readable(line, &events), true);
	(void)check(events & (POLLHUP | POLLERR), "by POLLHUP or POLLERR (%#x)", (unsigned)events);
	/* an edge that came before may still be read */
	while ((n = ops->read_edges(line, &edge, 1)) > 0)
		;
	check_int("no edges any more", n, -ENODEV);
	check_int("no level any more", ops->get(line), -ENODEV);
	check_int("no setting any more", ops->set(relay.line, false), -ENODEV);
	check_int("no level of an output", ops->get(relay.line), -ENODEV);
	ops->release(line);
	ops->release(relay.line);
	check_int("no chip", ops->scan(NULL, see, &(struct seen){.offset = 0}), -ENODEV);
	write_file(LIVE, "1");
	seen = look_at(17);
	check_int("all lines are back", seen.n, 28);
	(void)snprintf(chip, sizeof chip, "%s", seen.info.chip);
	printf("# the chip is %s now\n", chip);
	ops->release(input(17, PF_BIAS_UP, false, "button"));
}

int main(int argc, char **argv)
{
	void *module = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
	const struct pf_driver *const *driver = module ? dlsym(module, PF_DRIVER_SYMBOL) : NULL;

	if (!driver) {
		printf("cannot load the driver: %s\n", argc == 2 ? dlerror() : "which?");
		return 99;
	}
	check_text("the driver's name", (*driver)->name, "gpio");
	ops = (*driver)->lines;
	test_scan();
	test_parent();
	test_no_permission();
	test_initial();
	test_keep();
	test_drive();
	test_bias();
	test_edges(false);
	test_edges(true);
	test_overflow(41);
	test_overflow(1101);
	test_no_interrupts();
	test_errors();
	test_unplug();
	printf("lines: %d passed, %d failed, %d skipped\n", n_passed, n_failed, n_skipped);
	return n_failed ? 1 : 0;
}
