/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The simulated board: a directory that a person reads and changes with cat and echo.
 *
 *   gpio/GPIO0 ... GPIO27      level of a line of the simulated 40-pin header, "0" or "1" as a
 *                              voltmeter would see it. An input is a file to write, an output a
 *                              file to read. Missing files are made when a line is requested.
 *   gpio/GPIO17.used-by        if there, the line is busy; its text is the consumer
 *   gpio/GPIO17.behind         if there, the line is one of an expander, the device it names on a
 *                              bus: "1-0020" on i2c-1, "spi0.0"
 *   gpio/GPIO17.fault          if there: "hang" (calls do not come back, until removed), or what
 *                              drivers of expanders say that is not so: "deaf" (writes succeed and
 *                              do nothing), "zero" (the same, and it reads low), "cache" (only what
 *                              differs from the last write is written, whatever the chip has)
 *   gpio/.GPIO17.line          direction and consumer; who holds the line has it locked
 *   gpio/unplugged             if there, the GPIO chip is gone: held lines answer -ENODEV
 *   i2c-1/0x76/chip            which model answers at the address: "bme280", "bmp280", "lm75",
 *                              "lm75a" or "tmp102"; no file: no chip
 *   i2c-1/0x76/temperature     what the model measures, a number in the channel's unit (°C, hPa,
 *                              %); no file: room conditions
 *   i2c-1/0x76/fault           if there: "nack", "timeout" or "hang" (answers never, until removed)
 *   sys/bus/w1/devices/28-0316a2795aff/temperature
 *                              what a 1-Wire sensor measures, in m°C as in the kernel's file of
 *                              that name ("21500"); empty: it does not answer. Remove the folder
 *                              to unplug the sensor.
 *   sys/bus/w1/devices/28-0316a2795aff/w1_slave
 *                              the kernel's text with the bytes of the sensor. Drivers read this;
 *                              without the file they get one that says what `temperature` says,
 *                              so only who wants to see wrong bytes writes it.
 *                              The folder may be a link, as the kernel's are, to one in
 *                              sys/devices/w1_bus_master1: then it is at that bus master.
 *   sys/bus/w1/devices/28-0316a2795aff/fault
 *                              if there: "hang" (answers never, until removed)
 *   clock                      "unsynchronised": the system clock counts as not set yet; anything
 *                              else, or no file: it is set, whatever this machine's is like
 *
 * Models answer like the chip: register map, chip id, calibration words, raw values.
 */

#ifndef PF_SIM_SIM_H
#define PF_SIM_SIM_H

#include "pinferry/driver.h"

/* Line functions of the simulated header; `board` is the path of the directory (const char *). */
extern const struct pf_line_ops pf_sim_line_ops;

/*
 * One I2C transfer as the simulated chip at directory/BUS/ADDRESS answers it. Contract of
 * pf_i2c_ops.transfer. device->bus is a struct pf_sim_i2c *.
 */
extern const struct pf_i2c_ops pf_sim_i2c_ops;

/* Opens the simulated chip: sets device->bus. 0, -ENOENT: no such bus. */
int pf_sim_i2c_open(const char *directory, const char *bus, struct pf_device *device);

/* Ends what pf_sim_i2c_open() began. */
void pf_sim_i2c_close(struct pf_device *device);

/* What the file `clock` says: true, the clock is set. */
bool pf_sim_clock_is_set(const char *directory);

/*
 * Puts a simulated 1-Wire sensor in front of the files of an open device: it makes the attribute
 * "w1_slave" from "temperature" where there is none, and hangs if it is to.
 */
void pf_sim_w1_wrap(struct pf_device *device);

/* Ends what pf_sim_w1_wrap() began: the device is open as it was before. */
void pf_sim_w1_unwrap(struct pf_device *device);

#endif
