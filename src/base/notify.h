/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Notifications to the service manager: one datagram of text to $NOTIFY_SOCKET.
 * Source: sd_notify(3). Without the variable every call does nothing.
 */

#ifndef PF_BASE_NOTIFY_H
#define PF_BASE_NOTIFY_H

#include <stdint.h>

/* Sends lines such as "READY=1" or "STATUS=...". 0 (also if nobody listens), or -errno. */
__attribute__((format(printf, 1, 2))) int pf_notify(const char *format, ...);

/* "RELOADING=1" with the time stamp that systemd 253 and later want. 0 or -errno. */
int pf_notify_reloading(void);

/*
 * How often "WATCHDOG=1" is expected, in us: $WATCHDOG_USEC, if it is meant for this process
 * ($WATCHDOG_PID). 0: no watchdog. Notify at half this interval.
 */
uint64_t pf_notify_watchdog_us(void);

#endif
