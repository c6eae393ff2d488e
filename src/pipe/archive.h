/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Archives as plain data: members, blocks of content, and where the bytes of the archive come from
 * and go to.
 *
 * What reads and writes them is a module that is loaded on demand, the only code that sees
 * libarchive.  Nothing here is a type of that library, and all that is handed over is bytes and
 * numbers, so that the module could as well be another process with memory in common.
 *
 *     feed --> [inflating] --> reader --> member, block, block, member, ...
 *     member, block, block, member, ... --> writer --> [deflating] --> drain
 *
 * A reader or writer is used by one thread at a time.  Names, link targets and owners are the bytes
 * of the archive: no character set is applied, but for formats whose own is UTF-16, which gives UTF-8,
 * and for those and zip, whose decomposed letters libarchive composes.
 */
#ifndef DECANT_ARCHIVE_H
#define DECANT_ARCHIVE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
	ARC_BLOCK_SIZE = 1 << 20,      /* bytes read or written at once (LIBRARIES.md 0.3) */
	ARC_HEADER_MAX = 16 << 20,     /* a member's header, unpacked: 256 xattrs of 64 KiB */
	ARC_TEXT = 256,                /* room for what is said of a failure */
	ARC_LEVEL_DEFAULT = INT32_MIN, /* what the compressor takes for its default */
};

/* What a member is. */
enum arc_type {
	ARC_FILE,      /* regular file */
	ARC_DIR,       /* directory */
	ARC_SYMLINK,   /* symbolic link to LINK */
	ARC_HARD_LINK, /* another name of the member LINK; content may follow all the same */
	ARC_FIFO,      /* named pipe */
	ARC_CHAR,      /* character device */
	ARC_BLOCK,     /* block device */
	ARC_SOCKET,    /* socket */
	ARC_UNKNOWN,   /* something that Linux does not have */
};

/* The times of a member. */
enum arc_time {
	ARC_MTIME,  /* last modification */
	ARC_ATIME,  /* last access */
	ARC_CTIME,  /* last change of attributes */
	ARC_BTIME,  /* birth */
	ARC_TIMES_N /* number of times */
};

/* LEN bytes at BYTES, followed by a NUL that does not count; NULL = there is none. */
struct arc_name {
	const char *bytes; /* any bytes but NUL */
	size_t len;        /* number of them */
};

/* An extended attribute.  ACLs are among them, as the kernel takes them: system.posix_acl_access and
 * system.posix_acl_default. */
struct arc_xattr {
	const char *name;  /* NUL-terminated, with its name space: "user.x" */
	const void *value; /* bytes, not NUL-terminated */
	size_t len;        /* number of them */
};

/* [off, off + len) of a file. */
struct arc_range {
	int64_t off; /* first byte */
	int64_t len; /* number of bytes */
};

/*
 * A member.  Of a reader's, all that it points to is the reader's, until the next call of next().
 */
struct arc_member {
	struct arc_name name;  /* as stored: nothing was checked; NULL when it cannot be read */
	struct arc_name link;  /* target of a symbolic or hard link, as stored */
	struct arc_name uname; /* owner; NULL = only the number is known */
	struct arc_name gname; /* group; likewise */
	enum arc_type type;
	uint32_t
	    mode; /* permission bits, with set-ID and sticky; where there is an ACL, those of the
	                * owning group rather than the mask: set the ACL after them */
	bool has_owner;      /* UID and GID were stored */
	int64_t uid;         /* owner, any number */
	int64_t gid;         /* group, any number */
	int64_t size;        /* bytes of content, holes included; -1 = not known before its end */
	uint32_t rdev_major; /* of a device */
	uint32_t rdev_minor; /* of a device */
	uint64_t dev;        /* with INO the identity of a file among the members; 0 = none */
	uint64_t ino;        /* see DEV */
	uint32_t nlink;      /* names that the file had; 0 = not known */
	unsigned has_times;  /* bit 1 << enum arc_time: that time is known */
	struct timespec times[ARC_TIMES_N];
	const struct arc_xattr *xattrs; /* xattrs[n_xattrs]; each name once */
	size_t n_xattrs;
	bool sparse;                    /* RANGES are all that is stored, the rest is holes */
	const struct arc_range *ranges; /* ranges[n_ranges], ascending; only when SPARSE */
	size_t n_ranges;
	bool has_flags; /* it has file flags (chattr), which are ignored */
	bool lost_acl;  /* it has an ACL that Linux does not know or cannot express */
	bool encrypted; /* its content cannot be read */
	int64_t
	    data_at; /* where its content stands in the archive as a file, in one piece; -1 = somewhere
	                  * else, compressed, or not in a file */
	const char *warning; /* what is wrong with it, one line; NULL = nothing */
};

/*
 * Where the bytes of an archive come from; the first member of whatever needs more.
 * Called by the thread that called the reader.
 */
struct arc_feed {
	/* The next bytes: *N at *BYTES, theirs until the next call; 0 = the end.  May block. */
	struct err (*more)(struct arc_feed *f, const void **bytes, size_t *n);
	/* Go on at byte OFF; NULL = it cannot, as of a pipe. */
	struct err (*seek)(struct arc_feed *f, int64_t off);
	int64_t size; /* bytes in all, where it can seek */
};

/* Where the bytes of an archive go to; likewise. */
struct arc_drain {
	/* Write the N bytes.  May block. */
	struct err (*put)(struct arc_drain *d, const void *bytes, size_t n);
};

/* The kinds of compression. */
enum arc_filter {
	ARC_PLAIN, /* none */
	ARC_GZIP,
	ARC_ZSTD,
	ARC_XZ,
	ARC_BZIP2,
	ARC_LZ4,
	ARC_COMPRESS, /* .Z, read only */
	ARC_LZIP,     /* read only */
	ARC_LZMA,     /* read only */
	ARC_FILTERS_N /* number of kinds */
};

/* The formats that are written. */
enum arc_format {
	ARC_PAX,      /* tar with what POSIX.1-2001 added, where a member needs it */
	ARC_USTAR,    /* tar of POSIX.1-1988 */
	ARC_GNUTAR,   /* tar as GNU did it first */
	ARC_CPIO,     /* cpio, "newc" */
	ARC_ZIP,      /* zip */
	ARC_7ZIP,     /* 7z; gathers everything in a file of $TMPDIR first */
	ARC_FORMATS_N /* number of formats */
};

/* What a format can hold, as bits. */
enum arc_can {
	ARC_CAN_OWNERS = 1 << 0,     /* uid, gid */
	ARC_CAN_HARD_LINKS = 1 << 1, /* hard links */
	ARC_CAN_SPECIAL = 1 << 2,    /* devices, FIFOs */
	ARC_CAN_XATTRS = 1 << 3,     /* extended attributes and ACLs */
	ARC_CAN_SPARSE = 1 << 4,     /* holes, else they are written as zeros */
	ARC_CAN_NS = 1 << 5,         /* times finer than a second */
	ARC_CAN_HAND_OVER = 1 << 6,  /* content written by the caller, where not compressed */
	ARC_CAN_ANY_NAME = 1 << 7,   /* names that are not UTF-8 */
	ARC_CAN_FILTER = 1 << 8,     /* compression of the whole: a zip has its own */
};

/* A format and a compression, as a file's name tells them. */
struct arc_kind {
	enum arc_format format;
	enum arc_filter filter;
};

/* How to read. */
struct arc_read_options {
	int64_t header_max;   /* longest header of a tar or cpio member; 0 = ARC_HEADER_MAX */
	bool unmarked_end_ok; /* a tar that ends without its end marker is not damaged */
	/* The number of a user (or GROUP), or -1: ACLs of GNU tar have only names.  NULL = all unknown. */
	int64_t (*id_of)(void *arg, const char *name, bool group);
	void *arg; /* of ID_OF */
};

/* How to write. */
struct arc_write_options {
	enum arc_format format;
	enum arc_filter filter;
	int level; /* of the compressor, or ARC_LEVEL_DEFAULT */
	unsigned
	    threads; /* of one stream of zstd or xz; 0 and 1 = none but the caller.  Changes the bytes of
	              * the output */
	bool
	    reproducible; /* only what does not change from run to run: no atime, ctime, birth, inode; one
	                    * thread for one stream */
};

/* A reader, a writer; opaque. */
struct arc_reader;
struct arc_writer;

/*
 * Reading.  Failures have side SRC: EBADMSG = the archive is damaged or cut short, EINVAL = it is not one
 * or of an unknown kind, ENOMEM (MEMORY), EFBIG (READ) = a header is too long, ESPIPE (OPEN) = a
 * 7z that cannot seek, or what the feed failed with.
 */
struct arc_reading {
	/* Make a reader of FEED, borrowed; OPTIONS are copied.  NULL = out of memory. */
	struct arc_reader *(*make)(struct arc_feed *feed, const struct arc_read_options *options);
	/*
	 * Go to the next member; the rest of the one before is left out.  *M is NULL at the end, when all of
	 * the input has been read, and with it what checks it.  A failure is of the member; with is_over()
	 * of all that follow as well.
	 */
	struct err (*next)(struct arc_reader *r, const struct arc_member **m);
	/*
	 * The next block of content: *N bytes at *BYTES that belong at *OFF of the file, never before the
	 * end of the last block; 0 bytes = the end, at *OFF.  What is between is holes.
	 * The reader's, until its next call.
	 */
	struct err (*data)(struct arc_reader *r, const void **bytes, size_t *n, int64_t *off);
	/*
	 * Leave out the rest of the content, by seeking where it can.  Fails when a member whose DATA_AT was
	 * told turns out not to end where it must: to be called before that content counts.
	 */
	struct err (*skip)(struct arc_reader *r);
	/* True when nothing can be read any more: the end, or a failure that is not of one member. */
	bool (*is_over)(const struct arc_reader *r);
	/* True of a zip that cannot seek, after the first next(): types, modes and sizes are guesses. */
	bool (*wants_seek)(const struct arc_reader *r);
	/* What is said of the last failure, one line of printable ASCII; "" = no more than the code. */
	const char *(*said)(const struct arc_reader *r);
	/* The format as its library calls it, e.g. "GNU tar format", after the first next(). */
	const char *(*format)(const struct arc_reader *r);
	/* The compression around it, the outermost. */
	enum arc_filter (*filter)(const struct arc_reader *r);
	/* Free it; NULL is fine. */
	void (*drop)(struct arc_reader *r);
};

/*
 * Writing.  Failures of the drain are as it said; others have side DST: EOPNOTSUPP or another code for a
 * member that the format cannot hold, ENOMEM (MEMORY).
 */
struct arc_writing {
	/* Make a writer to DRAIN, borrowed.  NULL = out of memory. */
	struct arc_writer *(*make)(struct arc_drain *drain);
	/* Begin an archive; must come first. */
	struct err (*begin)(struct arc_writer *w, const struct arc_write_options *options);
	/*
	 * Begin member M; the one before is completed, with zeros where content is missing.  SIZE must be
	 * known.  *WARNING is what could not be kept, one line, or NULL; the writer's.
	 */
	struct err (*header)(
	    struct arc_writer *w, const struct arc_member *m, const char **warning);
	/* Write N bytes of content; more than the size in the header is a failure. */
	struct err (*data)(struct arc_writer *w, const void *bytes, size_t n);
	/* Write LEN bytes of hole: they must be one in the member's RANGES as well, or become zeros. */
	struct err (*hole)(struct arc_writer *w, int64_t len);
	/*
	 * After a header: leave the content to the caller.  All that came before has been put into the
	 * drain; the caller must then write *BYTES of content and *PAD zeros there, and go on with the
	 * next header.  Only with a format that can (ARC_CAN_HAND_OVER) and ARC_PLAIN.
	 * Fails with EOPNOTSUPP, and nothing has happened, when holes are left out of the content.
	 */
	struct err (*hand_over)(struct arc_writer *w, int64_t *bytes, unsigned *pad);
	/*
	 * Complete the member, and put all there is into the drain: the caller may then put members of its
	 * own there, whole, and go on with the next header.  Only with a tar, where members stand for
	 * themselves.
	 */
	struct err (*settle)(struct arc_writer *w);
	/* Complete the archive; all of it has been put into the drain. */
	struct err (*finish)(struct arc_writer *w);
	/* As of reading. */
	const char *(*said)(const struct arc_writer *w);
	/* Free it, without another byte to the drain; NULL is fine. */
	void (*drop)(struct arc_writer *w);
};

/* Streams without members.  TEXT[ARC_TEXT] is what is said of a failure. */
struct arc_streaming {
	/* The compression that a stream with the first bytes HEAD[n] has; 16 of them tell all apart. */
	enum arc_filter (*filter_of)(const void *head, size_t n);
	/* Unpack all of FEED, which must be of FILTER, into DRAIN.  Fails as reading does. */
	struct err (*inflate)(
	    struct arc_feed *feed, struct arc_drain *drain, enum arc_filter filter, char *text);
	/* Pack all of FEED into DRAIN; of OPTIONS, the format is not used.  Fails as writing does, or with
	 * what the feed failed with. */
	struct err (*deflate)(struct arc_feed *feed, struct arc_drain *drain,
	    const struct arc_write_options *options, char *text);
};

/* A piece of a stream that is packed for itself: into a member of gzip, a frame of zstd. */
struct arc_piece {
	const void *from; /* what is packed or unpacked */
	size_t n;         /* bytes there */
	void *to;         /* what becomes of it */
	size_t room;      /* bytes there is room for */
	size_t got;       /* bytes that it became */
};

/* Packs or unpacks pieces, one thread at a time; opaque. */
struct arc_coder;

/* Pieces that make a stream one behind the other, and can be had by several threads at once. */
struct arc_coding {
	/* Make one of FILTER, GZIP or ZSTD, to pack at LEVEL, which may be ARC_LEVEL_DEFAULT, or to
	 * unpack ZSTD.  NULL = out of memory. */
	struct arc_coder *(*make)(enum arc_filter filter, int level);
	/* The most that N bytes become when they are packed by FILTER. */
	size_t (*bound)(enum arc_filter filter, size_t n);
	/* Pack P, which has room for bound() bytes.  Fails with ENOMEM, EINVAL (WRITE, DST). */
	struct err (*pack)(struct arc_coder *c, struct arc_piece *p);
	/* Unpack P, which is whole.  Fails with EBADMSG (READ, SRC) as well when its room is too small. */
	struct err (*unpack)(struct arc_coder *c, struct arc_piece *p);
	/* Free it; NULL is fine. */
	void (*drop)(struct arc_coder *c);
};

/* All that the module offers. */
struct arc_module {
	unsigned version; /* ARC_MODULE_VERSION of when it was built; first for ever */
	const struct arc_reading *reading;
	const struct arc_writing *writing;
	const struct arc_streaming *streaming;
	const struct arc_coding *coding;
};

/* File name of the module. */
#define ARC_MODULE_FILE   "archive.so"
/* Name of the one symbol in it, a const struct arc_module. */
#define ARC_MODULE_SYMBOL "decant_archive_module"

enum {
	/* Raised with each change of what this header says of the module. */
	ARC_MODULE_VERSION = 2
};

/*
 * Find the module, loading it at the first call.  Main thread.
 * Fails with OPEN and ENOENT when there is none that fits; *WHY is one sentence about it, static storage
 * or such that module_load() reuses.
 */
struct err arc_find(const struct arc_module **module, const char **why);

/* The kind that the suffix of NAME tells: "x.tar.zst", "x.tgz".  False = it tells none. */
bool arc_kind_by_name(const char *name, struct arc_kind *kind);
/* The format called NAME: "pax" or "tar", "ustar", "gnutar", "cpio", "zip", "7z".  False = there is none. */
bool arc_format_by_name(const char *name, enum arc_format *format);
/* The name of FORMAT; static storage. */
const char *arc_format_name(enum arc_format format);

/* What FORMAT can hold: bits of enum arc_can.  Pure; inline because the module asks as well. */
static inline unsigned
arc_format_can(enum arc_format format)
{
	const unsigned tar = ARC_CAN_OWNERS | ARC_CAN_HARD_LINKS | ARC_CAN_SPECIAL |
			     ARC_CAN_HAND_OVER | ARC_CAN_ANY_NAME | ARC_CAN_FILTER;

	switch (format) {
	case ARC_PAX:
		return tar | ARC_CAN_XATTRS | ARC_CAN_SPARSE | ARC_CAN_NS;
	case ARC_USTAR:
	case ARC_GNUTAR:
	case ARC_CPIO:
		return tar;
	case ARC_ZIP:
		return ARC_CAN_OWNERS;
	case ARC_7ZIP:
		return ARC_CAN_NS;
	case ARC_FORMATS_N:
		break;
	}
	return 0;
}

/* Bytes of a piece of a stream that FILTER is to pack at LEVEL; 0 = the stream stays one, because FILTER
 * cannot be cut, or LEVEL says that size matters more than time. */
size_t arc_piece_size(enum arc_filter filter, int level);
/* The compression called NAME: "none", "gzip", "zstd", ...  False = there is none. */
bool arc_filter_by_name(const char *name, enum arc_filter *filter);
/* The name of FILTER; static storage. */
const char *arc_filter_name(enum arc_filter filter);

/* True when E says that an archive is damaged or cut short. */
bool arc_is_damage(struct err e);

#endif
