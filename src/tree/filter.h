/* SPDX-License-Identifier: BSD-2-Clause */
/* Which entries of a source are left out: --exclude, --include and --exclude-from. */
#ifndef DECANT_FILTER_H
#define DECANT_FILTER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * An ordered list of rules in the pattern language of gitignore(5).  The last rule that matches an
 * entry decides; an entry that none matches is not excluded.  Patterns are those of glob.h, and
 *  - with a '/' at the start or within, a pattern is matched against the path from the source's
 *    root; without one, against the base name, at any depth;
 *  - with a '/' at the end, which does not count for that, it matches directories only;
 *  - a malformed one (an unclosed bracket, a last byte '\') matches nothing.
 * Built by one thread; const afterwards, and then read by any thread without a lock.
 */
struct filter;

/* A filter without rules, owned by the caller; NULL when out of memory. */
[[nodiscard]] struct filter *filter_new(void);

/* Free F and its rules.  NULL is fine. */
void filter_free(struct filter *f);

/*
 * Append the rule of one option, --exclude or with INCLUDE --include (what '!' is in a file).
 * PATTERN[len] is copied as it is: a '!', a '#' and spaces at the end are ordinary bytes here.
 * Fails with MEMORY (ENOMEM); F is then unchanged.
 */
struct err filter_add(struct filter *f, const char *pattern, size_t len, bool include);

/*
 * Append the rules of a whole file, whose content is TEXT[len]; nothing of it is kept.
 * One pattern a line; '!' in front makes it an --include; lines that are empty or start with '#'
 * are skipped; spaces at the end of a line and a CR after them are dropped, unless the space is
 * escaped by '\', which also makes a '!' or '#' in front ordinary; a leading UTF-8 BOM is skipped.
 * Fails with MEMORY (ENOMEM); F then holds the rules before the one that failed.
 */
struct err filter_add_file(struct filter *f, const char *text, size_t len);

/* True when some rule looks at more than the base name, so that filter_excludes() needs a path. */
bool filter_needs_path(const struct filter *f);

/* What a filter says of an entry. */
enum filter_verdict {
	FILTER_SILENT,   /* no rule matches */
	FILTER_INCLUDES, /* the last one that does keeps it */
	FILTER_EXCLUDES  /* it leaves it out */
};

/* An entry that is asked about, as filter_excludes() takes it. */
struct filter_entry {
	const char *path; /* [len] */
	size_t len;       /* bytes of PATH */
	const char *name; /* its last component */
	bool is_dir;      /* it is a directory */
};

/* As filter_excludes(), telling silence from a rule that keeps E; *LINE is the rule's, in the file that
 * filter_add_file() had it from, 0 = it is an option. */
enum filter_verdict filter_ask(
    const struct filter *f, const struct filter_entry *e, unsigned *line);
/*
 * True when F leaves out the entry NAME (NUL-terminated, no '/', not empty) at PATH[len].
 * PATH is relative to the source's root, without "./" and without a '/' at its end; it need not be
 * NUL-terminated, and may be NULL when filter_needs_path() is false.  The caller does not enter an
 * excluded directory, so what is below it is not to be asked about: no rule brings it back.
 * Any thread.  Never allocates; time is bounded by rules * length of rule * length of path.
 */
bool filter_excludes(
    const struct filter *f, const char *path, size_t len, const char *name, bool is_dir);

#endif
