/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The workers in use, one per bus: "i2c-1", ..., "w1_bus_master1", ..., "w1" for looking which of
 * these a 1-Wire sensor is at, "files" for the rest. Main loop only.
 */

#ifndef PF_LINES_BUSES_H
#define PF_LINES_BUSES_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "hw/worker.h"

/*
 * A call that takes longer than this is taken for a hung bus. The longest honest one is a DS18B20
 * with five tries of the kernel: 4.3 s.
 */
#define PF_BUS_HANG_S 10

#define PF_BUS_NAME_SIZE 32

struct pf_buses;

/* No workers yet. */
struct pf_buses *pf_buses_new(struct ev_loop *loop);

/*
 * Ends all workers. false: one hangs, and was left behind together with what its job touches: the
 * process is to end without freeing the sensors, nor the buses.
 */
bool pf_buses_end(struct pf_buses *buses);

/* Whether pf_buses_end() was called: there is no worker any more, or it hangs. */
bool pf_buses_have_ended(const struct pf_buses *buses);

/* Whether a worker was left behind, see pf_buses_end(). */
bool pf_buses_left_behind(const struct pf_buses *buses);

/* After pf_buses_end(), when nobody asks any more. NULL is fine. */
void pf_buses_free(struct pf_buses *buses);

/* The worker for a sensor's bus, or "w1"; started if it is the first. 0 or a negative errno. */
int pf_buses_worker(struct pf_buses *buses, const struct pf_sensor_config *sensor,
	struct pf_worker **ret_worker);

/* The worker of a bus by its name, started if it is the first. 0 or a negative errno. */
int pf_buses_named(struct pf_buses *buses, const char *name, struct pf_worker **ret_worker);

/*
 * The bus of a device by the kernel's name of the device: "i2c-1" for "1-0020", else the device
 * itself ("spi0.0"), which shares its worker with nobody.
 */
void pf_bus_of(const char *device, char ret_name[PF_BUS_NAME_SIZE]);

/* Whether a worker's call has been under way for longer than PF_BUS_HANG_S. */
bool pf_bus_hangs(const struct pf_worker *worker, uint64_t now_ns);

/* Whether it is the first time that this is asked for this worker: for what is said once. */
bool pf_bus_first_overrun(struct pf_buses *buses, const struct pf_worker *worker);

/* The i-th worker, NULL after the last. */
const struct pf_worker *pf_buses_at(const struct pf_buses *buses, size_t i);

#endif
