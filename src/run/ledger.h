/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run knows of each entry, kept by the workers as they go: the manifest at the end. */
#ifndef DECANT_LEDGER_H
#define DECANT_LEDGER_H

#include "run/inodes.h"
#include "run/run.h"

/* How much is known of an entry's content. */
enum known_content {
	CONTENT_HASHED,  /* the worker's digests are of it */
	CONTENT_LINKED,  /* another name of its inode is hashed, sooner or later */
	CONTENT_UNKNOWN, /* no digest was made, or it is no regular file */
};

/* What a ledger is for. */
struct ledger_opts {
	const struct hash_algos *algos; /* of the run; borrowed */
	struct inodes *inodes;          /* of the run; borrowed */
	unsigned workers;               /* who may note, the main thread counted */
	bool rooted;     /* the run has one operand: if that is a directory it is "." */
	bool numbered;   /* entries have numbers of their own: the later of one name stands */
	bool identified; /* files have their inode number and change time, for --known */
	bool
	    apart; /* operands are trees of their own, each beginning with "."; for ledger_tree() */
};

/* Make an empty ledger.  NULL = out of memory. */
[[nodiscard]] struct ledger *ledger_new(const struct ledger_opts *opts);
/* Free L.  NULL is fine. */
void ledger_free(struct ledger *l);
/*
 * Note the entry E, whose attributes are ST, in the run's ledger, if it has one; E's node is held.  Failures
 * have been told.  Any worker.
 */
void ledger_note(
    struct worker *w, const struct entry *e, const struct stat *st, enum known_content content);
/* Likewise the directory N, which has been entered. */
void ledger_note_directory(struct worker *w, const struct node *n);

/* W notes nothing more: bring what it noted in order, if the run has a ledger. */
void ledger_retire(struct worker *w);

/* The path that the file E has in a manifest; ROOTED as in struct ledger_opts. */
void ledger_path(bool rooted, const struct entry *e, struct str *path);

/* Write the manifest to FD.  The workers are done.  Fails with MEMORY, WRITE, or as reading a spool does. */
struct err ledger_write(struct ledger *l, int fd);
/*
 * Take the digest of each operand's tree: for each, one digest an algorithm.  Fails likewise.
 */
typedef struct err ledger_take(void *taker, unsigned operand, const struct digests *tree);
/* Give TAKE the digest of each operand's tree, in their order.  OPTS->apart was set. */
struct err ledger_tree(struct ledger *l, ledger_take *take, void *taker);

#endif
