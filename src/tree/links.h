/* SPDX-License-Identifier: BSD-2-Clause */
/* Hard links found by device and inode: one copy, all other names linked to it.  Nobody waits. */
#ifndef DECANT_LINKS_H
#define DECANT_LINKS_H

#include "tree/entry.h"

/* The table of all inodes with more than one name; one mutex inside. */
struct links;

/* One inode of the table. */
struct link_owner;

/* A name that is to become a hard link once its owner's content stands. */
struct link_waiter {
	struct link_waiter *next; /* in the order of arrival */
	struct entry entry; /* the entry, its names in NAMES; a work of its DIR is outstanding */
	char names[];       /* name and source name, NUL-terminated each */
};

/* What the one who meets an inode is to do. */
enum link_role {
	LINK_ROLE_COPY, /* copy the content, then links_settle() */
	LINK_ROLE_WAIT, /* nothing: the name was left with the owner, who will link it */
	LINK_ROLE_LINK, /* link to the owner's name now, then links_forget() */
};

/* Make an empty table whose nodes belong to P.  NULL = out of memory. */
[[nodiscard]] struct links *links_new(struct nodes *p);
/* Free L and what is left in it.  NULL is fine. */
void links_free(struct links *l);

/*
 * Meet the inode of ST, which has more than one name, as entry E.
 * ROLE says what to do; OWNER is borrowed until links_settle() or links_forget().
 * Fails with MEMORY.  Any thread; never blocks.
 */
struct err links_meet(struct links *l, const struct stat *st, const struct entry *e,
    enum link_role *role, struct link_owner **owner);
/*
 * Say that the owner's content stands (OK) or does not.  Returns the names that waited, which the
 * caller links (OK) or carries anew, drops the work of, and frees.  After failure the inode is
 * forgotten: the next to meet it copies it.
 */
[[nodiscard]] struct link_waiter *links_settle(struct links *l, struct link_owner *o, bool ok);
/* Say that the caller needs O no more: after LINK_ROLE_LINK, and after links_settle(OK) once the
 * names that waited are linked.  O is gone when no further name of its inode is expected. */
void links_forget(struct links *l, struct link_owner *o);
/* The directory where O's content stands; borrowed. */
struct node *link_owner_dir(const struct link_owner *o);
/* The name of O's content in that directory; borrowed. */
const char *link_owner_name(const struct link_owner *o);

#endif
