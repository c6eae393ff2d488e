/* SPDX-License-Identifier: BSD-2-Clause */
/* The one error value: what failed, on which end, at which byte; the job has the path. */
#ifndef DECANT_ERR_H
#define DECANT_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The end of a job on which something failed. */
enum err_side {
	SIDE_NONE, /* neither: memory, threads, the program's own files */
	SIDE_SRC,  /* the source */
	SIDE_DST,  /* the destination */
};

/* What was being attempted.  err_op_name() gives the word that JSON uses, err_op_phrase() ours. */
enum err_op {
	OP_NONE,       /* nothing: only in ERR_OK */
	OP_OPEN,       /* opening an existing name */
	OP_CONNECT,    /* connecting to a socket */
	OP_LISTEN,     /* waiting for a peer on a socket */
	OP_STAT,       /* asking for attributes */
	OP_READ,       /* reading content */
	OP_READDIR,    /* reading a directory's entries */
	OP_READLINK,   /* reading a symbolic link's target */
	OP_CREATE,     /* creating a regular file */
	OP_WRITE,      /* writing content */
	OP_CLONE,      /* FICLONE */
	OP_COPY_RANGE, /* copy_file_range(2) */
	OP_SENDFILE,   /* sendfile(2) */
	OP_SEEK,       /* SEEK_DATA or SEEK_HOLE */
	OP_TRUNCATE,   /* setting a size */
	OP_ALLOCATE,   /* fallocate(2) */
	OP_MKDIR,      /* creating a directory */
	OP_MKNOD,      /* creating a FIFO, socket or device */
	OP_SYMLINK,    /* creating a symbolic link */
	OP_LINK,       /* creating a hard link */
	OP_RENAME,     /* moving a finished file to its name */
	OP_UNLINK,     /* removing a name */
	OP_CHOWN,      /* setting owner and group */
	OP_CHMOD,      /* setting permission bits */
	OP_XATTR,      /* reading or setting extended attributes and ACLs */
	OP_TIMES,      /* setting times */
	OP_SYNC,       /* fsync(2), syncfs(2) */
	OP_CLOSE,      /* close(2) of something written */
	OP_MEMORY,     /* allocating memory */
	OP_THREAD,     /* starting a thread or making a descriptor for one */
	OP_CHANGED,    /* the source changed while it was read (code ESTALE) */
	OP_VERIFY,     /* comparing what is there with what should be (code EBADMSG) */
	OP_STAGE,  /* passing content through a command (code ECHILD); the event's note says how */
	OP_REFUSE, /* refused by rule, before anything was touched; the event's note says why */
	OP_N       /* number of operations */
};

/* How a failure came about.  16 bytes: travels in two registers. */
struct [[nodiscard]] err {
	int32_t code;   /* positive errno value, 0 = success */
	uint8_t op;     /* enum err_op: what was being attempted */
	uint8_t side;   /* enum err_side: on which end of the job */
	uint16_t flags; /* reserved, 0 */
	int64_t off;    /* byte offset, or -1 when it has no meaning */
};

/* Success. */
#define ERR_OK ((struct err){ 0 })

/* Return from the enclosing function if EXPR failed. */
#define TRY(expr)                         \
	do {                              \
		struct err try_ = (expr); \
		if (try_.code != 0)       \
			return try_;      \
	} while (0)

/* What a failure means for the run; the policy of every loop is in this value. */
enum err_class {
	ERR_CLASS_NONE,        /* no failure */
	ERR_CLASS_UNSUPPORTED, /* this means does not exist here: try the next one */
	ERR_CLASS_VANISHED,    /* the source entry was there a moment ago: counted, not a failure */
	ERR_CLASS_ENTRY,       /* this entry failed: go on with the others, exit 1 */
	ERR_CLASS_FATAL,    /* the destination is full, gone or read-only: stop the run, exit 3 */
	ERR_CLASS_CANCELED, /* the run was stopped; whoever stopped it has reported why */
};

/* The groups by which errors are counted and listed. */
enum err_group {
	ERR_GROUP_PERMISSION, /* permission denied */
	ERR_GROUP_MISSING,    /* not there */
	ERR_GROUP_CHANGED,    /* changed while it was read */
	ERR_GROUP_INTEGRITY,  /* content that is not what it should be */
	ERR_GROUP_SPACE,      /* no space, or over quota */
	ERR_GROUP_READ_ONLY,  /* read-only file system */
	ERR_GROUP_IO,         /* input/output error */
	ERR_GROUP_NAME,       /* name too long */
	ERR_GROUP_IN_THE_WAY, /* something else has the name */
	ERR_GROUP_ATTRIBUTES, /* attributes could not be read or set */
	ERR_GROUP_COMMAND,    /* a command that content was to go through */
	ERR_GROUP_REFUSED,    /* refused by rule */
	ERR_GROUP_OTHER,      /* anything else */
	ERR_GROUP_N           /* number of groups */
};

/* Make an error of CODE (a positive errno value).  Any thread; never fails. */
static inline struct err
err_make(int code, enum err_op op, enum err_side side, int64_t off)
{
	return (struct err){ .code = code, .op = (uint8_t)op, .side = (uint8_t)side, .off = off };
}

/* Make an error from errno, which is read at once.  For sys/ only. */
struct err err_sys(enum err_op op, enum err_side side, int64_t off);

/* True when E is a failure. */
static inline bool
err_failed(struct err e)
{
	return e.code != 0;
}

/* Decide what E means for the run.  Pure. */
enum err_class err_class(struct err e);

/* The group of errors that E is counted and listed with.  Pure. */
enum err_group err_group(struct err e);

/* The name of G as JSON prints it, one word, e.g. "permission"; static storage. */
const char *err_group_name(enum err_group g);

/* The name of G as people read it, e.g. "permission denied"; static storage. */
const char *err_group_words(enum err_group g);

/* The symbolic errno name of E, e.g. "EACCES"; static storage, "EUNKNOWN" for unknown codes. */
const char *err_code_name(struct err e);

/* The name of E's operation as one word, e.g. "open"; static storage. */
const char *err_op_name(struct err e);

/* What could not be done as a phrase, e.g. "cannot read"; static storage. */
const char *err_phrase(struct err e);

/* The sentence half after the name, e.g. "Permission denied"; static storage. */
const char *err_reason(struct err e);

#endif
