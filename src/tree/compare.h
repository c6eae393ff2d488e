/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a destination is what its source is: the whole policy of comparing, without I/O. */
#ifndef DECANT_COMPARE_H
#define DECANT_COMPARE_H

#include "base/str.h"

#include <stdint.h>
#include <sys/stat.h>

/* What tells whether the content of two regular files is the same. */
enum compare_by {
	BY_TIME,    /* size and modification time */
	BY_SIZE,    /* --size-only */
	BY_NOTHING, /* --ignore-times: nothing does, each file is copied */
	BY_CONTENT, /* --checksum: reading both */
};

/* The options that comparing obeys; const once the run starts. */
struct compare_opts {
	enum compare_by by; /* how content is compared */
	int64_t window_ns;  /* times that are at most so far apart are equal; -1 = as far apart as
	                       * the destination's file system rounds them */
	int64_t
	    suspect_s; /* a destination that was changed at this second or later may not have the
	                       * content that its size and time stand for; 0 = there is none */
	bool update;   /* -u: a file that is newer at the destination stays */
	bool existing; /* --existing: nothing new is made */
	bool ignore_existing; /* --ignore-existing: what is there stays */
	bool mode;            /* modes count */
	bool owner;           /* owner and group count */
	bool times;           /* modification times count */
	bool omit_dir_times;  /* -O: but not those of directories */
	bool omit_link_times; /* -J: nor those of symbolic links */
};

/* What differs, as bits. */
enum differs {
	DIFFERS_TYPE = 1 << 0,    /* another type of file */
	DIFFERS_SIZE = 1 << 1,    /* size */
	DIFFERS_MTIME = 1 << 2,   /* modification time */
	DIFFERS_CONTENT = 1 << 3, /* bytes, as somebody who read both found out */
	DIFFERS_TARGET = 1 << 4,  /* target of a symbolic link, likewise */
	DIFFERS_DEVICE = 1 << 5,  /* number of a device */
	DIFFERS_MODE = 1 << 6,    /* permission bits */
	DIFFERS_OWNER = 1 << 7,   /* owner */
	DIFFERS_GROUP = 1 << 8,   /* group */
	DIFFERS_XATTR =
	    1 << 9, /* extended attributes or ACLs, as somebody who read both found out */
	DIFFERS_NAMES = 1 << 10,  /* the destination has names that the source has not */
	UNSURE_CONTENT = 1 << 11, /* nothing differs that would tell: reading both would */
};

/* What is to be done about a pair. */
enum compared {
	COMPARED_EQUAL,      /* nothing */
	COMPARED_ABSENT,     /* make it: there is nothing */
	COMPARED_CONTENT,    /* replace it whole */
	COMPARED_ATTRIBUTES, /* set attributes, leave content */
	COMPARED_TYPE,       /* replace it: it is of another type, neither being a directory */
	COMPARED_DIR_AWAY,   /* remove the directory that is in the way, then make it */
	COMPARED_FILE_AWAY,  /* remove what is in the way of a directory, then make that */
	COMPARED_READ,       /* read both, then ask again with what that found out */
	COMPARED_SKIP,       /* leave it, because an option says so: compare_skip_words() */
};

/*
 * What differs between SRC and DST, which both exist, as far as attributes tell: bits of enum differs.
 * Without a window, times are equal when DST's file system would store SRC's as DST's: its ctime, which
 * no one but the kernel sets, tells how fine its times are, and the limits of known file systems are
 * known.  Pure.
 */
unsigned compare_stats(
    const struct compare_opts *opts, const struct stat *src, const struct stat *dst);
/* What to do about SRC, given DST (NULL = there is nothing) and what differs.  Total and pure. */
enum compared compare_verdict(const struct compare_opts *opts, const struct stat *src,
    const struct stat *dst, unsigned differs);
/* Append why DIFFERS makes a difference: "size, mtime", "mode 0644 -> 0755". */
void compare_add_words(
    struct str *s, unsigned differs, const struct stat *src, const struct stat *dst);
/* Why COMPARED_SKIP was the verdict; static storage. */
const char *compare_skip_words(const struct compare_opts *opts, const struct stat *dst);

#endif
