/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding options in the table: by letter, by value, by a name that is nearly right. */
#include "cli/table.h"

#include <string.h>

#define OPT(...)
#define FLAG(...)
#define TEXT(...)
#define WORD(...)
#define ALIEN(name, advice) { name, advice },
static const struct alien aliens[] = {
#include "cli/options.def"
};

enum {
	TYPO_MAX = 64 /* a name of this length or more is not compared; ours have less than half */
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

static int
least(int a, int b)
{
	return a < b ? a : b;
}

/* Number of changes of one letter (insert, delete, replace, swap two) that make A[a_len] into
 * B[b_len]; both are shorter than TYPO_MAX. */
static int
typo_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int rows[3][TYPO_MAX]; /* the distances of the last two beginnings of A, and of this one */

	for (size_t i = 0; i <= a_len; i++) {
		int *here = rows[i % 3];
		const int *above = rows[(i + 2) % 3];
		const int *twice = rows[(i + 1) % 3];

		here[0] = (int)i;
		for (size_t j = 1; j <= b_len; j++) {
			if (i == 0) {
				here[j] = (int)j;
				continue;
			}
			here[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]),
			    least(above[j], here[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				here[j] = least(here[j], twice[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

const char *
opt_nearest(const char *name, size_t len)
{
	const char *nearest = NULL;

	if (len <= 2 || len >= TYPO_MAX)
		return NULL;
	/* A third of the name, without its dashes, may be wrong, and one letter more. */
	int best = (int)(len - 2) / 3 + 1;
	for (size_t i = 0; i < opt_count; i++) {
		const char *candidate = opt_table[i].name;

		if (candidate == NULL || strlen(candidate) >= TYPO_MAX)
			continue;
		int distance = typo_distance(name, len, candidate, strlen(candidate));
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
			longs[n_longs++] = (struct option){ o->name + 2, has_arg, NULL,
				OPT_LONG_VAL + (int)i };
	}
	longs[n_longs] = (struct option){ 0 };
	letters[n_letters] = '\0';
}
