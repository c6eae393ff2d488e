/* SPDX-License-Identifier: BSD-2-Clause */
/* Names below directory descriptors: opening, listing, creating, renaming, removing. */
#ifndef DECANT_DIR_H
#define DECANT_DIR_H

#include "base/err.h"

#include <fcntl.h>
#include <sys/stat.h>

/*
 * NAME is a single component, without '/', wherever a function says so.  Such a name is opened by
 * openat(O_NOFOLLOW): with one component no link can lead elsewhere, which is all that openat2
 * could add (TRUST.md 0.4 has its price, 42 ns a call).  Paths of several components go through
 * dir_open_below().  DIR may be AT_FDCWD for names that a person typed.  All calls retry EINTR,
 * any thread, and fail with the operation that they are named after.
 */

/* Open directory NAME, a single component, below DIR, for reading on SIDE; never follows a link. */
struct err dir_open(int dir, const char *name, enum err_side side, int *fd);
/* Open the directory PATH that a person named; follows links. */
struct err dir_open_path(int dir, const char *path, enum err_side side, int *fd);
/*
 * Open PATH of any number of components below DIR with FLAGS (O_CLOEXEC is added), never through
 * a link nor above DIR: openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS), or
 * component by component where the kernel has no openat2.  EXDEV or ELOOP say that it tried.
 */
struct err dir_open_below(int dir, const char *path, int flags, enum err_side side, int *fd);
/* Open directory NAME, a single component of the destination, below DIR; EXDEV where something is mounted
 * on it, be it by a bind mount.  Never follows a link. */
struct err dir_open_unmounted(int dir, const char *name, int *fd);
/* Open PATH for reading without blocking on a FIFO or device; FOLLOW says whether a final symbolic
 * link is followed.  The caller looks at what it got with file_stat(). */
struct err dir_open_file(int dir, const char *path, bool follow, int *fd);
/* Likewise NAME, a single component that is no link and on which nothing is mounted; fails also where the
 * kernel or a sandbox leaves that unknown, and dir_open_file() may not. */
struct err dir_open_unmounted_file(int dir, const char *name, int *fd);
/* Open the existing NAME for writing as it is; FOLLOW as for dir_open_file(). */
struct err dir_open_write(int dir, const char *name, bool follow, int *fd);
/* Open the directory PATH that a person named as a place to create names in: one that may not be
 * listed will do, and then knows nothing but *at calls and fstat (O_PATH). */
struct err dir_open_place(int dir, const char *path, int *fd);
/* Open the existing regular file NAME for reading and writing as it is; never follows a link. */
struct err dir_open_update(int dir, const char *name, int *fd);
/* The parent of directory FD, opened through "..". */
struct err dir_open_parent(int fd, enum err_side side, int *parent);
/* Create regular file NAME, a single component that must not exist, for writing. */
struct err dir_create(int dir, const char *name, mode_t mode, int *fd);
/* Open the existing NAME for writing and empty it; FOLLOW as for dir_open_file(). */
struct err dir_open_truncate(int dir, const char *name, bool follow, int *fd);
/* Create a nameless file in directory DIR (O_TMPFILE); EOPNOTSUPP where there is no such thing. */
struct err dir_create_nameless(int dir, mode_t mode, int *fd);
/* Give the nameless file FD the name NAME, which must not exist. */
struct err dir_link_nameless(int fd, int dir, const char *name);

/* lstat(2), or stat(2) with FOLLOW, of NAME. */
struct err dir_stat(int dir, const char *name, bool follow, enum err_side side, struct stat *st);
/* Make directory NAME. */
struct err dir_make(int dir, const char *name, mode_t mode);
/* Make the special file NAME of MODE's type. */
struct err dir_make_node(int dir, const char *name, mode_t mode, dev_t dev);
/* Make the symbolic link NAME to TARGET. */
struct err dir_make_symlink(const char *target, int dir, const char *name);
/* Read the target of symbolic link NAME into BUF[size], NUL-terminated; ENAMETOOLONG if it does
 * not fit. */
struct err dir_read_symlink(int dir, const char *name, char *buf, size_t size);
/* Make TO_NAME a hard link to FROM_NAME; FOLLOW says whether a symbolic link is followed. */
struct err dir_link(int from, const char *from_name, bool follow, int to, const char *to_name);
/* Rename within DIR; with KEEP an existing TO is EEXIST. */
struct err dir_rename(int dir, const char *from, const char *to, bool keep);
/* Move FROM_NAME below FROM to TO_NAME below TO; with KEEP an existing TO_NAME is EEXIST, else it is
 * replaced. */
struct err dir_move(int from, const char *from_name, int to, const char *to_name, bool keep);
/* Remove the name of a non-directory. */
struct err dir_unlink(int dir, const char *name);
/* Remove an empty directory. */
struct err dir_remove(int dir, const char *name);
/* Lock directory FD against others that do, until it is closed; EWOULDBLOCK when one has it (flock(2)).
 * Fails with OPEN. */
struct err dir_lock(int fd);
/* Flush directory FD's names to the device. */
struct err dir_sync(int fd);

enum {
	DIR_BUF_SIZE = 64 << 10 /* bytes of one listing call; more gains nothing (TRUST.md 1.7) */
};

/* A listing of a directory in storage of the caller. */
struct dir_list {
	int fd;       /* borrowed */
	char *buf;    /* DIR_BUF_SIZE bytes, borrowed, aligned for a 64-bit integer */
	size_t len;   /* bytes in BUF */
	size_t pos;   /* next record in BUF */
	int64_t next; /* position to go on from, as the file system gave it with the last name */
};

/* One name of a directory; valid until the listing's next call. */
struct dir_name {
	const char *name;   /* NUL-terminated, never "." or ".." */
	unsigned char type; /* DT_* of dirent, DT_UNKNOWN when the file system does not say */
	uint64_t ino;       /* inode number */
};

/* Start a listing of FD in BUF at position AT, as a listing before gave it in NEXT; 0 = where FD
 * stands, which is the beginning of a directory just opened. */
struct err dir_list_start(struct dir_list *l, int fd, char *buf, int64_t at);
/* The next name; N->name is NULL at the end. */
struct err dir_list_next(struct dir_list *l, struct dir_name *n);

#endif
