/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "lines/buses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "hw/w1.h"

struct pf_buses {
	struct ev_loop *loop;
	struct pf_worker **workers;
	bool *overrun; /* of each: it was said that it cannot keep up */
	size_t n;
	bool ended, left_behind;
};

struct pf_buses *pf_buses_new(struct ev_loop *loop)
{
	struct pf_buses *buses = pf_calloc(1, sizeof *buses);

	buses->loop = loop;
	return buses;
}

bool pf_buses_end(struct pf_buses *buses)
{
	bool all = true;

	for (size_t i = 0; i < buses->n; i++)
		all = pf_worker_free(buses->workers[i]) && all;
	buses->n = 0;
	buses->ended = true;
	buses->left_behind = !all;
	return all;
}

bool pf_buses_have_ended(const struct pf_buses *buses)
{
	return buses->ended;
}

bool pf_buses_left_behind(const struct pf_buses *buses)
{
	return buses->left_behind;
}

void pf_buses_free(struct pf_buses *buses)
{
	if (!buses)
		return;
	free(buses->workers);
	free(buses->overrun);
	free(buses);
}

static const char *name_of(const struct pf_sensor_config *sensor)
{
	if (sensor->bus)
		return sensor->bus;
	return sensor->driver->bus == PF_BUS_W1 ? PF_W1_MASTER_ANY : "files";
}

int pf_buses_named(struct pf_buses *buses, const char *name, struct pf_worker **ret_worker)
{
	int r;

	for (size_t i = 0; i < buses->n; i++)
		if (strcmp(pf_worker_name(buses->workers[i]), name) == 0) {
			*ret_worker = buses->workers[i];
			return 0;
		}
	r = pf_worker_new(buses->loop, name, ret_worker);
	if (r < 0)
		return r;
	buses->workers = pf_reallocarray(buses->workers, buses->n + 1, sizeof *buses->workers);
	buses->overrun = pf_reallocarray(buses->overrun, buses->n + 1, sizeof *buses->overrun);
	buses->overrun[buses->n] = false;
	buses->workers[buses->n++] = *ret_worker;
	return 0;
}

int pf_buses_worker(struct pf_buses *buses, const struct pf_sensor_config *sensor,
	struct pf_worker **ret_worker)
{
	return pf_buses_named(buses, name_of(sensor), ret_worker);
}

void pf_bus_of(const char *device, char ret_name[PF_BUS_NAME_SIZE])
{
	static const char digits[] = "0123456789", hex[] = "0123456789abcdef";
	const size_t n = strspn(device, digits);

	if (n && device[n] == '-' && strspn(device + n + 1, hex) == 4 && !device[n + 5])
		(void)snprintf(ret_name, PF_BUS_NAME_SIZE, "i2c-%.*s", (int)n, device);
	else
		(void)snprintf(ret_name, PF_BUS_NAME_SIZE, "%s", device);
}

bool pf_bus_hangs(const struct pf_worker *worker, uint64_t now_ns)
{
	return pf_worker_busy_ns(worker, now_ns) >= PF_BUS_HANG_S * PF_NS_PER_S;
}

bool pf_bus_first_overrun(struct pf_buses *buses, const struct pf_worker *worker)
{
	for (size_t i = 0; i < buses->n; i++) {
		if (buses->workers[i] != worker || buses->overrun[i])
			continue;
		buses->overrun[i] = true;
		return true;
	}
	return false;
}

const struct pf_worker *pf_buses_at(const struct pf_buses *buses, size_t i)
{
	return i < buses->n ? buses->workers[i] : NULL;
}
