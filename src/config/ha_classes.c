/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/ha_classes.h"

#include <string.h>

#include "hw/driver_set.h"

#define N(table) (sizeof(table) / sizeof *(table))

#define PRESSURES "cbar|bar|hPa|mmHg|inHg|kPa|mbar|Pa|psi"
#define LENGTHS   "km|m|cm|mm|mi|nmi|yd|ft|in"
#define ENERGIES  "J|kJ|MJ|GJ|mWh|Wh|kWh|MWh|GWh|TWh|cal|kcal|Mcal|Gcal"
#define VOLUMES   "L|mL|m³|ft³|CCF|gal|fl. oz."
#define FLOWS     "m³/h|m³/s|ft³/min|L/h|L/min|L/s|gal/min|mL/s"
#define DENSITY   "µg/m³|μg/m³"
#define SPEEDS    "ft/s|in/d|in/h|in/s|km/h|kn|m/s|mph|mm/d|mm/h|mm/s|Beaufort"

/* State classes: the usual one, and others that are possible. */
#define MEASURED   "measurement"
#define INCREASING "total_increasing|total"
#define ANY        "measurement|total|total_increasing"
#define SUM        "total"

static const char *const kinds_of_input[] = {"battery", "battery_charging", "carbon_monoxide",
	"cold", "connectivity", "door", "garage_door", "gas", "heat", "light", "lock", "moisture",
	"motion", "moving", "occupancy", "opening", "plug", "power", "presence", "problem",
	"running", "safety", "smoke", "sound", "tamper", "update", "vibration", "window"};
static const char *const kinds_of_switch[] = {"outlet", "switch"};
static const char *const kinds_of_button[] = {"identify", "restart", "update"};

/* Those for numbers: name, units, state class. */
#define SENSOR_CLASSES(X)                                                                          \
	X("absolute_humidity", "g/m³|mg/m³", MEASURED)                                             \
	X("apparent_power", "VA|mVA|kVA", MEASURED)                                                \
	X("aqi", "", MEASURED)                                                                     \
	X("area", "m²|cm²|km²|mm²|in²|ft²|yd²|mi²|ac|ha", ANY)                                     \
	X("atmospheric_pressure", PRESSURES, MEASURED)                                             \
	X("battery", "%", MEASURED)                                                                \
	X("blood_glucose_concentration", "mg/dL|mmol/L", MEASURED)                                 \
	X("carbon_dioxide", "ppm", MEASURED)                                                       \
	X("carbon_monoxide", "ppm", MEASURED)                                                      \
	X("conductivity", "S/cm|mS/cm|µS/cm|μS/cm", MEASURED)                                      \
	X("current", "A|mA", MEASURED)                                                             \
	X("data_rate", "bit/s|kbit/s|Mbit/s|Gbit/s|B/s|kB/s|MB/s|GB/s|KiB/s|MiB/s|GiB/s",          \
		MEASURED)                                                                          \
	X("data_size",                                                                             \
		"bit|kbit|Mbit|Gbit|B|kB|MB|GB|TB|PB|EB|ZB|YB|KiB|MiB|GiB|TiB|PiB|EiB|ZiB|YiB",    \
		ANY)                                                                               \
	X("distance", LENGTHS, ANY)                                                                \
	X("duration", "d|h|min|s|ms|µs|μs", ANY)                                                   \
	X("energy", ENERGIES, INCREASING)                                                          \
	X("energy_distance", "kWh/100km|mi/kWh|km/kWh", MEASURED)                                  \
	X("energy_storage", ENERGIES, MEASURED)                                                    \
	X("frequency", "Hz|kHz|MHz|GHz", MEASURED)                                                 \
	X("gas", "m³|ft³|CCF|L", INCREASING)                                                       \
	X("humidity", "%", MEASURED)                                                               \
	X("illuminance", "lx", MEASURED)                                                           \
	X("irradiance", "W/m²|BTU/(h⋅ft²)", MEASURED)                                              \
	X("moisture", "%", MEASURED)                                                               \
	X("monetary", "*", SUM)                                                                    \
	X("nitrogen_dioxide", DENSITY, MEASURED)                                                   \
	X("nitrogen_monoxide", DENSITY, MEASURED)                                                  \
	X("nitrous_oxide", DENSITY, MEASURED)                                                      \
	X("ozone", DENSITY, MEASURED)                                                              \
	X("ph", "", MEASURED)                                                                      \
	X("pm1", DENSITY, MEASURED)                                                                \
	X("pm10", DENSITY, MEASURED)                                                               \
	X("pm25", DENSITY, MEASURED)                                                               \
	X("power", "mW|W|kW|MW|GW|TW", MEASURED)                                                   \
	X("power_factor", "%|", MEASURED)                                                          \
	X("precipitation", "cm|in|mm", ANY)                                                        \
	X("precipitation_intensity", "in/d|in/h|mm/d|mm/h", MEASURED)                              \
	X("pressure", PRESSURES, MEASURED)                                                         \
	X("reactive_energy", "varh|kvarh", INCREASING)                                             \
	X("reactive_power", "var|kvar", MEASURED)                                                  \
	X("signal_strength", "dB|dBm", MEASURED)                                                   \
	X("sound_pressure", "dB|dBA", MEASURED)                                                    \
	X("speed", SPEEDS, MEASURED)                                                               \
	X("sulphur_dioxide", DENSITY, MEASURED)                                                    \
	X("temperature", "°C|°F|K", MEASURED)                                                      \
	X("volatile_organic_compounds", DENSITY, MEASURED)                                         \
	X("volatile_organic_compounds_parts", "ppm|ppb", MEASURED)                                 \
	X("voltage", "V|mV|µV|μV|kV|MV", MEASURED)                                                 \
	X("volume", VOLUMES, INCREASING)                                                           \
	X("volume_flow_rate", FLOWS, MEASURED)                                                     \
	X("volume_storage", VOLUMES, MEASURED)                                                     \
	X("water", "L|m³|ft³|CCF|gal", INCREASING)                                                 \
	X("weight", "kg|g|mg|µg|μg|oz|lb|st", ANY)                                                 \
	X("wind_direction", "°", NULL)                                                             \
	X("wind_speed", "ft/s|km/h|kn|m/s|mph|Beaufort", MEASURED)

#define NAME_OF(name, units, state_class) name,
#define ROW_OF(name, units, state_class)  {units, state_class},

static const char *const kinds_of_sensor[] = {SENSOR_CLASSES(NAME_OF)};

/* Both are separated by '|'; an empty unit means that there is none, "*" that each is one. */
static const struct {
	const char *units, *state_class;
} sensor_classes[] = {SENSOR_CLASSES(ROW_OF)};

static const struct {
	const char *const *names;
	size_t n;
} kinds[PF_HA_KINDS] = {
	[PF_HA_BINARY_SENSOR] = {kinds_of_input, N(kinds_of_input)},
	[PF_HA_SWITCH] = {kinds_of_switch, N(kinds_of_switch)},
	[PF_HA_BUTTON] = {kinds_of_button, N(kinds_of_button)},
	[PF_HA_SENSOR] = {kinds_of_sensor, N(kinds_of_sensor)},
};

static const char *const quantity_classes[] = {
	[PF_QUANTITY_TEMPERATURE] = "temperature",
	[PF_QUANTITY_HUMIDITY] = "humidity",
	[PF_QUANTITY_PRESSURE] = "pressure",
	[PF_QUANTITY_ILLUMINANCE] = "illuminance",
	[PF_QUANTITY_VOLTAGE] = "voltage",
	[PF_QUANTITY_CURRENT] = "current",
	[PF_QUANTITY_POWER] = "power",
	[PF_QUANTITY_ENERGY] = "energy",
	[PF_QUANTITY_DISTANCE] = "distance",
	[PF_QUANTITY_OTHER] = NULL,
};

const char *const *pf_ha_classes(enum pf_ha_kind kind, size_t *ret_n)
{
	*ret_n = kinds[kind].n;
	return kinds[kind].names;
}

/* The place of a class in its table; its size if there is none. */
static size_t place_of(enum pf_ha_kind kind, const char *name)
{
	size_t i = 0;

	while (i < kinds[kind].n && strcmp(kinds[kind].names[i], name) != 0)
		i++;
	return i;
}

bool pf_ha_has_class(enum pf_ha_kind kind, const char *name)
{
	return place_of(kind, name) < kinds[kind].n;
}

/* Whether a list that is separated by '|' has the word. */
static bool has(const char *list, const char *word)
{
	const size_t size = strlen(word);

	for (;;) {
		const size_t length = strcspn(list, "|");

		if (length == size && strncmp(list, word, size) == 0)
			return true;
		if (!list[length])
			return false;
		list += length + 1;
	}
}

bool pf_ha_class_has_unit(const char *name, const char *unit)
{
	const size_t place = place_of(PF_HA_SENSOR, name);

	if (place == N(sensor_classes))
		return false;
	return strcmp(sensor_classes[place].units, "*") == 0
		       ? *unit != '\0'
		       : has(sensor_classes[place].units, unit);
}

/* Those that a class may have; NULL: none fits. */
static const char *state_classes_of(const char *name)
{
	const size_t place = name ? place_of(PF_HA_SENSOR, name) : N(sensor_classes);

	return place < N(sensor_classes) ? sensor_classes[place].state_class : ANY;
}

bool pf_ha_class_has_state_class(const char *name, const char *state_class)
{
	const char *const list = state_classes_of(name);

	return list && has(list, state_class);
}

const char *pf_ha_state_class(const char *name)
{
	static const char *const words[] = {"measurement", "total_increasing", "total"};
	const char *const list = state_classes_of(name);

	for (size_t i = 0; list && i < N(words); i++)
		if (strcspn(list, "|") == strlen(words[i]) &&
			strncmp(list, words[i], strlen(words[i])) == 0)
			return words[i];
	return NULL;
}

const char *pf_ha_class_of(enum pf_quantity quantity, const char *unit)
{
	const char *name = quantity_classes[quantity];

	return name && pf_ha_class_has_unit(name, unit) ? name : NULL;
}
