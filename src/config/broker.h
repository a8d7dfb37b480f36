/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The address of a broker. Pure; thread-safe.
 */

#ifndef PF_CONFIG_BROKER_H
#define PF_CONFIG_BROKER_H

#include <stdbool.h>

/*
 * Checks mqtt://, mqtts://, ws:// or wss:// HOST[:PORT], for ws and wss with an optional /PATH;
 * an IPv6 address stands in brackets. NULL, *ret_uri: the same with the scheme's port filled in
 * (to be freed), and *ret_tls: whether it is encrypted; or what is wrong (static text).
 */
const char *pf_broker_parse(const char *text, char **ret_uri, bool *ret_tls);

#endif
