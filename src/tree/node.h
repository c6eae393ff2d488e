/* SPDX-License-Identifier: BSD-2-Clause */
/* A directory on its way: its two descriptors, its outstanding work, and its end. */
#ifndef DECANT_NODE_H
#define DECANT_NODE_H

#include "base/str.h"
#include "thread/sched.h"
#include "tree/sides.h"

#include <stdatomic.h>
#include <sys/stat.h>

/*
 * A node lives through three stages:
 *
 *   new        it waits in a lane; it has a name and a parent, no descriptors
 *   open       its source is open, its destination made; entries below it are being carried
 *   finished   WORK has reached 0: nodes_drop_work() has called the finisher, which set mode, owner
 *              and times, and closed the descriptors; then the parent's work is dropped, in a loop
 *
 * The memory stays while REFS > 0: children keep their parent, so that a path can be told and a
 * closed descriptor be opened again.
 */
struct node {
	struct job job;      /* first: a node is the job that lists it */
	void *run;           /* what its job works for; the job's own business */
	struct node *parent; /* holds a reference; NULL for the base */
	atomic_uint refs;    /* reasons to keep the memory */
	atomic_uint work;    /* outstanding: its own listing, its children, entries handed over */
	unsigned number;     /* of the operand that it came from, 0 for the base */
	int64_t list_at;     /* where the listing goes on, 0 = the beginning */
	struct stat src;     /* the source's attributes as they were when it was opened */
	struct stat dst;     /* the destination's, likewise; st_ino 0 = there is none (dry run) */
	bool opened;         /* SRC, DST and the descriptors were set once */
	bool fresh;          /* the destination was made by this run: it was empty */
	bool default_acl;    /* the destination has a default ACL that new children inherit */
	bool follow;         /* the source name may be a symbolic link */
	bool follow_dst;     /* the destination name may be a symbolic link */
	bool top;         /* its destination is the base itself: what an operand holds goes there */
	bool pinned;      /* the descriptors are never closed before the end: the base */
	bool plain_owner; /* new names in the destination get our own user and group */
	unsigned place;   /* which of several destinations it is at, its parent's; 0 = the first */
	/* Of a node that stands for several destinations: its directory at each, NULL = not there; it has
	 * none itself then.  Owned array; each has a work that the end of this node drops.  Or NULL. */
	struct node **also;
	size_t n_also; /* elements of ALSO */
	bool failed;   /* it could not be opened or made: there is nothing to finish */
	bool partial;  /* its source was not listed to the end: nothing below it is an extra */
	unsigned char other; /* what its parent's SIDES have by its name: DT_*, SIDE_ABSENT, or
	                        * SIDE_NOT_ASKED */
	/* Something but directories stands below its source; something that rules protect below its
	 * destination.  Both only where that counts. */
	atomic_bool filled;
	atomic_bool held;
	size_t met;  /* names that the listing of its source has had so far */
	void *scope; /* rules of what to leave out below it, whoever has any; owned */
	void (*free_scope)(void *scope); /* frees it */
	unsigned
	    differs; /* what differs at the destination, where the sink compares: enum differs */
	struct sides *sides;   /* names of the destination where the sink compares, or NULL; owned,
	                        * used by the job that lists it and by the finisher */
	const char *src_name;  /* below the parent's source; a whole path for operands */
	const char *dst_shown; /* base only: the path that people know the destination by */
	/* --- guarded by the pool's lock --- */
	unsigned users;             /* threads that use the descriptors now */
	int src_fd;                 /* -1 = closed; AT_FDCWD for the base */
	int dst_fd;                 /* -1 = closed, or none */
	struct node *older, *newer; /* neighbors among the idle open nodes; NULL at the ends */
	/* --- end of guarded --- */
	char name[]; /* its name below the parent's destination, NUL-terminated */
};

/* All nodes of a run, and the budget of their descriptors; one mutex inside. */
struct nodes;

/* Finish N: all below it is done.  WHY says why its descriptors could not be opened again; if it is
 * no failure they are open and held.  WORKER is passed on from nodes_drop_work(). */
typedef void node_finish(struct node *n, struct err why, void *worker);

/* Make a pool that keeps at most about BUDGET descriptors open.  NULL = out of memory. */
[[nodiscard]] struct nodes *nodes_new(size_t budget, node_finish *finish);
/* Free P; every node is gone.  NULL is fine. */
void nodes_free(struct nodes *p);

/*
 * Make the base of a run: it stands for the directory that operands are copied into.  SRC_FD is
 * AT_FDCWD or a directory; takes DST_FD (-1 with a dry run into nothing).  It is open, pinned, and
 * never finished by the finisher.  NULL = out of memory, DST_FD is then still the caller's.
 */
[[nodiscard]] struct node *node_new_base(
    struct nodes *p, int src_fd, int dst_fd, const char *dst_shown);
/* Make a new node below PARENT with one work (its own listing); adds a work and a reference to
 * PARENT.  SRC_NAME NULL means NAME; it is copied.  NULL = out of memory. */
[[nodiscard]] struct node *node_new(struct node *parent, const char *src_name, const char *name);
/* Hand N the descriptors SRC_FD and DST_FD (-1 = none), which are the pool's from now on, and hold
 * it.  N->src and N->dst are set already. */
void nodes_opened(struct nodes *p, struct node *n, int src_fd, int dst_fd);

/*
 * Hold N's descriptors: N->src_fd and N->dst_fd are open until nodes_release().  What the budget
 * closed is opened again through the nearest open ancestor, and must be the same directory by
 * device and inode; ESTALE if not.
 */
struct err nodes_hold(struct nodes *p, struct node *n);
/* End a hold. */
void nodes_release(struct nodes *p, struct node *n);

/* Note one more outstanding work of N.  Any thread that itself has work of N outstanding. */
void node_add_work(struct node *n);
/* Note that one work of N is done; whoever drops the last finishes N, then its parent, and so on,
 * without recursion.  N may be gone afterwards. */
void nodes_drop_work(struct nodes *p, struct node *n, void *worker);
/* Keep N's memory. */
void node_ref(struct node *n);
/* Give up a node_ref(); N may be gone afterwards. */
void nodes_unref(struct nodes *p, struct node *n);

/* Put the path of NAME (NULL = N itself) below N's source into S, as a person would type it. */
void node_src_path(const struct node *n, const char *name, struct str *s);
/* Likewise below N's destination. */
void node_dst_path(const struct node *n, const char *name, struct str *s);
/* Likewise relative to the base. */
void node_rel_path(const struct node *n, const char *name, struct str *s);
/* Likewise relative to the operand that N came from; what filters look at. */
void node_operand_path(const struct node *n, const char *name, struct str *s);

#endif
