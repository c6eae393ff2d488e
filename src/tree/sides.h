/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of one directory on the other side, which the names of this side meet. */
#ifndef DECANT_SIDES_H
#define DECANT_SIDES_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Two allocations a directory, the names and a table of where they are; both are kept for the next
 * directory by sides_clear().  One thread at a time.  No name is asked for its attributes.
 */
struct sides;

enum {
	/* What an entry's other side is when nothing stands there; no DT_* has this value. */
	SIDE_ABSENT = 255,
	/* What it is when nobody looked. */
	SIDE_NOT_ASKED = 254
};

/* A name of the other side; valid until the table's next change. */
struct side_name {
	const char *name;   /* NUL-terminated; NULL at the end of a walk */
	unsigned char type; /* DT_* of the listing, DT_UNKNOWN if it does not say */
	uint64_t ino;       /* inode number, as the listing says it */
};

/* Make an empty table.  NULL = out of memory. */
[[nodiscard]] struct sides *sides_new(void);
/* Free S.  NULL is fine. */
void sides_free(struct sides *s);
/* Forget all names; the memory is kept for the next directory unless it is uncommonly much. */
void sides_clear(struct sides *s);

/*
 * Read the names of directory FD, of SIDE, into S, which is empty.  BUF has DIR_BUF_SIZE bytes.
 * Moves FD's position.  After a failure S has what was read and says that it is not whole.
 */
struct err sides_read(struct sides *s, int fd, enum err_side side, char *buf);
/* True when sides_read() came to the end. */
bool sides_are_whole(const struct sides *s);
/* Names in S. */
size_t sides_count(const struct sides *s);
/* Names in S that were not met yet. */
size_t sides_unmet(const struct sides *s);

/*
 * Meet NAME: the DT_* that it has on the other side, or SIDE_ABSENT; SIDE_NOT_ASKED where S is not whole
 * and lacks it.  The name is no extra from now on; to meet it again, because a listing gave it twice,
 * is no error.  Names are bytes: a file system that finds "a" under "A" too has an extra here, which
 * whoever removes extras must know by its inode.  *INO is what the
 * listing says that is, 0 if it has no such name.
 */
unsigned char sides_meet(struct sides *s, const char *name, uint64_t *ino);
/* The next name that was not met; *AT starts at 0 and is the walk's.  NAME is NULL at the end. */
void sides_extra(const struct sides *s, size_t *at, struct side_name *name);
/* Forget what was met, and the memory for it: what is left are extras, to be walked, not met. */
void sides_keep_extras(struct sides *s);

#endif
