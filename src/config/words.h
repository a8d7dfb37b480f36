/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The words of other programs (mqtt-io, RPi.GPIO, ESPHome, Tasmota, Home Assistant), and what they
 * are here. Pure; any thread.
 */

#ifndef PF_CONFIG_WORDS_H
#define PF_CONFIG_WORDS_H

/*
 * What is here what others call so: 'here it is ...', or why there is none. group: the name of the
 * group that such a key stands in. NULL: nothing is known.
 */
const char *pf_word_of_key(const char *group, const char *word);

/* The same for a value of a key. */
const char *pf_word_of_value(const char *key, const char *word);

#endif
