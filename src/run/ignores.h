/* SPDX-License-Identifier: BSD-2-Clause */
/* What a sync leaves out: rules of the command line, and of files that directories have. */
#ifndef DECANT_IGNORES_H
#define DECANT_IGNORES_H

#include "run/run.h"
#include "tree/rules.h"

/* What decided. */
struct ignores_why {
	const char *text; /* the rule, or NULL where the file's line says it; borrowed */
	const char
	    *origin;   /* the file or option that it is from; NULL = nothing decided; borrowed */
	unsigned line; /* the line of that file, 0 = none */
	bool included; /* it keeps the entry */
};

/* Make the run's rules of its options.  False: it was told why not.  Main thread, before the workers. */
bool ignores_build(struct run *run);
/* Free what ignores_build() made.  Harmless otherwise. */
void ignores_release(struct run *run);
/* Directory N, which is held, is about to be listed: read the files of rules that it has. */
void ignores_enter(struct worker *w, struct node *n);
/* Whether there is anything that ignores_ask() could say yes for. */
bool ignores_any(const struct run *run);
/* Whether NAME below DIR, which may be a path of several components, is left out on SIDE; WHY is filled in
 * unless it is NULL. */
bool ignores_ask(struct worker *w, const struct node *dir, const char *name, bool is_dir,
    enum rules_side side, struct ignores_why *why);
/* Whether regular file ST is left out for its size or age. */
bool ignores_size(const struct run *run, const struct stat *st);

/* The rules of one directory's own files; owned by its node. */
struct scope;
/* Free S.  NULL is fine. */
void scope_free(void *s);

#endif
