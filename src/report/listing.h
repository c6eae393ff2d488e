/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries as `list` shows them: one line each, as ls -l has it, or a JSON object. */
#ifndef DECANT_LISTING_H
#define DECANT_LISTING_H

#include "base/str.h"

#include <sys/stat.h>
#include <time.h>

/* An entry of a tree or an archive; all pointers are borrowed. */
struct listed {
	const char *path;      /* its name, with the directories it is in */
	const char *target;    /* what a link leads to, or NULL */
	bool hard_link;        /* TARGET is another name of the same file */
	mode_t mode;           /* type and permissions */
	int64_t uid;           /* owner, -1 = not known */
	int64_t gid;           /* group, likewise */
	const char *user;      /* owner's name, or NULL */
	const char *group;     /* group's name, or NULL */
	int64_t size;          /* bytes of content, -1 = not known */
	unsigned major, minor; /* of a device */
	const char *hash;      /* digests of its content, as events have them, or NULL */
	bool has_mtime;        /* MTIME is known */
	struct timespec mtime; /* last modification */
};

/* Append L as people read it, without a newline. */
void listing_text(struct str *s, const struct listed *l);
/* Append L as a JSON object and a newline. */
void listing_json(struct str *s, const struct listed *l);

#endif
