/* SPDX-License-Identifier: BSD-2-Clause */
/* --preserve: a list of words, and what each means. */
#include "cli/keep.h"

#include "base/own.h"

#include <string.h>

void
keep_set(struct keep *k, unsigned bits, bool keep)
{
	if (bits & (KEEP_MODE | KEEP_ALL))
		k->mode = keep;
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

enum cli_outcome
keep_list(const struct cli *c, const struct opt *o, const char *list, unsigned *bits)
{
	own_mem char *items = strdup(list);

	*bits = 0;
	if (items == NULL)
		return cli_complain(c, "out of memory", NULL);
	for (char *rest = items, *item; (item = strsep(&rest, ",")) != NULL;) {
		unsigned bit = 0;

		if (cli_choose(c, o->name, item, words_preserve, &bit) != CLI_RUN)
			return CLI_USAGE;
		*bits |= bit;
	}
	return CLI_RUN;
}
