/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding options in the table: by letter, by value, by a name that is nearly right. */
#include "cli/table.h"

#include "cli/typo.h"

#include <string.h>

#define OPT(...)
#define FLAG(...)
#define TEXT(...)
#define WORD(...)
#define ALIEN(name, advice) { name, advice },
static const struct alien aliens[] = {
#include "cli/options.def"
};

const char *
opt_group_title(enum opt_group g)
{
	static const char *const titles[GROUP_N] = {
		[GROUP_WHAT] = "What to copy",
		[GROUP_LINKS] = "Links",
		[GROUP_WHERE] = "Destination",
		[GROUP_EXISTING] = "Existing files",
		[GROUP_KEEP] = "Attributes",
		[GROUP_DATA] = "Data",
		[GROUP_OUTPUT] = "Output",
	};
	return titles[g];
}

const struct opt *
opt_by_letter(int letter)
{
	for (size_t i = 0; i < opt_count && letter != '\0'; i++) {
		if (opt_table[i].shorts != NULL && strchr(opt_table[i].shorts, letter) != NULL)
			return &opt_table[i];
	}
	return NULL;
}

const struct opt *
opt_by_val(int val)
{
	if (val >= OPT_LONG_VAL && (size_t)(val - OPT_LONG_VAL) < opt_count)
		return &opt_table[val - OPT_LONG_VAL];
	return opt_by_letter(val);
}

const struct alien *
opt_alien(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(aliens) / sizeof(aliens[0]); i++) {
		if (strlen(aliens[i].name) == len && memcmp(aliens[i].name, name, len) == 0)
			return &aliens[i];
	}
	return NULL;
}

const char *
opt_nearest(const char *name, size_t len)
{
	const char *nearest = NULL;
	int best = typo_limit(len < 2 ? 0 : len - 2); /* the dashes do not count */

	for (size_t i = 0; i < opt_count; i++) {
		const char *candidate = opt_table[i].name;

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
opt_getopt(struct option longs[static OPT_MAX + 1], char letters[static 2 * OPT_MAX + 2])
{
	size_t n_longs = 0;
	size_t n_letters = 0;

	letters[n_letters++] = ':'; /* tell a missing value from an unknown option */
	for (size_t i = 0; i < opt_count; i++) {
		const struct opt *o = &opt_table[i];
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
