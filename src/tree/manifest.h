/* SPDX-License-Identifier: BSD-2-Clause */
/* The manifest of a tree: a text with a line for each entry, written and read. */
#ifndef DECANT_MANIFEST_H
#define DECANT_MANIFEST_H

#include "base/str.h"

#include <sys/stat.h>

/*
 *   manifest = head *entry end
 *   head     = "decant-manifest 1 " algos [" inodes"] LF
 *   algos    = "-" / algo *3("," algo)
 *   algo     = 1*15("a".."z" / "0".."9")             names of digests; "-" = none was made
 *   entry    = type SP digests SP size SP mode SP uid SP gid SP mtime [SP inode]
 *              SP extra SP name LF
 *   type     = "f" file / "d" directory / "l" symbolic link / "p" FIFO / "s" socket / "b" / "c" device
 *   digests  = "-" / hex *("," hex)                  of a file's content, in the order of ALGOS, all or
 *                                                    none ("-" = unknown); "-" of all but files
 *   size     = number                                of a file; "-" of all but files
 *   mode     = 4("0".."7")                           permission and set-id bits
 *   uid, gid = number                                at most 4294967295
 *   mtime    = ["-"] number "." 9DIGIT               seconds, and nanoseconds to be added to them
 *   inode    = number ":" mtime / "-"                if the head says "inodes": of a file, its inode number and
 *                                                    the time of its last change of any kind
 *   extra    = text / number ":" number / "-"        a link's target; a device's major and minor; no more
 *   name     = text                                  "." or a path: components with "/" between them,
 *                                                    none of them empty, "." or ".."
 *   end      = "end " number " xxh128:" 32hex LF     entries, and the digest of all before this line
 *
 * TEXT stands for any bytes: those of printable ASCII but space and backslash, and well-formed UTF-8 from
 * U+00A0 on, stand for themselves; any other byte is "\x" and two hex digits.  Hex is lower case, a number
 * has no leading zeros: there is one way only to write a manifest.  "-" as inode says that the file may have
 * changed without a trace since: it had changed just before.  Entries are in tree order: those of a
 * directory by the bytes of their names, below each directory what is in it, "." before all; no name
 * comes twice, nothing is below what is no directory; a directory itself may be left out.
 */

#define MANIFEST_MAGIC "decant-manifest " /* what every version begins with */

enum {
	MANIFEST_ALGOS = 4,       /* digests of an entry, at most; as HASH_MAX */
	MANIFEST_DIGEST = 64,     /* bytes of a digest, at most; as DIGEST_MAX */
	MANIFEST_ALGO_NAME = 16,  /* bytes of an algorithm's name, NUL included */
	MANIFEST_LINE = 16 << 20, /* bytes of a line, at most; arbitrary, 4096 longest paths */
};

/* One entry. */
struct manifest_entry {
	char type;             /* 'f', 'd', 'l', 'p', 's', 'b', 'c' as in the grammar */
	bool hashed;           /* DIGESTS are known; only of files */
	mode_t mode;           /* 07777 */
	uid_t uid;             /* owner */
	gid_t gid;             /* group */
	int64_t size;          /* of a file, else 0 */
	struct timespec mtime; /* modification time */
	bool identified;       /* INO and CTIME are known; only of files */
	uint64_t ino;          /* inode number */
	struct timespec ctime; /* time of the last change of any kind */
	unsigned major, minor; /* of a device, else 0 */
	const char *target;    /* of a link, NUL-terminated, else NULL; borrowed */
	size_t target_len;     /* bytes of it */
	const char *name;      /* path, NUL-terminated; borrowed */
	size_t name_len;       /* bytes of it */
	unsigned char digests[MANIFEST_ALGOS][MANIFEST_DIGEST]; /* in the order of the head */
};

/* What the head of a manifest says. */
struct manifest_algos {
	bool inodes;                                    /* entries have the field INODE */
	size_t n;                                       /* number of them */
	char names[MANIFEST_ALGOS][MANIFEST_ALGO_NAME]; /* NUL-terminated each */
	size_t sizes[MANIFEST_ALGOS]; /* bytes of a digest; read: 0 = not yet met */
};

/* Where and why a manifest is damaged. */
struct manifest_fault {
	int64_t line;    /* from 1; 0 = of no line in particular */
	const char *why; /* a few words, static storage */
};

/* Fill type, mode, owner, size, time of modification and device of E from ST; the rest is zero. */
void manifest_entry_of(struct manifest_entry *e, const struct stat *st);
/* Compare two paths in tree order, as memcmp() does; "." is before all. */
int manifest_order(const char *a, size_t a_len, const char *b, size_t b_len);
/* Append BYTES[len] as TEXT of the grammar. */
void manifest_add_text(struct str *s, const char *bytes, size_t len);
/* The length of the character that TEXT[len], not empty, begins with if it stands for itself, else 0. */
size_t manifest_plain(const char *text, size_t len);
/* Append E's digests, those that ALGOS has, or "-". */
void manifest_add_digests(
    struct str *s, const struct manifest_algos *algos, const struct manifest_entry *e);
/* Append E's line up to its name, which follows as manifest_add_text() writes it, and LF. */
void manifest_add_fields(
    struct str *s, const struct manifest_algos *algos, const struct manifest_entry *e);
/* Append E's line, with the digests that ALGOS has. */
void manifest_add_entry(
    struct str *s, const struct manifest_algos *algos, const struct manifest_entry *e);

/* A manifest being written: its seal.  Its lines go wherever the caller wants them. */
struct manifest_writer;

/* Begin a manifest and append its head to S.  NULL = out of memory. */
[[nodiscard]] struct manifest_writer *manifest_writer_new(
    const struct manifest_algos *algos, struct str *s);
/* Free W.  NULL is fine. */
void manifest_writer_free(struct manifest_writer *w);
/* Note that the line LINE[len] of an entry, its LF included, comes next. */
void manifest_writer_line(struct manifest_writer *w, const char *line, size_t len);
/* Append the end to S. */
void manifest_writer_end(struct manifest_writer *w, struct str *s);

/* A manifest being read.  One thread at a time. */
struct manifest;

/* Whether BYTES[len], the first of a file, begin a manifest of whatever version. */
bool manifest_is_one(const char *bytes, size_t len);
/*
 * Open the manifest that is the whole content of FD, borrowed, a file with positions, and check its seal:
 * reads it once.  Blocks.
 * Fails with READ: EBADMSG when it is damaged, then *FAULT says where; or as reading does; or MEMORY.
 */
struct err manifest_open(int fd, struct manifest **m, struct manifest_fault *fault);
/* Free M.  Its descriptor stays open.  NULL is fine. */
void manifest_free(struct manifest *m);
/* The algorithms; borrowed from M.  The SIZES are known once an entry with digests was met. */
const struct manifest_algos *manifest_algos(const struct manifest *m);
/* The number of entries, as the end says it; every reading to the end confirms it. */
int64_t manifest_count(const struct manifest *m);
/*
 * The next entry, strictly parsed and in order; what it points to is valid until the next call.  At the
 * end E->name is NULL, and the whole was as the seal says.  Blocks.
 * Fails as manifest_open() does; M is then only to be freed.
 */
struct err manifest_next(
    struct manifest *m, struct manifest_entry *e, struct manifest_fault *fault);
/* Go back to the first entry.  Fails as manifest_open() does; M is then only to be freed. */
struct err manifest_rewind(struct manifest *m, struct manifest_fault *fault);

#endif
