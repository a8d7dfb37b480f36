/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/config.h"
#include "config/keys.h"
#include "config/topics.h"

#define N(keys)          (keys), sizeof(keys) / sizeof *(keys)
#define TEXT_MAX         250
#define PAYLOAD_MAX      256
#define DEBOUNCE_MAX_MS  60000
#define PULSE_MAX_MS     86400000
#define LIMIT_MAX_S      2592000 /* 30 days */
#define DEAD_TIME_MAX_MS 60000
#define LINE_NAME_MAX    31 /* GPIO_MAX_NAME_SIZE of the kernel, less the NUL */
#define CHIP_MAX         64
#define OFFSET_MAX       65535

static const char *const formats[] = {"plain", "json", NULL};
static const char *const biases[] = {"as-is", "off", "up", "down", NULL};
static const char *const drives[] = {"push-pull", "open-drain", "open-source", NULL};
static const char *const initials[] = {"off", "on", "keep", "last", NULL};
static const char *const exits[] = {"off", "on", "keep", NULL};
static const char *const actions[] = {"toggle", "on", "off", "pulse", NULL};

#define OF struct pf_ha_item_config

static const struct pf_key ha_item_keys[] = {
	PF_BOOL("enabled", OF, enabled, true, "whether the item is announced"),
	PF_TEXT("name", OF, name, TEXT_MAX, NULL, "what the item is called there"),
	PF_TEXT("icon", OF, icon, TEXT_MAX, NULL, "its icon"),
	PF_TEXT("device_class", OF, device_class, TEXT_MAX, NULL, "the kind of thing it is"),
	PF_OWN("component", PF_KEY_LATER, "what it is there"),
	PF_OWN("category", PF_KEY_LATER, "where it is shown"),
	PF_OWN("enabled_by_default", PF_KEY_LATER, "whether it is shown at first"),
};
static const struct pf_key_group ha_item_group = {"item.home_assistant", N(ha_item_keys)};

#undef OF
#define OF struct pf_item_config

/* Its defaults that are not here are set by pf_item_begin(). */
static const struct pf_key item_keys[] = {
	PF_TEXT("name", OF, name, PF_NAME_MAX, NULL, "a name of its own", .required = true),
	PF_TOPIC("topic", OF, topic, PF_TOPIC_MAX, NULL, "where it is published"),
	PF_INT("qos", OF, qos, 0, 2, 1, "the quality of service", .otherwise = "that of mqtt"),
	PF_BOOL("retain", OF, retain, true, "whether the broker keeps the last state"),
	PF_CHOICE("format", OF, format, formats, PF_FORMAT_PLAIN, "how states are written"),
	PF_GROUP("home_assistant", OF, home_assistant, &ha_item_group, "how it is shown there",
		.elsewhere = true),
};
const struct pf_key_group pf_item_keys = {"item", N(item_keys)};

#undef OF
#define OF struct pf_line_config

static const struct pf_key line_keys[] = {
	PF_TEXT("line", OF, line, LINE_NAME_MAX, NULL, "the name of the line"),
	PF_INT("pin", OF, pin, 1, 40, 0, "the number of a pin on the header"),
	PF_TEXT("chip", OF, chip, CHIP_MAX, NULL, "the chip of the line"),
	PF_INT("offset", OF, offset, 0, OFFSET_MAX, 0, "the number of the line on its chip",
		.otherwise = "none"),
	PF_OWN("driver", PF_KEY_TEXT, "the driver of the line", .maximum = PF_NAME_MAX,
		.text = PF_DEFAULT_DRIVER),
};
const struct pf_key_group pf_line_keys = {"line", N(line_keys)};

#undef OF
#define OF struct pf_input_config

static const struct pf_key input_keys[] = {
	PF_CHOICE("bias", OF, bias, biases, PF_BIAS_AS_IS, "the pull resistor"),
	PF_BOOL("active_low", OF, active_low, false, "whether 0 volt means on"),
	PF_INT("debounce_ms", OF, debounce_ms, 0, DEBOUNCE_MAX_MS, 20,
		"how long a state has to hold"),
	PF_TEXT("payload_on", OF, payload_on, PAYLOAD_MAX, "ON", "the word for on"),
	PF_TEXT("payload_off", OF, payload_off, PAYLOAD_MAX, "OFF", "the word for off"),
	PF_OWN("press", PF_KEY_LATER, "what it tells of presses"),
	PF_OWN("encoder", PF_KEY_LATER, "what makes a rotary encoder of it"),
	PF_OWN("counter", PF_KEY_LATER, "what counts its pulses"),
	PF_OWN("delay_on_ms", PF_KEY_LATER, "how long on is held back"),
	PF_OWN("delay_off_ms", PF_KEY_LATER, "how long off is held back"),
};
const struct pf_key_group pf_input_keys = {"input", N(input_keys)};

#undef OF
#define OF struct pf_failsafe_config

static const struct pf_key failsafe_keys[] = {
	PF_SECONDS("after_s", OF, after_ms, 1, LIMIT_MAX_S, 0, "the seconds to wait",
		.required = true),
	PF_STATE("state", OF, state, false, "the state to go to"),
	PF_TOPIC("heartbeat_topic", OF, heartbeat_topic, PF_TOPIC_MAX, NULL,
		"where the controller shows that it is there"),
};
static const struct pf_key_group failsafe_group = {"output.failsafe", N(failsafe_keys)};

#undef OF
#define OF struct pf_button_config

static const struct pf_key button_keys[] = {
	PF_TEXT("input", OF, input, PF_NAME_MAX, NULL, "the name of an input", .required = true),
	PF_CHOICE("action", OF, action, actions, PF_BUTTON_TOGGLE, "what a press does"),
};
static const struct pf_key_group button_group = {"output.button", N(button_keys)};

#undef OF
#define OF struct pf_output_config

static const struct pf_key output_keys[] = {
	PF_BOOL("active_low", OF, active_low, false, "whether 0 volt means on"),
	PF_CHOICE("drive", OF, drive, drives, PF_DRIVE_PUSH_PULL, "how the line is driven"),
	PF_CHOICE("initial", OF, initial, initials, PF_START_OFF, "the state at the start"),
	PF_CHOICE("on_exit", OF, on_exit, exits, PF_ON_EXIT_OFF, "the state at the end"),
	PF_INT("pulse_ms", OF, pulse_ms, 1, PULSE_MAX_MS, 0, "how long every ON lasts"),
	PF_TOPIC("command_topic", OF, command_topic, PF_TOPIC_MAX, NULL,
		"where commands are received"),
	PF_TEXT("payload_on", OF, payload_on, PAYLOAD_MAX, "ON", "the word for on"),
	PF_TEXT("payload_off", OF, payload_off, PAYLOAD_MAX, "OFF", "the word for off"),
	PF_SECONDS("max_on_s", OF, max_on_ms, 0.001, LIMIT_MAX_S, 0, "the longest time on"),
	PF_SECONDS("min_on_s", OF, min_on_ms, 0, LIMIT_MAX_S, 0, "the shortest time on"),
	PF_SECONDS("min_off_s", OF, min_off_ms, 0, LIMIT_MAX_S, 0, "the shortest time off"),
	PF_TEXT("interlock", OF, interlock, PF_NAME_MAX, NULL, "the name of an interlock"),
	PF_BOOL("accept_retained", OF, accept_retained, false, "whether stored commands count"),
	PF_OWN("requires", PF_KEY_LATER, "the inputs that have to be on"),
	PF_GROUP("failsafe", OF, failsafe, &failsafe_group, "what happens without a controller"),
	PF_GROUP("button", OF, button, &button_group, "an input that works it"),
};
const struct pf_key_group pf_output_keys = {"output", N(output_keys)};

#undef OF
#define OF struct pf_interlock_config

static const struct pf_key interlock_keys[] = {
	PF_TEXT("name", OF, name, PF_NAME_MAX, NULL, "the name that outputs give",
		.required = true),
	PF_INT("dead_time_ms", OF, dead_time_ms, 0, DEAD_TIME_MAX_MS, 500,
		"how long all are off in between"),
};
const struct pf_key_group pf_interlock_keys = {"interlock", N(interlock_keys)};
