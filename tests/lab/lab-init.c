/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */
/*
 * PID 1 of the lab kernel (User-Mode Linux or QEMU): makes the root, the GPIO chip and the buses,
 * runs one command, leaves its exit status and powers off. run.sh starts it.
 *
 * Settings come as kernel arguments, which the kernel hands on as environment:
 *   LAB_OUT   host folder with "cmd" (a shell script), "seed" and "bin"; gets "rc"
 *   LAB_DIRS  host folders, with colons between, that are writable through and through; the rest
 *             of the host's root is there too, but what is written to it vanishes
 *   LAB_TTY   terminal for the command's output
 *   LAB_ROOT  host folder to use as root instead of "/"
 *   LAB_INIT  program to become PID 1 (systemd) instead of running the command from here
 * In an initramfs (QEMU), /lab-modules lists the modules to load, one "FILE ARGUMENTS" a line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MODULE_LIST "/lab-modules"

static void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* The lab is of no use half set up: says what failed on the console, and ends the kernel. */
static void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "lab-init: %s: %s\n", what, strerror(errno));
	power_off();
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

static void create_with_text(const char *path, const char *text)
{
	close(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
	write_text(path, text);
}

static void make_dirs(const char *path)
{
	char partial[512];

	snprintf(partial, sizeof(partial), "%s", path);
	for (char *p = partial + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		mkdir(partial, 0755);
		*p = '/';
	}
	mkdir(partial, 0755);
}

static int in_initramfs(void)
{
	return access(MODULE_LIST, F_OK) == 0;
}

static void load_modules(void)
{
	char line[512];
	FILE *list = fopen(MODULE_LIST, "re");

	while (list && fgets(line, sizeof(line), list)) {
		char *arguments = line + strcspn(line, " \n");
		int fd;

		line[strcspn(line, "\n")] = 0;
		if (*arguments)
			*arguments++ = 0;
		fd = open(line, O_RDONLY);
		must(fd >= 0 && !syscall(SYS_finit_module, fd, arguments, 0), line);
		close(fd);
	}
	if (list)
		fclose(list);
}

/* Mounts a folder of the host: by its path under UML (hostfs), by its tag under QEMU (9p). */
static void mount_host(
	int by_tag, const char *path, const char *tag, const char *at, unsigned long flags)
{
	if (by_tag)
		must(!mount(tag, at, "9p", flags,
			     "trans=virtio,version=9p2000.L,msize=512000,cache=loose"),
			tag);
	else
		must(!mount("host", at, "hostfs", flags, path), path);
}

static void mount_shared_dirs(int by_tag)
{
	char dirs[2048], at[600], tag[32], *rest = dirs;
	int n = 0;

	snprintf(dirs, sizeof(dirs), "%s", getenv("LAB_DIRS") ? getenv("LAB_DIRS") : "");
	for (char *dir; (dir = strsep(&rest, ":"));) {
		if (!*dir)
			continue;
		snprintf(at, sizeof(at), "/mnt/new%s", dir);
		snprintf(tag, sizeof(tag), "dir%d", n++);
		make_dirs(at);
		mount_host(by_tag, dir, tag, at, 0);
	}
}

/* The host's root below, memory above: programs of the host run as they are, and nothing that
 * they write reaches the host. */
static void make_root(void)
{
	static const char *const kernel_dirs[] = {"/proc", "/sys", "/dev"};
	const char *root = getenv("LAB_ROOT");
	int by_tag = in_initramfs();
	char at[64];

	must(!mount("tmpfs", "/mnt", "tmpfs", 0, "mode=755"), "/mnt");
	mkdir("/mnt/low", 0755);
	mkdir("/mnt/up", 0755);
	mkdir("/mnt/work", 0755);
	mkdir("/mnt/new", 0755);
	mount_host(by_tag, root ? root : "/", "root", "/mnt/low", MS_RDONLY);
	must(!mount("lab", "/mnt/new", "overlay", 0,
		     "lowerdir=/mnt/low,upperdir=/mnt/up,workdir=/mnt/work"),
		"overlay");
	for (size_t i = 0; i < 3; i++) {
		snprintf(at, sizeof(at), "/mnt/new%s", kernel_dirs[i]);
		must(!mount(kernel_dirs[i], at, NULL, MS_MOVE, NULL), kernel_dirs[i]);
	}
	must(!mount("tmpfs", "/mnt/new/run", "tmpfs", 0, "mode=755"), "/run");
	must(!mount("tmpfs", "/mnt/new/tmp", "tmpfs", 0, "mode=1777"), "/tmp");
	make_dirs("/mnt/new/run/lab");
	mount_host(by_tag, getenv("LAB_OUT"), "out", "/mnt/new/run/lab", 0);
	mount_shared_dirs(by_tag);
	must(!chdir("/mnt/new") && !mount(".", "/", NULL, MS_MOVE, NULL) && !chroot(".") &&
			!chdir("/"),
		"new root");
}

static void mount_the_rest(void)
{
	make_dirs("/dev/shm");
	make_dirs("/dev/pts");
	mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777");
	mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=666");
	mount("config", "/sys/kernel/config", "configfs", 0, NULL);
	mount("debug", "/sys/kernel/debug", "debugfs", 0, NULL);
	mount("trace", "/sys/kernel/tracing", "tracefs", 0, NULL);
}

/* The kernel has no entropy yet; without some from the host, getrandom() would block for ever. */
static void seed_random(void)
{
	struct {
		int bits, bytes;
		char data[64];
	} pool = {512, 64, ""};
	int from = open("/run/lab/seed", O_RDONLY), to = open("/dev/urandom", O_WRONLY);

	must(read(from, pool.data, 64) == 64 && !ioctl(to, RNDADDENTROPY, &pool), "seed");
	close(from);
	close(to);
}

/* The header lines of a Raspberry Pi 4: chip pinctrl-bcm2711, lines GPIO0 to GPIO27. */
static void make_gpio(void)
{
	static const char top[] = "/sys/kernel/config/gpio-sim/lab/bank0";
	char path[256], text[32];

	make_dirs(top);
	snprintf(path, sizeof(path), "%s/num_lines", top);
	write_text(path, "28");
	snprintf(path, sizeof(path), "%s/label", top);
	write_text(path, "pinctrl-bcm2711");
	for (int i = 0; i < 28; i++) {
		snprintf(path, sizeof(path), "%s/line%d", top, i);
		mkdir(path, 0755);
		snprintf(path, sizeof(path), "%s/line%d/name", top, i);
		snprintf(text, sizeof(text), "GPIO%d", i);
		write_text(path, text);
	}
	write_text("/sys/kernel/config/gpio-sim/lab/live", "1");
}

static void bring_loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	request.ifr_flags = IFF_UP | IFF_RUNNING;
	ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
}

/* Units for a run under systemd: its lab.service runs the command in the place of run_command. */
static void make_units(const char *tty)
{
	char text[1024];

	unlink("/.dockerenv"); /* systemd takes it for the sign of a container */
	make_dirs("/run/systemd/system");
	create_with_text("/run/systemd/system/lab.target",
		"[Unit]\nRequires=basic.target lab.service\nAfter=basic.target\n");
	snprintf(text, sizeof(text),
		"[Unit]\nAfter=basic.target\n"
		"[Service]\nType=oneshot\nTimeoutStartSec=infinity\nEnvironment=HOME=/root\n"
		"ExecStart=/bin/sh -c 'exec sh /run/lab/cmd </dev/null >%s 2>&1'\n"
		"ExecStopPost=/bin/sh -c "
		"'echo $EXIT_STATUS >/run/lab/rc; systemctl poweroff -ff'\n",
		tty);
	create_with_text("/run/systemd/system/lab.service", text);
}

/* Returns the terminal, set to pass every byte as it is, or -1. */
static int open_tty(const char *tty)
{
	struct termios settings;
	int fd = tty ? open(tty, O_RDWR | O_NOCTTY) : -1;

	if (fd >= 0 && !tcgetattr(fd, &settings)) {
		cfmakeraw(&settings);
		tcsetattr(fd, TCSANOW, &settings);
	}
	return fd;
}

static void use_tty(int fd)
{
	if (fd < 0)
		return;
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
}

/* Runs the command and returns its exit status as a shell would give it. Orphans are reaped too. */
static int run_command(int tty)
{
	int status = 0;
	pid_t pid = fork(), ended;

	if (pid == 0) {
		setsid();
		use_tty(tty);
		setenv("HOME", "/root", 1);
		execl("/bin/sh", "sh", "/run/lab/cmd", NULL);
		_exit(127);
	}
	do
		ended = wait(&status);
	while (ended != pid && (ended > 0 || errno == EINTR));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(void)
{
	const char *init = getenv("LAB_INIT"), *tty_path = getenv("LAB_TTY");
	char text[32];
	int tty;

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sys", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	load_modules();
	make_root();
	mount_the_rest();
	seed_random();
	make_gpio();
	bring_loopback_up();
	setenv("PATH", "/run/lab/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		1);
	tty = open_tty(tty_path);
	if (init && *init) {
		make_units(tty_path ? tty_path : "/dev/console");
		if (tty >= 0)
			fcntl(tty, F_SETFD, FD_CLOEXEC);
		execl(init, init, NULL);
		must(0, init);
	}
	snprintf(text, sizeof(text), "%d\n", run_command(tty));
	create_with_text("/run/lab/rc", text);
	if (tty >= 0)
		tcdrain(tty);
	power_off();
}
