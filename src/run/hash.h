/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb hash: digests of files, as the tools for sums print and check them, and of whole trees. */
#ifndef DECANT_HASH_H
#define DECANT_HASH_H

#include "report/report.h"
#include "run/hashing.h"
#include "run/parts.h"

/* What one run of `hash` was asked to do; const once the run starts.  Pointers into argv are borrowed. */
struct hash_opts {
	struct walk_opts walk;     /* the walk */
	struct select_opts select; /* what to leave out, or what to work on alone */
	struct report_opts report; /* output */
	struct hash_algos hash;    /* digests to make; with CHECK those that the list needs */
	bool hash_given;           /* HASH was asked for */
	const char *manifest;      /* --manifest: write one to this file, or NULL */
	const char
	    *check;    /* -c: check what this list or manifest (- is standard input) has, or NULL */
	int jobs;      /* workers, 0 = chosen by the program */
	bool tree;     /* --tree: one digest of each operand */
	bool unsorted; /* print lines as they come */
	bool tag;      /* lines as BSD has them: ALGO (NAME) = DIGEST */
	bool zero;     /* lines end with NUL, names are not escaped */
	bool no_ok;    /* check: print no name that is as listed */
	bool status;   /* check: print nothing */
	bool ignore_missing; /* check: names that are not there do not count */
	bool strict;         /* check: lines that are none are failures */
	bool warn;           /* check: name the lines that are none */
	char **operands;     /* operands [n_operands]; "-" is standard input */
	size_t n_operands;   /* number of them */
};

/* Carry out OPTS; as copy_run(). */
int hash_run(struct hash_opts *opts);

#endif
