/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/loader.h"

/* Milliseconds that a sample of the sensor keeps its bus. */
static uint32_t busy_ms(const struct pf_sensor_config *sensor)
{
	if (!sensor->driver || !sensor->options || !sensor->driver->sensor->busy_ms)
		return 0;
	return sensor->driver->sensor->busy_ms(sensor->options);
}

/* The share of its time that a 1-Wire bus is busy, if all sensors are on one. */
void pf_check_bus_time(const struct pf_loader *loader)
{
	const struct pf_config *config = loader->config;
	const struct pf_sensor_config *first = NULL;
	double share = 0, all_s = 0;
	unsigned n = 0;

	for (size_t i = 0; i < config->n_sensors; i++) {
		const struct pf_sensor_config *sensor = &config->sensors[i];
		const uint32_t ms = busy_ms(sensor);

		if (ms == 0 || sensor->interval_ms == 0 || sensor->driver->bus != PF_BUS_W1)
			continue;
		first = first ? first : sensor;
		share += (double)ms / sensor->interval_ms;
		all_s += ms / 1000.0;
		n++;
	}
	if (share > 1)
		pf_report_warning(loader->problems, &first->item.place, "sensors", "interval_s",
			"is too short if all %u are on one 1-Wire bus, which reads one after the "
			"other: that takes %.1f s, %.1f times as long as there is",
			n, all_s, share);
}
