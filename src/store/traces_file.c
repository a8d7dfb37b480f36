/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/traces_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/state_file.h"

#define NAME           "traces"
#define SIZE_MAX_BYTES ((size_t)16 << 20)

static char *make_text(void *user)
{
	char *text = pf_traces_encode(user);
	char *sealed = pf_state_seal(NAME, text);

	free(text);
	return sealed;
}

static void on_changed(void *user)
{
	pf_kept_file_changed(user, false);
}

static int load(const char *state_dir, struct pf_traces *traces)
{
	char *sealed = NULL;
	size_t size = 0;
	int r = pf_state_file_read(state_dir, NAME, SIZE_MAX_BYTES, &sealed, &size);
	const char *text;

	if (r == 0) {
		text = pf_state_unseal(NAME, sealed, size);
		r = text ? pf_traces_decode(traces, text) : -EBADMSG;
	}
	free(sealed);
	return r;
}

int pf_traces_file_new(struct ev_loop *loop, struct pf_timers *timers, const char *state_dir,
	struct pf_traces *traces, struct pf_kept_file **ret_file)
{
	const struct pf_kept_source source = {.name = NAME,
		.loss = "what is removed from the configuration while the daemon is off stays at "
			"the broker",
		.make_text = make_text,
		.user = traces};
	char *text;
	int r = load(state_dir, traces);

	if (r < 0 && r != -ENOENT)
		pf_warning("%s/%s: %s; what was removed from the configuration may stay at the "
			   "broker",
			state_dir, NAME, r == -EBADMSG ? "torn or garbled" : strerror(-r));
	text = r == 0 || r == -ENOENT ? make_text(traces) : NULL;
	r = pf_kept_file_new(loop, timers, state_dir, &source, text, ret_file);
	free(text);
	if (r < 0)
		return r;
	traces->changed = on_changed;
	traces->user = *ret_file;
	return 0;
}
