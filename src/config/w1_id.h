/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The ids of 1-Wire sensors as other programs print them. Pure; any thread. */

#ifndef PF_CONFIG_W1_ID_H
#define PF_CONFIG_W1_ID_H

#include <stdbool.h>

#define PF_W1_ID_SIZE 16 /* "28-0316a2795aff", with its NUL */

/* Whether the text is an id as the kernel has it: family, '-', serial number. */
bool pf_w1_id_is_good(const char *text);

/*
 * The kernel's id that is meant by one of Tasmota, OWFS, Arduino libraries or ESPHome, or by one in
 * capitals. false: it cannot be told, for want of digits or because the check digits are wrong.
 */
bool pf_w1_id_meant(const char *text, char ret_id[PF_W1_ID_SIZE]);

#endif
