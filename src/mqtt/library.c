/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/library.h"

#include <pthread.h>

static pthread_mutex_t inside = PTHREAD_MUTEX_INITIALIZER;

void pf_library_enter(void)
{
	pthread_mutex_lock(&inside);
}

void pf_library_leave(void)
{
	pthread_mutex_unlock(&inside);
}
