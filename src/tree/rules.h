/* SPDX-License-Identifier: BSD-2-Clause */
/* rsync's filter rules: an ordered list, of which the first that matches decides. */
#ifndef DECANT_RULES_H
#define DECANT_RULES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The pattern language of rsync(1), FILTER RULES: '*', '?' and '[...]' match within a component, '**' across
 * them; a '/' in front anchors at the root of the transfer, or at the directory of the rule's own file; one
 * at the end makes it match directories only; one within, or '**', makes it match the end of the path
 * rather than the base name; "***" at the end matches the directory and all below it.
 */
struct rules;

/* On which side a rule has a say. */
enum rules_side {
	RULES_SOURCE = 1, /* what is left out of the walk */
	RULES_DEST = 2,   /* what is protected from deletion */
	RULES_BOTH = 3,
	RULES_PROTECT = 4, /* the latter, of rules that are about nothing else */
};

/* An entry that is asked about; everything is borrowed. */
struct rules_entry {
	const char
	    *path; /* from the root of the transfer, or from the directory of the rules' file */
	const char *name; /* its last component */
	bool is_dir;      /* it is a directory */
};

/* What a rule says, and where it stands. */
struct rules_answer {
	enum {
		RULES_NO_MATCH, /* no rule matches */
		RULES_INCLUDE,  /* it stays in */
		RULES_EXCLUDE,  /* it is left out */
		RULES_ASK /* the rules of the files named FILE, MERGE->name, decide; else go on at NEXT */
	} what;

	const char *text;                /* the rule, NUL-terminated; borrowed */
	const char *origin;              /* the file that it is in, or the option; borrowed */
	unsigned line;                   /* the line in that file; 0 = an option */
	const struct rules_merge *merge; /* of RULES_ASK */
	size_t next;                     /* of RULES_ASK: where to go on */
};

/* A file of rules that directories may have. */
struct rules_merge {
	char *name;    /* its name, owned */
	size_t number; /* its index among those of the list */
	bool include;  /* its lines are patterns to include, without a prefix */
	bool exclude;  /* its lines are patterns to exclude, likewise */
	bool own;      /* it is about its own directory only, not those below */
	bool hidden;   /* it is left out itself */
};

/* What rules_add() could not do itself. */
struct rules_file {
	char name[256]; /* a file to read now and to give to rules_add_file(); "" = none */
	bool include;   /* its lines are patterns to include, without a prefix */
	bool exclude;   /* its lines are patterns to exclude, likewise */
};

/* An empty list.  NULL = out of memory. */
[[nodiscard]] struct rules *rules_new(void);
/* Free R.  NULL is fine. */
void rules_free(struct rules *r);
/* Number of rules. */
size_t rules_count(const struct rules *r);
/* Files that directories may have; their number is *N. */
const struct rules_merge *rules_merges(const struct rules *r, size_t *n);
/* Append a pattern that excludes, or includes, for both sides, of ORIGIN, which R borrows, and LINE there.
 * As rsync, "+ " and "- " in front are obeyed, and "!" alone empties the list. */
struct err rules_add_pattern(
    struct rules *r, const char *pattern, bool include, const char *origin, unsigned line);
/*
 * Append the rule TEXT in the form of --filter.  FILE says what is to be read before the next rule.
 * Fails with EINVAL when it is none, or with MEMORY.
 */
struct err rules_add(
    struct rules *r, const char *text, const char *origin, unsigned line, struct rules_file *file);
/* What the rules from number FROM on say of E, on SIDE: the first that matches.  Pure; any thread. */
struct rules_answer rules_ask(
    const struct rules *r, size_t from, const struct rules_entry *e, enum rules_side side);

/* Whether PATTERN matches all of TEXT: rsync's wildcards alone.  Time is bounded by the product of both
 * lengths.  Pure. */
bool rules_wild(const char *pattern, const char *text);

#endif
