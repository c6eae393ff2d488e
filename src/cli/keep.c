/* SPDX-License-Identifier: BSD-2-Clause */
/* --preserve: a list of words, and what each means. */
#include "cli/keep.h"

#include "base/own.h"
#include "cli/apply.h"
#include "cli/state.h"

#include <string.h>

void
keep_set(struct keep *k, unsigned bits, bool keep)
{
	if (bits & (KEEP_MODE | KEEP_ALL)) {
		k->mode = keep;
		k->default_mode = !keep;
	}
	if (bits & (KEEP_OWNER | KEEP_ALL))
		k->owner = keep;
	if (bits & (KEEP_TIMES | KEEP_ALL))
		k->times = keep;
	if (bits & (KEEP_LINKS | KEEP_ALL))
		k->links = keep;
	/* What is named must be kept; what only "all" means is kept where that is possible. */
	if (bits & (KEEP_XATTR | KEEP_ALL)) {
		k->xattr = keep;
		k->xattr_must = keep && (k->xattr_must || bits & KEEP_XATTR);
	}
	if (bits & (KEEP_CONTEXT | KEEP_ALL)) {
		k->context = keep;
		k->context_must = keep && (k->context_must || bits & KEEP_CONTEXT);
	}
}

/* Set what the comma-separated LIST of words, a value of O, names. */
static enum cli_outcome
set_list(struct cli *c, const struct opt *o, const char *list, bool keep)
{
	own_mem char *items = strdup(list);

	if (items == NULL)
		return cli_complain(c, "out of memory", NULL);
	for (char *rest = items, *item; (item = strsep(&rest, ",")) != NULL;) {
		unsigned bits = 0;

		if (cli_choose(c, o->name, item, words_preserve, &bits) != CLI_RUN)
			return CLI_USAGE;
		keep_set(opt_field(c, o), bits, keep);
	}
	return CLI_RUN;
}

enum cli_outcome
apply_preserve(struct cli *c, const struct opt *o, const char *value)
{
	if (value != NULL)
		return set_list(c, o, value, true);
	keep_set(opt_field(c, o), KEEP_MODE | KEEP_OWNER | KEEP_TIMES, true);
	return CLI_RUN;
}

enum cli_outcome
apply_no_preserve(struct cli *c, const struct opt *o, const char *value)
{
	return set_list(c, o, value, false);
}
