/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding options in a table: by letter, by value, by a name that is nearly right. */
#include "cli/table.h"

#include "cli/typo.h"

#include <string.h>

const char *
opt_group_title(enum opt_group g)
{
	static const char *const titles[GROUP_N] = {
		[GROUP_WHAT] = "What to",
		[GROUP_LINKS] = "Links",
		[GROUP_WHERE] = "Destination",
		[GROUP_EXISTING] = "Existing files",
		[GROUP_KEEP] = "Attributes",
		[GROUP_CHECK] = "Checking",
		[GROUP_COMMANDS] = "Commands",
		[GROUP_DATA] = "Data",
		[GROUP_OUTPUT] = "Output",
		[GROUP_EVERY] = "Every verb",
	};
	return titles[g];
}

const struct opt *
opt_by_letter(const struct opt_table *t, int letter)
{
	for (size_t i = 0; i < t->n_opts && letter != '\0'; i++) {
		if (t->opts[i].shorts != NULL && strchr(t->opts[i].shorts, letter) != NULL)
			return &t->opts[i];
	}
	return NULL;
}

const struct opt *
opt_by_val(const struct opt_table *t, int val)
{
	if (val >= OPT_LONG_VAL && (size_t)(val - OPT_LONG_VAL) < t->n_opts)
		return &t->opts[val - OPT_LONG_VAL];
	return opt_by_letter(t, val);
}

const struct opt *
opt_by_name(const struct opt_table *t, const char *name, size_t len)
{
	if (len == 2 && name[0] == '-' && name[1] != '-')
		return opt_by_letter(t, name[1]);
	for (size_t i = 0; i < t->n_opts; i++) {
		const char *known = t->opts[i].name;

		if (known != NULL && strlen(known) == len && memcmp(known, name, len) == 0)
			return &t->opts[i];
	}
	return NULL;
}

const struct alien *
opt_alien(const struct opt_table *t, const char *name, size_t len)
{
	for (size_t i = 0; i < t->n_aliens; i++) {
		if (strlen(t->aliens[i].name) == len && memcmp(t->aliens[i].name, name, len) == 0)
			return &t->aliens[i];
	}
	return NULL;
}

const char *
opt_nearest(const struct opt_table *t, const char *name, size_t len)
{
	const char *nearest = NULL;
	int best = typo_limit(len < 2 ? 0 : len - 2); /* the dashes do not count */

	for (size_t i = 0; i < t->n_opts; i++) {
		const char *candidate = t->opts[i].name;

		if (candidate == NULL)
			continue;
		int distance = typo_distance(name, len, candidate);
		if (distance < best || (nearest == NULL && distance == best)) {
			best = distance;
			nearest = candidate;
		}
	}
	return nearest;
}

void
opt_getopt(const struct opt_table *t, struct option longs[static OPT_MAX + 1],
    char letters[static 2 * OPT_MAX + 3])
{
	size_t n_longs = 0;
	size_t n_letters = 0;

	if (t->first)
		letters[n_letters++] = '+'; /* stop at the first operand */
	letters[n_letters++] = ':';         /* tell a missing value from an unknown option */
	for (size_t i = 0; i < t->n_opts; i++) {
		const struct opt *o = &t->opts[i];
		int has_arg = no_argument;

		if (o->arg != NULL)
			has_arg = o->arg[0] == '[' ? optional_argument : required_argument;
		for (const char *s = o->shorts; s != NULL && *s != '\0'; s++) {
			letters[n_letters++] = *s;
			if (has_arg == required_argument)
				letters[n_letters++] = ':';
		}
		if (o->name != NULL)
			longs[n_longs++] =
			    (struct option){ o->name + 2, has_arg, NULL, OPT_LONG_VAL + (int)i };
	}
	longs[n_longs] = (struct option){ 0 };
	letters[n_letters] = '\0';
}
