/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the .def files become rows of a table.  Each verb has one, which includes those that it shares
 * with other verbs; an option has the same meaning in each verb that has it, so it is written once.
 * Letters are the verb's own.
 *
 * Whoever includes a .def file defines OPTS, the type of the verb's options, in which fields are looked
 * up, and the letters of shared options: LETTER_QUIET, LETTER_JOBS; NULL = none.
 *
 * OPT(shorts, long, arg, group, rank, apply, help)          APPLY carries it out
 * TAKE(shorts, long, arg, group, rank, field, apply, help)  likewise, into a field of OPTS
 * FLAG(shorts, long, group, rank, field, help)              sets a bool of OPTS
 * TEXT(shorts, long, arg, group, rank, field, help)         sets a string of OPTS
 * WORD(shorts, long, arg, group, rank, field, list, help)   sets an enum, by LIST of words.h
 *
 * SHORTS: the letters, each a synonym, or NULL; LONG: the name, or NULL; ARG: as help shows it,
 * "=X" = required, "[=X]" = optional, NULL = none; RANK: COMMON options are in the short help too.
 */
#ifndef DECANT_ROWS_H
#define DECANT_ROWS_H

#include "cli/apply.h"

#include <assert.h>
#include <stddef.h>

/* The offset of FIELD, and a proof that it has TYPE's size. */
#define FIELD(field, type)       \
	(offsetof(OPTS, field) + \
	    0 * sizeof(char[sizeof(((OPTS *)0)->field) == sizeof(type) ? 1 : -1]))

#define COMMON true
#define LESS   false
#define OPT(shorts, name, arg, group, rank, apply, help) \
	{ shorts, name, arg, help, group, rank, OPT_APPLY, 0, NULL, apply_##apply },
#define TAKE(shorts, name, arg, group, rank, field, apply, help)                        \
	{ shorts, name, arg, help, group, rank, OPT_APPLY, offsetof(OPTS, field), NULL, \
		apply_##apply },
#define FLAG(shorts, name, group, rank, field, help) \
	{ shorts, name, NULL, help, group, rank, OPT_FLAG, FIELD(field, bool), NULL, NULL },
#define TEXT(shorts, name, arg, group, rank, field, help) \
	{ shorts, name, arg, help, group, rank, OPT_TEXT, FIELD(field, char *), NULL, NULL },
#define WORD(shorts, name, arg, group, rank, field, list, help)                                 \
	{ shorts, name, arg, help, group, rank, OPT_WORD, FIELD(field, unsigned), words_##list, \
		NULL },

#endif
