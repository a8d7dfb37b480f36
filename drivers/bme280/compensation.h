/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The arithmetic of a BME280 or BMP280: from what its converters say and the calibration words in
 * the chip to physical units. Pure; any thread. Chapters as in bme280.c.
 */

#ifndef PF_BME280_COMPENSATION_H
#define PF_BME280_COMPENSATION_H

#include "pinferry/driver.h"

/* Calibration words by their names in the datasheet (table 16). */
struct bme280_state {
	bool has_humidity;
	uint16_t t1;
	int16_t t2, t3;
	uint16_t p1;
	int16_t p2, p3, p4, p5, p6, p7, p8, p9;
	uint8_t h1, h3;
	int16_t h2, h4, h5;
	int8_t h6;
};

/* The "fine" temperature that the others need: °C times 5120. */
double bme280_fine_temperature(const struct bme280_state *state, uint32_t adc);

/* Pressure in Pa; false: the calibration would divide by 0. */
bool bme280_pressure_pa(
	const struct bme280_state *state, uint32_t adc, double fine, double *ret_pa);

/* Relative humidity in %, not limited to 0 to 100. */
double bme280_humidity_percent(const struct bme280_state *state, uint32_t adc, double fine);

/* Whether these can be the words of a chip that works. */
bool bme280_calibration_is_possible(const struct bme280_state *state);

#endif
