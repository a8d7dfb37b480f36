/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* What holds for every driver module of this build, whichever they are. */

#include <stdlib.h>

#include "../t.h"
#include "../vector_file.h"
#include "base/memory.h"
#include "config/config.h"
#include "config/problems.h"
#include "hw/driver_set.h"

#define RANDOM_SAMPLES 20000
#define NEW_CHIP_EVERY 100 /* samples */

/* Calls check for each driver that loads; a module that does not load is a failure. */
static void for_each_driver(
	void (*check)(struct pf_driver_set *set, const struct pf_driver *driver))
{
	struct pf_driver_set *set = pf_driver_set_new(bench_driver_dir());
	char **names = NULL;
	size_t n = 0;

	T_INT(pf_driver_set_names(set, &names, &n), 0);
	T_TRUE(n > 0);
	for (size_t i = 0; i < n; i++) {
		const struct pf_driver *driver = NULL;
		char reason[PF_REASON_SIZE] = "";

		if (t_check(pf_driver_set_find(set, names[i], &driver, reason) == 0, __FILE__,
			    __LINE__, "%s loads: %s", names[i], reason))
			check(set, driver);
	}
	pf_driver_names_free(names, n);
	pf_driver_set_free(set);
}

/* ---- texts
 * --------------------------------------------------------------------------------------*/

static void check_texts(struct pf_driver_set *set, const struct pf_driver *driver)
{
	(void)set;
	for (size_t i = 0; i < driver->n_options; i++)
		t_check(strchr(driver->options[i].help, '.') != NULL, __FILE__, __LINE__,
			"%s: the help of %s is a sentence", driver->name, driver->options[i].name);
	if (driver->sensor)
		T_HAS(driver->example, driver->name);
}

static void every_module_loads_and_has_its_texts(void)
{
	for_each_driver(check_texts);
}

static void check_example(struct pf_driver_set *set, const struct pf_driver *driver)
{
	char *text = pf_format(
		"%s: ( %s );\n", driver->sensor ? "sensors" : "inputs", driver->example);
	const char *path = t_write_file("example.conf", text);
	struct pf_config *config = NULL;
	struct pf_problems problems;

	pf_problems_init(&problems);
	t_check(pf_config_load(path, set, &problems, &config) == 0, __FILE__, __LINE__,
		"%s: the example is accepted", driver->name);
	for (size_t i = 0; i < problems.n; i++)
		t_check(false, __FILE__, __LINE__, "%s: %s", driver->name, problems.list[i].text);
	pf_problems_done(&problems);
	pf_config_free(config);
	free(text);
}

static void every_example_is_a_configuration(void)
{
	for_each_driver(check_example);
}

/* ---- vectors
 * ------------------------------------------------------------------------------------*/

static void check_vectors(struct pf_driver_set *set, const struct pf_driver *driver)
{
	int n;

	(void)set;
	if (!driver->sensor)
		return;
	n = vectors_run(driver, NULL);
	t_check(n != -ENOENT, __FILE__, __LINE__,
		"driver %s has tests/vectors/%s.vec (each sensor driver needs one)", driver->name,
		driver->name);
	t_check(n == -ENOENT || n >= 8, __FILE__, __LINE__, "%s has 8 vectors or more: %d",
		driver->name, n);
}

static void every_sensor_keeps_its_vectors(void)
{
	for_each_driver(check_vectors);
}

/* ---- a bus that fails
 * ---------------------------------------------------------------------------*/

static int probe_and_sample(struct bench *bench)
{
	struct pf_sample sample;
	const int r = bench_probe(bench);

	return r < 0 ? r : bench_sample(bench, false, &sample);
}

static void stop(struct bench *bench)
{
	if (bench->driver->sensor->stop)
		bench->driver->sensor->stop(&bench->device);
}

static void fail_each_transfer(
	struct bench *bench, struct fake_bus *bus, const char *file, unsigned line)
{
	static const int errors[] = {-EREMOTEIO, -ETIMEDOUT, -EIO};
	unsigned n;
	int r;

	fake_bus_attach(bus, &bench->device);
	t_check(probe_and_sample(bench) == 0, file, line, "the bus is whole");
	n = bus->n_transfers;
	t_check(n > 0, file, line, "the driver uses the bus");
	for (unsigned i = 1; i <= n; i++) {
		fake_bus_attach(bus, &bench->device);
		bus->fail_at = i;
		bus->fail_error = errors[i % 3];
		r = probe_and_sample(bench);
		/* a setting that fails is no failure, but it is not kept quiet about either */
		t_check(r == bus->fail_error || (r == 0 && (*bench->device.warning || i < n)), file,
			line, "%s: error of transfer %u of %u arrives", bench->driver->name, i, n);
		t_check(r == 0 || bus->n_transfers == i, file, line,
			"%s: nothing is sent after the failed transfer %u", bench->driver->name, i);
		bus->fail_at = bus->n_transfers + 1;
		stop(bench);
		fake_bus_attach(bus, &bench->device);
		t_check(probe_and_sample(bench) == 0, file, line,
			"%s: works again after transfer %u failed", bench->driver->name, i);
	}
}

static unsigned visited;

static void fail_and_count(
	struct bench *bench, struct fake_bus *bus, const char *file, unsigned line)
{
	visited++;
	fail_each_transfer(bench, bus, file, line);
}

static void check_failures(struct pf_driver_set *set, const struct pf_driver *driver)
{
	(void)set;
	if (!driver->sensor)
		return;
	visited = 0;
	(void)vectors_run(driver, fail_and_count);
	t_check(visited > 0, __FILE__, __LINE__, "%s.vec has a `sample` that succeeds",
		driver->name);
}

static void every_sensor_survives_a_failure_of_each_transfer(void)
{
	for_each_driver(check_failures);
}

/* ---- a bus with noise
 * ---------------------------------------------------------------------------*/

/* To the last bit; no value is a NaN. */
static bool same_value(double a, double b)
{
	return a <= b && a >= b;
}

/* probe() and a sample with one bit wrong: the sample of a whole bus, or an error. */
static void sample_with_noise(struct bench *bench, struct fake_bus *bus,
	const struct pf_sample *good, const char *file, unsigned line)
{
	struct pf_sample sample = {.reason = ""};
	int r = bench_probe(bench);

	if (r == 0)
		r = bench_sample(bench, false, &sample);
	for (size_t i = 0; r == 0 && i < bench->driver->n_channels; i++)
		t_check(sample.readings[i].valid == good->readings[i].valid &&
				same_value(sample.readings[i].value, good->readings[i].value),
			file, line, "%s: %s is %g instead of %g with bit %zu of transfer %u wrong",
			bench->driver->name, bench->driver->channels[i].name,
			sample.readings[i].value, good->readings[i].value, bus->flip_bit,
			bus->flip_at);
}

static void spoil_each_bit(
	struct bench *bench, struct fake_bus *bus, const char *file, unsigned line)
{
	const struct fake_bus whole = *bus;
	struct pf_sample good;
	size_t sizes[FAKE_TRANSFERS];
	unsigned n;

	fake_bus_attach(bus, &bench->device);
	T_INT(bench_probe(bench), 0);
	T_INT(bench_sample(bench, false, &good), 0);
	n = bus->n_transfers;
	memcpy(sizes, bus->sizes, sizeof sizes);
	t_check(n < FAKE_TRANSFERS, file, line, "%u transfers are too many for this test", n);
	for (unsigned i = 1; i <= n && n < FAKE_TRANSFERS; i++) {
		for (size_t bit = 0; bit < 8 * sizes[i]; bit++) {
			*bus = whole;
			fake_bus_attach(bus, &bench->device);
			bus->flip_at = i;
			bus->flip_bit = bit;
			sample_with_noise(bench, bus, &good, file, line);
			visited++;
		}
	}
	*bus = whole;
	fake_bus_attach(bus, &bench->device);
	T_INT(bench_probe(bench), 0);
}

static void check_noise(struct pf_driver_set *set, const struct pf_driver *driver)
{
	(void)set;
	if (!driver->sensor)
		return;
	visited = 0;
	(void)vectors_run(driver, spoil_each_bit);
	t_check(visited >= 8, __FILE__, __LINE__, "%s: %u bits were spoilt", driver->name, visited);
}

static void no_single_wrong_bit_makes_a_value(void)
{
	for_each_driver(check_noise);
}

/* ---- bytes that nobody expects
 * ------------------------------------------------------------------*/

/* A sequence that is the same in each run: a failure can be seen again. */
static uint32_t next_random(void)
{
	static uint32_t state = 1;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* Registers of one byte are ids and flags: they stay, so that probe() gets to the calibration. */
static void randomise_calibration(struct fake_bus *bus)
{
	for (size_t i = 0; i < bus->n_blocks; i++)
		for (size_t k = 0; bus->blocks[i].size > 1 && k < bus->blocks[i].size; k++)
			bus->blocks[i].bytes[k] = (uint8_t)next_random();
}

/* A good sample with some bytes changed, cut short or not; or random bytes. Allocated. */
static uint8_t *make_raw(const uint8_t *good, size_t good_size, size_t raw_size, size_t *ret_size)
{
	const bool is_like_good = next_random() % 2;
	const size_t max = is_like_good ? good_size : raw_size;
	const size_t size = next_random() % 4 ? max : next_random() % (max + 1);
	uint8_t *raw = pf_calloc(size ? size : 1, 1);

	for (size_t i = 0; i < size; i++)
		raw[i] = is_like_good && next_random() % 8 ? good[i] : (uint8_t)next_random();
	*ret_size = size;
	return raw;
}

static void decode_random(
	struct bench *bench, const uint8_t *good, size_t good_size, const char *file, unsigned line)
{
	struct pf_sample sample = {.reason = ""};
	size_t size;
	uint8_t *raw = make_raw(good, good_size, bench->driver->raw_size, &size);
	const int r = bench->driver->sensor->decode(&bench->device, raw, size, &sample);

	if (r > 0 || strnlen(sample.reason, PF_REASON_SIZE) == PF_REASON_SIZE)
		t_check(false, file, line, "%s: decode() gives %d", bench->driver->name, r);
	for (size_t i = bench->driver->n_channels; i < PF_CHANNELS_MAX; i++)
		if (sample.readings[i].valid)
			t_check(false, file, line, "%s: channel %zu", bench->driver->name, i);
	free(raw);
}

static void decode_much(struct bench *bench, struct fake_bus *bus, const char *file, unsigned line)
{
	const struct fake_bus whole = *bus;
	uint8_t *good = pf_calloc(bench->driver->raw_size, 1);
	const int good_size = bench->driver->sensor->fetch(&bench->device, good);

	T_TRUE(good_size > 0);
	for (unsigned i = 0; i < RANDOM_SAMPLES && good_size > 0; i++) {
		if (i % NEW_CHIP_EVERY == NEW_CHIP_EVERY - 1) {
			randomise_calibration(bus);
			/* whether it is refused or not, the state is one that decode() can meet */
			(void)bench_probe(bench);
		}
		decode_random(bench, good, (size_t)good_size, file, line);
	}
	*bus = whole;
	T_INT(bench_probe(bench), 0);
	free(good);
}

static void check_random(struct pf_driver_set *set, const struct pf_driver *driver)
{
	(void)set;
	if (driver->sensor)
		(void)vectors_run(driver, decode_much);
}

static void no_bytes_make_decode_fall_over(void)
{
	for_each_driver(check_random);
}

T_MAIN("drivers", T(every_module_loads_and_has_its_texts), T(every_example_is_a_configuration),
	T(every_sensor_keeps_its_vectors), T(every_sensor_survives_a_failure_of_each_transfer),
	T(no_single_wrong_bit_makes_a_value), T(no_bytes_make_decode_fall_over))
