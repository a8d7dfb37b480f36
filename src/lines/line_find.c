/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "lines/line_find.h"

#include "hw/resolve.h"
#include "lines/confirm.h"

int pf_line_find(const struct pf_board *board, const struct pf_driver *driver,
	const struct pf_line_config *config, struct pf_found_line *ret_found, char *ret_reason)
{
	const struct pf_line_query query = {.line = config->line,
		.pin = config->pin,
		.chip = config->chip,
		.offset = config->offset};

	ret_found->ops = pf_board_lines(board, driver, &ret_found->context);
	return pf_line_resolve(
		ret_found->ops, ret_found->context, &query, &ret_found->info, ret_reason);
}

void pf_line_explain(const struct pf_found_line *found, const struct pf_line_config *config,
	int error, char *ret_reason)
{
	switch (-error) {
	case EBUSY:
		pf_explain(ret_reason, "line %s is busy: held by \"%s\"", config->text,
			*found->info.consumer ? found->info.consumer : "an unknown consumer");
		break;
	case EACCES:
	case EPERM:
		pf_explain(ret_reason, "line %s: no permission for %s (is the user in group gpio?)",
			config->text, found->info.chip);
		break;
	case EINVAL:
	case EOPNOTSUPP:
		pf_explain(ret_reason, "line %s: chip %s cannot do this (bias, drive or edges)",
			config->text, found->info.label);
		break;
	case -PF_LINE_DIFFERS:
		pf_explain(ret_reason, "line %s does not have the level that it was set",
			config->text);
		break;
	case ENODEV:
	case ENOENT:
		pf_explain(ret_reason, "line %s: its chip is gone", config->text);
		break;
	default:
		pf_explain(ret_reason, "line %s: %s", config->text, strerror(-error));
	}
}
