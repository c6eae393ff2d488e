/* SPDX-License-Identifier: BSD-2-Clause */
/* What is unlike about two entries of one name, in words; and telling it. */
#ifndef DECANT_UNLIKE_H
#define DECANT_UNLIKE_H

#include "run/tell.h"
#include "run/verify.h"
#include "tree/linkpairs.h"

/* What the workers of a comparison share. */
struct verifying {
	const struct verify_opts *opts; /* what was asked for */
	bool content_alone;             /* nothing else of a regular file is compared */
	struct linkpairs *pairs;        /* names of one file; NULL = nobody asked */
	struct manifestcheck *list;     /* the manifest that stands for the first tree, or NULL */
};

/* The two sides of one name. */
struct pair {
	struct stat a; /* the source's */
	struct stat b; /* the destination's */
	int a_fd;      /* open for reading, or -1: it is looked at by name */
	int b_fd;      /* likewise */
};

/* A reason to add to WHY: printf-formatted, separated from the last one. */
[[gnu::format(printf, 2, 3)]] void unlike_add(struct str *why, const char *format, ...);
/* The word for the type of MODE. */
const char *unlike_type(mode_t mode);
/* Add to WHY in what attributes of a stat, of those that KEEP names, A and B are unlike. */
void unlike_stat(
    const struct keep *keep, const struct stat *a, const struct stat *b, struct str *why);
/* Add to WHY in what attributes, of those to be compared, the two sides of E are unlike. */
struct err unlike_attributes(
    struct worker *w, const struct entry *e, const struct pair *p, struct str *why);
/* Tell that E came out as ACTION with WHY, which may be empty; all but UNCHANGED is a difference. */
void unlike_tell(struct worker *w, const struct entry *e, const struct stat *st,
    enum item_action action, const struct str *why);

#endif
