/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The library is one for the whole process: a call for one connection may read and write those of
 * others, and has no lock while it waits. A link thread that was left behind in one must be out of
 * it before the next link's thread goes in. Any thread but the main one.
 */

#ifndef PF_MQTT_LIBRARY_H
#define PF_MQTT_LIBRARY_H

/* Waits until no other thread is inside. */
void pf_library_enter(void);

/* Lets others in. */
void pf_library_leave(void);

#endif
