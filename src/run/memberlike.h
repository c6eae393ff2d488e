/* SPDX-License-Identifier: BSD-2-Clause */
/* A member of an archive against what stands where it belongs. */
#ifndef DECANT_MEMBERLIKE_H
#define DECANT_MEMBERLIKE_H

#include "run/unpacking.h"
#include "tree/compare.h"

/* The directory that a member was looked for in last; kept, because the next one is there too as a rule. */
struct spot {
	int fd;          /* it, -1 = none; owned */
	struct str path; /* its path below the base */
};

/* How a member compares with what has its name, as sync compares. */
struct meeting {
	enum compared verdict; /* what is to be done */
	unsigned differs;      /* enum differs */
	struct stat want;      /* what the member is to be */
	struct stat st;        /* what stands there, unless the verdict is COMPARED_ABSENT */
};

/* Find the directory that PATH, not empty, is in below the directory BASE, without following links: *DIR,
 * borrowed, and the last component *NAME.  Fails as dir_open_below() does. */
struct err spot_find(struct spot *s, int base, const struct str *path, int *dir, const char **name);
/* Close it. */
void spot_release(struct spot *s);

/* The attributes of M as a stat; those that it does not have are those of NOW. */
void member_stat(const struct arc_member *m, const struct stat *now, struct stat *want);
/* Whether M has an access ACL, whose mask its mode does not say. */
bool member_has_acl(const struct arc_member *m);
/* Compare the attributes that KEEP wants of M with those of NAME below DIR: the first difference.
 * Fails with XATTR or MEMORY. */
struct err member_compare_xattrs(struct worker *w, const struct arc_member *m,
    const struct keep *keep, const struct meta_pair *at, struct meta_difference *d);
/* Whether the symbolic link NAME below DIR leads where M does.  Fails with READLINK. */
struct err member_compare_target(const struct arc_member *m, int dir, const char *name, bool *same);
/* Compare M with NAME below DIR as the run's mirror asks.  Fails as looking at it does, or with MEMORY. */
struct err member_meet(
    struct worker *w, const struct arc_member *m, int dir, const char *name, struct meeting *out);
/* In words what differs, of the worker's until its next call; NULL = nothing, or nobody reads it. */
const char *member_words(struct worker *w, const struct meeting *met);

#endif
