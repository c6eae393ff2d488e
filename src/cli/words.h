/* SPDX-License-Identifier: BSD-2-Clause */
/* The words that options take as values. */
#ifndef DECANT_WORDS_H
#define DECANT_WORDS_H

#include "base/str.h"

/* A word and what it stands for; a list of them ends with a NULL text. */
struct word {
	const char *text; /* the word */
	unsigned value;   /* a value of the enum that the list is for; synonyms share it */
};

/* What --preserve and --no-preserve can name, as bits. */
enum keep_bit {
	KEEP_MODE = 1 << 0,    /* mode */
	KEEP_OWNER = 1 << 1,   /* ownership */
	KEEP_TIMES = 1 << 2,   /* timestamps */
	KEEP_LINKS = 1 << 3,   /* links */
	KEEP_XATTR = 1 << 4,   /* xattr */
	KEEP_CONTEXT = 1 << 5, /* context */
	KEEP_ALL = 1 << 6,     /* all: every one of these, as far as the file systems can */
};

/* The lists.  What a bare option means comes first. */
extern const struct word words_update[];   /* enum update */
extern const struct word words_backup[];   /* enum backup */
extern const struct word words_preserve[]; /* enum keep_bit */
extern const struct word words_reflink[];  /* enum when */
extern const struct word words_sparse[];   /* enum when */
extern const struct word words_fsync[];    /* enum durability */
extern const struct word words_verify[];   /* enum readback_when */
extern const struct word words_color[];    /* enum color_when */
extern const struct word words_progress[]; /* enum progress_when */
extern const struct word words_print0[];   /* enum of report_opts.print0 */

/* Find TEXT[len] in LIST, whole or as the start of words of one value only; NULL = not there. */
const struct word *words_find(const struct word *list, const char *text, size_t len);
/* Append LIST as people say it: "auto, always or never". */
void words_add(struct str *s, const struct word *list);

#endif
