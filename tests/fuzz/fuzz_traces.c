/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* What the last run has left at the broker: the input is the text of the list. */

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "store/state_file.h"
#include "store/traces.h"

const char fuzz_name[] = "traces";

/* What was read is written, and what was written is read, the same. */
static void check_again(const struct pf_traces *traces)
{
	char *text = pf_traces_encode(traces), *sealed = pf_state_seal("traces", text), *again;
	const char *unsealed = pf_state_unseal("traces", sealed, strlen(sealed));
	struct pf_traces copy = {.last_token = 0};

	FUZZ_CHECK(unsealed && strcmp(unsealed, text) == 0);
	FUZZ_CHECK(pf_traces_decode(&copy, text) == 0);
	again = pf_traces_encode(&copy);
	FUZZ_CHECK(strcmp(again, text) == 0);
	pf_traces_done(&copy);
	free(again);
	free(sealed);
	free(text);
}

static void decode(const char *text)
{
	struct pf_traces traces = {.last_token = 0};

	if (pf_traces_decode(&traces, text) == 0)
		for (struct pf_trace *trace = pf_traces_next(&traces, NULL); trace;
			trace = pf_traces_next(&traces, trace))
			FUZZ_CHECK(*trace->topic && pf_trace_is_orphan(trace));
	check_again(&traces);
	pf_traces_done(&traces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = pf_calloc(size + 1, 1);

	if (size)
		memcpy(text, data, size);
	decode(text);
	(void)pf_state_unseal("traces", text, size);
	free(text);
	return 0;
}
