/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The board, and the shipped drivers on the chips of the simulated one. */

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "../bench.h"
#include "../t.h"
#include "base/clock.h"
#include "hw/board.h"
#include "hw/driver_set.h"
#include "sim/chip.h"

#define W1_ID     "28-0316a2795aff"
#define W1_FOLDER "sys/bus/w1/devices/" W1_ID "/"

/* A sensor on a simulated board in t_temp_dir(). */
struct rig {
	struct pf_board *board;
	struct pf_driver_set *set;
	struct bench bench;
};

static void rig_init(struct rig *rig, const char *driver_name)
{
	const struct pf_driver *driver = NULL;
	char reason[PF_REASON_SIZE] = "";

	rig->set = pf_driver_set_new(bench_driver_dir());
	if (pf_driver_set_find(rig->set, driver_name, &driver, reason) < 0 ||
		pf_board_new(t_temp_dir(), &rig->board) < 0) {
		printf("Bail out! %s\n", reason);
		exit(99);
	}
	bench_init(&rig->bench, driver);
}

static int rig_open(struct rig *rig, uint16_t address)
{
	return pf_board_open(
		rig->board, rig->bench.driver, "i2c-1", address, W1_ID, &rig->bench.device);
}

static void rig_done(struct rig *rig)
{
	pf_board_close(rig->board, &rig->bench.device);
	bench_done(&rig->bench);
	pf_board_free(rig->board);
	pf_driver_set_free(rig->set);
}

static void remove_file(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof path, "%s/%s", t_temp_dir(), name);
	(void)remove(path);
}

static void a_folder_that_is_not_there_is_no_board(void)
{
	struct pf_board *board = NULL;

	T_INT(pf_board_new("/nonexistent", &board), -ENOENT);
	T_INT(pf_board_new("/dev/null", &board), -ENOTDIR);
	T_TRUE(board == NULL);
}

static void places_follow_from_the_folder(void)
{
	struct pf_board *board = NULL;
	char expected[128];

	T_INT(pf_board_new(NULL, &board), 0);
	T_STR(pf_board_sysfs(board), "/sys");
	T_STR(pf_board_i2c_dir(board), "/dev");
	pf_board_free(board);
	T_INT(pf_board_new(t_temp_dir(), &board), 0);
	(void)snprintf(expected, sizeof expected, "%s/sys", t_temp_dir());
	T_STR(pf_board_sysfs(board), expected);
	T_STR(pf_board_i2c_dir(board), t_temp_dir());
	pf_board_free(board);
	pf_board_free(NULL);
}

static void a_bus_name_is_not_a_path(void)
{
	static const char *const names[] = {
		"", "i2c-", "i2c-1x", "../i2c-1", "/dev/../etc/passwd", "i2c-1/../x", "i2c-99999"};
	struct rig rig;

	rig_init(&rig, "lm75");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		T_INT(pf_board_open(
			      rig.board, rig.bench.driver, names[i], 0x48, NULL, &rig.bench.device),
			-EINVAL);
		T_HAS(rig.bench.device.reason, "not an I2C bus");
	}
	T_INT(pf_board_open(rig.board, rig.bench.driver, NULL, 0x48, NULL, &rig.bench.device),
		-EINVAL);
	T_INT(rig_open(&rig, 0x90), -EINVAL);
	T_HAS(rig.bench.device.reason, "0x90 is not a 7-bit I2C address");
	rig_done(&rig);
}

static void a_w1_id_is_not_a_path(void)
{
	static const char *const ids[] = {"", "28-", "28-../../../x", "28-0316a2795aff/..",
		"28-0316A2795AFF", "280316a2795aff"};
	struct rig rig;

	rig_init(&rig, "ds18b20");
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		T_INT(pf_board_open(
			      rig.board, rig.bench.driver, NULL, 0, ids[i], &rig.bench.device),
			-EINVAL);
		T_HAS(rig.bench.device.reason, "not a 1-Wire id");
	}
	rig_done(&rig);
}

static void the_master_of_a_w1_sensor_is_found_by_its_link(void)
{
	char master[32] = "", reason[PF_REASON_SIZE], link[512];
	struct rig rig;

	rig_init(&rig, "ds18b20");
	T_INT(pf_board_w1_master(rig.board, "28-../x", master, reason), -EINVAL);
	t_write_file(W1_FOLDER "temperature", "20000\n");
	T_INT(pf_board_w1_master(rig.board, "28-00000000beef", master, reason), -ENODEV);
	T_HAS(reason, "no sensor 28-00000000beef");
	t_write_file("sys/devices/w1_bus_master7/28-00000000beef/temperature", "20000\n");
	(void)snprintf(link, sizeof link, "%s/sys/bus/w1/devices/28-00000000beef", t_temp_dir());
	T_INT(symlink("../../../devices/w1_bus_master7/28-00000000beef", link), 0);
	T_INT(pf_board_w1_master(rig.board, "28-00000000beef", master, reason), 0);
	T_STR(master, "w1_bus_master7");
	T_INT(pf_board_w1_master(rig.board, W1_ID, master, reason), 0);
	T_STR(master, "w1");
	rig_done(&rig);
}

static void a_missing_bus_is_named(void)
{
	struct rig rig;

	rig_init(&rig, "lm75");
	T_INT(pf_board_open(rig.board, rig.bench.driver, "i2c-7", 0x48, NULL, &rig.bench.device),
		-ENOENT);
	T_HAS(rig.bench.device.reason, "i2c-7");
	rig_done(&rig);
}

static void a_missing_bus_of_this_machine_is_named(void)
{
	struct rig rig;
	struct pf_board *board = NULL;

	rig_init(&rig, "lm75");
	T_INT(pf_board_new(NULL, &board), 0);
	T_INT(pf_board_open(
		      board, rig.bench.driver, "/dev/i2c-9999", 0x48, NULL, &rig.bench.device),
		-ENOENT);
	T_HAS(rig.bench.device.reason, "there is no /dev/i2c-9999");
	pf_board_free(board);
	rig_done(&rig);
}

static void bme280_reads_what_the_files_say(void)
{
	static const double wanted[][3] = {/* °C, %, hPa */
		{21.5, 48, 1003.2}, {0, 0.5, 300}, {-40, 20, 1100}, {85, 99, 700},
		{-0.01, 60, 980}};
	struct pf_sample sample;
	struct rig rig;
	char text[32];

	t_write_file("i2c-1/0x76/chip", "bme280\n");
	rig_init(&rig, "bme280");
	T_INT(rig_open(&rig, 0x76), 0);
	T_INT(bench_probe(&rig.bench), 0);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		(void)snprintf(text, sizeof text, "%g\n", wanted[i][0]);
		t_write_file("i2c-1/0x76/temperature", text);
		(void)snprintf(text, sizeof text, "%g\n", wanted[i][1]);
		t_write_file("i2c-1/0x76/humidity", text);
		(void)snprintf(text, sizeof text, "%g\n", wanted[i][2]);
		t_write_file("i2c-1/0x76/pressure", text);
		T_INT(bench_sample(&rig.bench, true, &sample), 0);
		T_NEAR(sample.readings[0].value, wanted[i][0], 0.01);
		T_NEAR(sample.readings[1].value, wanted[i][1], 0.05);
		T_NEAR(sample.readings[2].value, wanted[i][2], 0.05);
	}
	rig_done(&rig);
}

static void bme280_that_is_not_waited_for_says_so(void)
{
	struct pf_sample sample;
	struct rig rig;

	t_write_file("i2c-1/0x76/chip", "bme280\n");
	rig_init(&rig, "bme280");
	T_TRUE(bench_set(&rig.bench, "oversampling_temperature", "x16"));
	T_INT(rig_open(&rig, 0x76), 0);
	T_INT(bench_probe(&rig.bench), 0);
	T_INT(bench_sample(&rig.bench, false, &sample), -EAGAIN);
	rig_done(&rig);
}

static void bmp280_has_no_humidity(void)
{
	struct pf_sample sample;
	struct rig rig;

	t_write_file("i2c-1/0x77/chip", "bmp280\n");
	rig_init(&rig, "bme280");
	T_INT(rig_open(&rig, 0x77), 0);
	T_INT(bench_probe(&rig.bench), 0);
	T_INT(bench_sample(&rig.bench, true, &sample), 0);
	T_TRUE(sample.readings[0].valid);
	T_FALSE(sample.readings[1].valid);
	T_TRUE(sample.readings[2].valid);
	rig_done(&rig);
}

static void lm75_variants_read_in_their_steps(void)
{
	static const struct {
		const char *chip, *variant, *extended, *measured;
		double expected;
	} cases[] = {
		{"lm75", "lm75", "false", "21.7", 21.5},
		{"lm75", "lm75", "false", "-0.5", -0.5},
		{"lm75a", "lm75a", "false", "21.7", 21.75},
		{"lm75a", "lm75a", "false", "-55", -55},
		{"tmp102", "tmp102", "false", "21.7", 21.6875},
		{"tmp102", "tmp102", "false", "140", 127.9375},
		{"tmp102", "tmp102", "true", "140", 140},
		{"tmp102", "tmp102", "true", "-25", -25},
	};
	struct pf_sample sample;
	struct rig rig;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		t_write_file("i2c-1/0x48/chip", cases[i].chip);
		t_write_file("i2c-1/0x48/temperature", cases[i].measured);
		rig_init(&rig, "lm75");
		T_TRUE(bench_set(&rig.bench, "variant", cases[i].variant));
		T_TRUE(bench_set(&rig.bench, "extended", cases[i].extended));
		T_INT(rig_open(&rig, 0x48), 0);
		T_INT(bench_probe(&rig.bench), 0);
		T_INT(bench_sample(&rig.bench, false, &sample), 0);
		T_NEAR(sample.readings[0].value, cases[i].expected, 1e-9);
		T_INT(rig.bench.driver->sensor->identify(&rig.bench.device), 0);
		rig_done(&rig);
	}
}

static void another_chip_is_refused(void)
{
	struct rig rig;

	t_write_file("i2c-1/0x76/chip", "lm75\n");
	rig_init(&rig, "bme280");
	T_INT(rig_open(&rig, 0x76), 0);
	T_TRUE(bench_probe(&rig.bench) < 0);
	rig_done(&rig);
}

static void a_chip_comes_and_goes(void)
{
	struct pf_sample sample;
	struct rig rig;

	remove_file("i2c-1/0x48/chip");
	rig_init(&rig, "lm75");
	T_INT(rig_open(&rig, 0x48), 0);
	T_INT(bench_probe(&rig.bench), -EREMOTEIO);
	t_write_file("i2c-1/0x48/chip", "lm75\n");
	T_INT(bench_probe(&rig.bench), 0);
	T_INT(bench_sample(&rig.bench, false, &sample), 0);
	t_write_file("i2c-1/0x48/fault", "nack\n");
	T_INT(bench_sample(&rig.bench, false, &sample), -EREMOTEIO);
	t_write_file("i2c-1/0x48/fault", "timeout\n");
	T_INT(bench_sample(&rig.bench, false, &sample), -ETIMEDOUT);
	remove_file("i2c-1/0x48/fault");
	T_INT(bench_sample(&rig.bench, false, &sample), 0);
	rig_done(&rig);
}

static void *sample_in_thread(void *argument)
{
	struct pf_sample sample;

	return bench_sample(argument, false, &sample) == 0 ? argument : NULL;
}

static void a_hanging_chip_answers_when_the_fault_is_gone(void)
{
	struct timespec deadline;
	pthread_t thread;
	struct rig rig;
	void *result = NULL;

	t_write_file("i2c-1/0x48/chip", "lm75\n");
	rig_init(&rig, "lm75");
	T_INT(rig_open(&rig, 0x48), 0);
	T_INT(bench_probe(&rig.bench), 0);
	t_write_file("i2c-1/0x48/fault", "hang\n");
	T_INT(pthread_create(&thread, NULL, sample_in_thread, &rig.bench), 0);
	(void)clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_nsec += 50000000;
	if (deadline.tv_nsec >= 1000000000) {
		deadline.tv_sec++;
		deadline.tv_nsec -= 1000000000;
	}
	T_INT(pthread_timedjoin_np(thread, &result, &deadline), ETIMEDOUT);
	remove_file("i2c-1/0x48/fault");
	T_INT(pthread_join(thread, &result), 0);
	T_TRUE(result == &rig.bench);
	rig_done(&rig);
}

static void what_is_not_a_number_is_an_error_of_the_bus(void)
{
	struct pf_sample sample;
	struct rig rig;

	t_write_file("i2c-1/0x48/chip", "lm75\n");
	t_write_file("i2c-1/0x48/temperature", "warm\n");
	rig_init(&rig, "lm75");
	T_INT(rig_open(&rig, 0x48), 0);
	T_INT(bench_sample(&rig.bench, false, &sample), -EIO);
	t_write_file("i2c-1/0x48/temperature", "1e300\n");
	T_INT(bench_sample(&rig.bench, false, &sample), 0);
	remove_file("i2c-1/0x48/temperature");
	T_INT(bench_sample(&rig.bench, false, &sample), 0);
	T_NEAR(sample.readings[0].value, 20, 0);
	rig_done(&rig);
}

static void extreme_numbers_do_no_harm(void)
{
	struct pf_sample sample;
	struct rig rig;

	t_write_file("i2c-1/0x76/chip", "bme280\n");
	t_write_file("i2c-1/0x76/temperature", "-1e300\n");
	t_write_file("i2c-1/0x76/pressure", "1e300\n");
	t_write_file("i2c-1/0x76/humidity", "1e300\n");
	rig_init(&rig, "bme280");
	T_INT(rig_open(&rig, 0x76), 0);
	T_INT(bench_probe(&rig.bench), 0);
	T_INT(bench_sample(&rig.bench, true, &sample), 0);
	T_TRUE(sample.readings[0].value < -40);
	rig_done(&rig);
}

static void ds18b20_reads_the_temperature_that_was_echoed(void)
{
	static const struct {
		const char *text;
		double expected;
	} cases[] = {{"21500\n", 21.5}, {"0\n", 0}, {"-62\n", -0.0625}, {"-55000\n", -55},
		{"125000\n", 125}, {"85000\n", 85}, {"23125", 23.125}};
	struct pf_sample sample;
	struct rig rig;

	t_write_file(W1_FOLDER "temperature", "20000\n");
	rig_init(&rig, "ds18b20");
	T_INT(rig_open(&rig, 0), 0);
	T_INT(bench_probe(&rig.bench), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		t_write_file(W1_FOLDER "temperature", cases[i].text);
		T_INT(bench_sample(&rig.bench, true, &sample), 0);
		T_NEAR(sample.readings[0].value, cases[i].expected, 1e-9);
	}
	t_write_file(W1_FOLDER "temperature", "");
	T_INT(bench_sample(&rig.bench, true, &sample), -ENODATA);
	rig_done(&rig);
}

static void ds18b20_reads_a_copy_of_the_kernels_file(void)
{
	struct pf_sample sample;
	struct rig rig;

	t_write_file(W1_FOLDER "w1_slave",
		"72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125\n");
	t_write_file(W1_FOLDER "temperature", "20000\n");
	rig_init(&rig, "ds18b20");
	T_INT(rig_open(&rig, 0), 0);
	T_INT(bench_sample(&rig.bench, true, &sample), 0);
	T_NEAR(sample.readings[0].value, 23.125, 1e-9);
	remove_file(W1_FOLDER "w1_slave");
	rig_done(&rig);
}

static void ds18b20_is_unplugged_and_plugged_in(void)
{
	struct pf_sample sample;
	struct rig rig;

	t_write_file(W1_FOLDER "temperature", "20000\n");
	rig_init(&rig, "ds18b20");
	T_INT(rig_open(&rig, 0), 0);
	remove_file(W1_FOLDER "temperature");
	remove_file(W1_FOLDER);
	T_INT(bench_sample(&rig.bench, true, &sample), -ENODEV);
	pf_board_close(rig.board, &rig.bench.device);
	T_INT(rig_open(&rig, 0), -ENODEV);
	T_HAS(rig.bench.device.reason, W1_ID);
	t_write_file(W1_FOLDER "temperature", "20000\n");
	T_INT(rig_open(&rig, 0), 0);
	T_INT(bench_sample(&rig.bench, true, &sample), 0);
	rig_done(&rig);
}

T_MAIN("board", T(a_folder_that_is_not_there_is_no_board), T(places_follow_from_the_folder),
	T(a_bus_name_is_not_a_path), T(a_w1_id_is_not_a_path),
	T(the_master_of_a_w1_sensor_is_found_by_its_link),
	T(a_missing_bus_of_this_machine_is_named), T(bme280_reads_what_the_files_say),
	T(bme280_that_is_not_waited_for_says_so), T(bmp280_has_no_humidity),
	T(lm75_variants_read_in_their_steps), T(another_chip_is_refused), T(a_missing_bus_is_named),
	T(a_chip_comes_and_goes), T(a_hanging_chip_answers_when_the_fault_is_gone),
	T(what_is_not_a_number_is_an_error_of_the_bus), T(extreme_numbers_do_no_harm),
	T(ds18b20_reads_the_temperature_that_was_echoed),
	T(ds18b20_reads_a_copy_of_the_kernels_file), T(ds18b20_is_unplugged_and_plugged_in))
