/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of verbs, and finding one in it. */
#include "cli/verb.h"

#include "cli/rows.h"
#include "cli/state.h"
#include "cli/typo.h"

#include <string.h>

const struct verb *const verbs[] = { &verb_copy, &verb_sync, &verb_verify, &verb_hash, &verb_pack,
	&verb_unpack, &verb_list, &verb_pipe, NULL };

/* Nothing is kept of options without a verb. */
static const struct opt opts[] = {
#include "cli/alone.def"
};

const struct verb verb_none = { .table = { opts, COUNT(opts), NULL, 0, .first = true } };

const struct verb *
verb_find(const char *name)
{
	for (size_t i = 0; verbs[i] != NULL; i++) {
		if (strcmp(verbs[i]->name, name) == 0 ||
		    (verbs[i]->alias != NULL && strcmp(verbs[i]->alias, name) == 0))
			return verbs[i];
	}
	return NULL;
}

const struct verb *
verb_nearest(const char *name)
{
	const struct verb *nearest = NULL;
	size_t len = strlen(name);
	int best = typo_limit(len) + 1;

	for (size_t i = 0; verbs[i] != NULL; i++) {
		int distance = typo_distance(name, len, verbs[i]->name);

		if (distance < best) {
			best = distance;
			nearest = verbs[i];
		}
	}
	return nearest;
}

const struct verb *
verb_with_option(const struct verb *but, const char *name, size_t len)
{
	for (size_t i = 0; verbs[i] != NULL; i++) {
		if (verbs[i] != but && opt_by_name(&verbs[i]->table, name, len) != NULL)
			return verbs[i];
	}
	return NULL;
}

void
verbs_add(struct str *s)
{
	for (size_t i = 0; verbs[i] != NULL; i++) {
		if (i > 0)
			str_adds(s, verbs[i + 1] == NULL ? " or " : ", ");
		str_adds(s, verbs[i]->name);
	}
}
