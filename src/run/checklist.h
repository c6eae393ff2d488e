/* SPDX-License-Identifier: BSD-2-Clause */
/* What a list of sums or a manifest says of files, read as a whole. */
#ifndef DECANT_CHECKLIST_H
#define DECANT_CHECKLIST_H

#include "base/str.h"
#include "run/hash.h"

/* One name to be checked. */
struct checked_name {
	char *name;                       /* as it is to be opened; owned by the list */
	unsigned algos;                   /* bit I: DIGEST may be by algorithm I of the run */
	unsigned char digest[DIGEST_MAX]; /* as many bytes as the algorithm's */
};

/* Why a list could not be read. */
struct checklist_fault {
	struct err err;  /* what failed */
	const char *why; /* more words, or NULL; lives as long as the list */
};

/* A list. */
struct checklist {
	struct checked_name *names;   /* names [n]; owned */
	size_t n;                     /* number of them */
	size_t cap;                   /* allocated */
	size_t bad_lines;             /* lines that are none */
	struct checklist_fault fault; /* meaningful if reading failed */
	char *text;                   /* of a list of sums, which names point into; owned */
	struct str words;             /* of the fault */
	bool owns_names;              /* each name was allocated */
	struct hash_algos *algos;     /* of the run, which grows as lines need it; borrowed */
};

/*
 * Read the list OPTS->check into L; OPTS->hash gets what the list needs, unless it was given.
 * With -w each line that is none is named on standard error.  False: L->fault says why not; L then needs its
 * release too.  Main thread.
 */
bool checklist_read(struct checklist *l, struct hash_opts *opts);
/* Free what L owns. */
void checklist_release(struct checklist *l);
/* Append NAME as messages of checks have it: bare, and escaped with a backslash before it if it has a line
 * feed or a carriage return. */
void checklist_add_name(struct str *s, const char *name);

#endif
