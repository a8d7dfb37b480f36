/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "compensation.h"

#define ADC_MAX_20 0xfffff
#define ADC_MAX_16 0xffff

#define FINE_PER_DEGREE 5120.0

/* Whether a is b, give or take a factor. b and factor are positive. */
static bool is_about(double a, double b, double factor)
{
	return b > 0 && a > b / factor && a < b * factor;
}

/*
 * The compensation is that of 8.1 (floating point) in the terms of the datasheet's formula, with
 * powers of two written as such.
 */

/* The "fine" temperature: °C times 5120. */
double bme280_fine_temperature(const struct bme280_state *state, uint32_t adc)
{
	const double offset = adc / 16384.0 - state->t1 / 1024.0;

	return offset * state->t2 + offset / 8 * (offset / 8) * state->t3;
}

/* Pressure in Pa; false: the calibration would divide by 0. */
bool bme280_pressure_pa(const struct bme280_state *state, uint32_t adc, double fine, double *ret_pa)
{
	const double x = fine / 2 - 64000;
	const double offset = (x * x * state->p6 / 32768 + x * state->p5 * 2) / 4 +
			      state->p4 * 65536.0;
	const double gain = (1 + (state->p3 * x * x / 524288 + state->p2 * x) / 524288 / 32768) *
			    state->p1;
	double p;

	if (gain == 0)
		return false;
	p = (1048576.0 - adc - offset / 4096) * 6250 / gain;
	*ret_pa = p + (state->p9 * p * p / 2147483648.0 + p * state->p8 / 32768 + state->p7) / 16;
	return true;
}

/* Relative humidity in %. The datasheet limits it to 0 to 100: the core does, see margin. */
double bme280_humidity_percent(const struct bme280_state *state, uint32_t adc, double fine)
{
	const double x = fine - 76800;
	const double slope = state->h2 / 65536.0 *
			     (1 + state->h6 / 67108864.0 * x * (1 + state->h3 / 67108864.0 * x));
	double h = (adc - (state->h4 * 64.0 + state->h5 / 16384.0 * x)) * slope;

	h *= 1 - state->h1 * h / 524288;
	return h;
}

/* Whether the pressure that a word means changes with the temperature by a part only. */
static bool pressure_is_stable(const struct bme280_state *state)
{
	double cold = 0, mild = 0, hot = 0;

	return bme280_pressure_pa(state, ADC_MAX_20 / 2, -40 * FINE_PER_DEGREE, &cold) &&
	       bme280_pressure_pa(state, ADC_MAX_20 / 2, 25 * FINE_PER_DEGREE, &mild) &&
	       bme280_pressure_pa(state, ADC_MAX_20 / 2, 85 * FINE_PER_DEGREE, &hot) &&
	       is_about(cold, mild, 1.5) && is_about(hot, mild, 1.5);
}

static bool temperature_is_possible(const struct bme280_state *state)
{
	const double low = bme280_fine_temperature(state, 0) / FINE_PER_DEGREE;
	const double high = bme280_fine_temperature(state, ADC_MAX_20) / FINE_PER_DEGREE;

	return state->t1 != 0 && state->t2 != 0 && state->t3 != 0 && low < -40 && high > 85 &&
	       is_about((high - low) / ADC_MAX_20, 0.0003, 1.4);
}

static bool pressure_is_possible(const struct bme280_state *state)
{
	double low = 0, high = 0;

	return state->p1 != 0 &&
	       bme280_pressure_pa(state, ADC_MAX_20, 25 * FINE_PER_DEGREE, &low) &&
	       bme280_pressure_pa(state, 0, 25 * FINE_PER_DEGREE, &high) && low < 30000 &&
	       high > 110000 && is_about((high - low) / ADC_MAX_20, 0.16, 2) &&
	       pressure_is_stable(state);
}

static bool humidity_is_possible(const struct bme280_state *state)
{
	const double low = bme280_humidity_percent(state, 0, 25 * FINE_PER_DEGREE);
	const double high = bme280_humidity_percent(state, ADC_MAX_16, 25 * FINE_PER_DEGREE);

	return low < 0 && high > 100 && is_about((high - low) / ADC_MAX_16, 0.008, 2);
}

/*
 * The ends of the ranges (1.1 to 1.3) lie within those of the converters, and a step of these is
 * about as large as said: 0.0003 °C, 0.16 Pa (P: 3.3.1, 3.3.2), 0.008 % (1.1). Words that are all
 * the same, or shifted by a byte, mean something else.
 */
bool bme280_calibration_is_possible(const struct bme280_state *state)
{
	return temperature_is_possible(state) && pressure_is_possible(state) &&
	       (!state->has_humidity || humidity_is_possible(state));
}
