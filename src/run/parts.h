/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts that the options of several verbs are made of. */
#ifndef DECANT_PARTS_H
#define DECANT_PARTS_H

#include <stdbool.h>
#include <stddef.h>

/* Which symbolic links of the source are followed. */
enum follow {
	FOLLOW_NONE, /* -P */
	FOLLOW_ARGS, /* -H: those named on the command line */
	FOLLOW_ALL,  /* -L */
};

/* What the walk obeys. */
struct walk_opts {
	bool recursive;       /* go into directories */
	enum follow follow;   /* which symbolic links to follow */
	bool one_file_system; /* -x: mount points are made, not entered */
	bool copy_contents;   /* read special files as data */
};

/* One option that says what to leave out; the last rule that matches an entry decides. */
struct filter_rule {
	enum {
		RULE_EXCLUDE, /* --exclude: leave out what TEXT matches */
		RULE_INCLUDE, /* --include: keep what TEXT matches */
		RULE_FILE     /* --exclude-from: the rules are in the file named TEXT */
	} kind;               /* what TEXT is */

	const char *text; /* a pattern or the name of a file; borrowed from argv */
};

/* Which entries a verb works on, of those that its operands reach. */
struct select_opts {
	struct filter_rule
	    *rules;     /* rules in the order given [n_rules]; owned, see cli_release() */
	size_t n_rules; /* number of them */
	const char
	    *files_from; /* --files-from: a file or "-" that names what to work on, or NULL */
	char files_end;  /* byte that ends a name there: '\n', or NUL with --from0 */
};

/* Commands that each file's content goes through, first to last. */
struct through_opts {
	char **
	    *commands; /* [n], each NULL-terminated and one allocation; owned, see cli_release() */
	size_t n;      /* number of them, 0 = content is copied as it is */
};

/* When written data is made durable. */
enum durability {
	FSYNC_NONE, /* when the kernel likes */
	FSYNC_END,  /* one syncfs of the destination at the end */
	FSYNC_EACH, /* each file before it appears, and its directory */
};

/* What is done about content once it was written: --verify. */
enum readback_when {
	READBACK_NONE, /* nothing */
	READBACK_READ, /* it is read back and compared */
	READBACK_COLD, /* likewise, from the device as far as that can be had */
};

#endif
