/* SPDX-License-Identifier: BSD-2-Clause */
/* One thing in a tree that is to be carried to the destination. */
#ifndef DECANT_ENTRY_H
#define DECANT_ENTRY_H

#include "tree/node.h"

/* An entry; borrowed while it is carried out.  Its node is held. */
struct entry {
	struct node *dir;     /* the directory on both sides */
	const char *src_name; /* below the directory's source; a whole path for operands */
	const char *name;     /* below the directory's destination, a single component */
	unsigned number;      /* of the operand that it is, from 0; below one its node has it */
	unsigned char type;   /* DT_*, DT_UNKNOWN when it has to be asked for */
	unsigned char other; /* likewise of what the directory's SIDES have by NAME: SIDE_ABSENT, or
	                       * nothing that counts where there are no SIDES */
	bool one_ino;        /* their listings say the same inode number of both sides */
	bool operand;        /* a person named it: cp's rules for operands hold */
	bool follow;         /* a symbolic link is followed */
	bool handed;         /* it was handed over already: a worker carries it, however big */
	atomic_bool *claim;  /* true while a worker that it was handed to carries it, or NULL */
};

/* Whether nothing has E's name at the destination, as far as was seen when that was listed or made. */
static inline bool
entry_is_absent(const struct entry *e)
{
	return e->dir->fresh || e->other == SIDE_ABSENT;
}

#endif
