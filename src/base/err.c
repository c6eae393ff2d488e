/* SPDX-License-Identifier: BSD-2-Clause */
/* What errors mean: their class for the program, their words for people. */
#include "base/err.h"

#include <errno.h>
#include <string.h>

struct err
err_sys(enum err_op op, enum err_side side, int64_t off)
{
	return err_make(errno, op, side, off);
}

/* The words of one operation; a NULL phrase for a side means the other side's. */
struct op_words {
	const char *name;
	const char *src;
	const char *dst;
};

static const struct op_words op_words[OP_N] = {
	[OP_NONE] = { "none", "cannot use", "cannot use" },
	[OP_OPEN] = { "open", "cannot read", "cannot open" },
	[OP_CONNECT] = { "connect", "cannot connect to", "cannot connect to" },
	[OP_LISTEN] = { "listen", "cannot listen on", "cannot listen on" },
	[OP_STAT] = { "stat", "cannot stat", "cannot stat" },
	[OP_READ] = { "read", "error reading", "error reading" },
	[OP_READDIR] = { "readdir", "cannot read directory", "cannot read directory" },
	[OP_READLINK] = { "readlink", "cannot read symbolic link", "cannot read symbolic link" },
	[OP_CREATE] = { "create", "cannot create", "cannot create" },
	[OP_WRITE] = { "write", "error writing", "error writing" },
	[OP_CLONE] = { "clone", "cannot clone", "cannot clone to" },
	[OP_COPY_RANGE] = { "copy_file_range", "error copying", "error copying to" },
	[OP_SENDFILE] = { "sendfile", "error copying", "error copying to" },
	[OP_SEEK] = { "seek", "cannot seek in", "cannot seek in" },
	[OP_TRUNCATE] = { "truncate", "cannot set the size of", "cannot set the size of" },
	[OP_ALLOCATE] = { "allocate", "cannot allocate", "cannot allocate space for" },
	[OP_MKDIR] = { "mkdir", "cannot create directory", "cannot create directory" },
	[OP_MKNOD] = { "mknod", "cannot create special file", "cannot create special file" },
	[OP_SYMLINK] = { "symlink", "cannot create symbolic link", "cannot create symbolic link" },
	[OP_LINK] = { "link", "cannot create hard link", "cannot create hard link" },
	[OP_RENAME] = { "rename", "cannot rename", "cannot move the finished file to" },
	[OP_UNLINK] = { "unlink", "cannot remove", "cannot remove" },
	[OP_CHOWN] = { "chown", "cannot keep the owner of", "cannot keep the owner of" },
	[OP_CHMOD] = { "chmod", "cannot keep the mode of", "cannot keep the mode of" },
	[OP_XATTR] = { "xattr", "cannot read extended attributes of",
	    "cannot keep extended attributes of" },
	[OP_TIMES] = { "times", "cannot keep the times of", "cannot keep the times of" },
	[OP_SYNC] = { "sync", "cannot sync", "cannot sync" },
	[OP_CLOSE] = { "close", "error closing", "error closing" },
	[OP_MEMORY] = { "memory", "out of memory at", "out of memory at" },
	[OP_THREAD] = { "thread", "cannot start a worker for", "cannot start a worker for" },
	[OP_CHANGED] = { "changed", "changed while it was read:", "changed while it was written:" },
	[OP_VERIFY] = { "verify", "wrong content in", "wrong content read back from" },
	[OP_STAGE] = { "stage", "cannot copy", "cannot write" },
	[OP_REFUSE] = { "refuse", "refusing to copy", "refusing to write" },
};

static bool
side_is_lost(struct err e)
{
	switch (e.code) {
	case ENOSPC:
	case EDQUOT:
	case EROFS:
		return e.side == SIDE_DST && e.op != OP_XATTR;
	case EIO:
		/* one that is only read has lost no more than the file */
		return e.side == SIDE_DST && e.op != OP_READ;
	case ENOMEM:
		return e.op == OP_MEMORY;
	default:
		return e.op == OP_THREAD;
	}
}

enum err_class
err_class(struct err e)
{
	if (e.code == 0)
		return ERR_CLASS_NONE;
	if (e.code == ECANCELED)
		return ERR_CLASS_CANCELED;
	if (side_is_lost(e))
		return ERR_CLASS_FATAL;
	if (e.side == SIDE_SRC && (e.code == ENOENT || (e.code == ESTALE && e.op != OP_CHANGED)))
		return ERR_CLASS_VANISHED;
	if (e.code == ENOSYS || e.code == EOPNOTSUPP || e.code == ENOTTY)
		return ERR_CLASS_UNSUPPORTED;
	return ERR_CLASS_ENTRY;
}

enum err_group
err_group(struct err e)
{
	if (e.op == OP_CHANGED)
		return ERR_GROUP_CHANGED;
	if (e.op == OP_VERIFY)
		return ERR_GROUP_INTEGRITY;
	if (e.op == OP_STAGE)
		return ERR_GROUP_COMMAND;
	if (e.op == OP_REFUSE)
		return ERR_GROUP_REFUSED;
	switch (e.code) {
	case EACCES:
	case EPERM:
		return ERR_GROUP_PERMISSION;
	case ENOENT:
		return ERR_GROUP_MISSING;
	case ENOSPC:
	case EDQUOT:
		return ERR_GROUP_SPACE;
	case EROFS:
		return ERR_GROUP_READ_ONLY;
	case EIO:
		return ERR_GROUP_IO;
	case ENAMETOOLONG:
		return ERR_GROUP_NAME;
	case EEXIST:
	case ENOTDIR:
	case EISDIR:
	case ENOTEMPTY:
		return ERR_GROUP_IN_THE_WAY;
	default:
		return e.op == OP_XATTR || e.op == OP_CHOWN || e.op == OP_TIMES
			   ? ERR_GROUP_ATTRIBUTES
			   : ERR_GROUP_OTHER;
	}
}

/* The two names of one group. */
struct group_words {
	const char *name;
	const char *words;
};

static const struct group_words *
words_of_group(enum err_group g)
{
	static const struct group_words groups[ERR_GROUP_N] = {
		[ERR_GROUP_PERMISSION] = { "permission", "permission denied" },
		[ERR_GROUP_MISSING] = { "missing", "missing" },
		[ERR_GROUP_CHANGED] = { "changed", "changed while read" },
		[ERR_GROUP_INTEGRITY] = { "integrity", "wrong content" },
		[ERR_GROUP_SPACE] = { "space", "no space" },
		[ERR_GROUP_READ_ONLY] = { "read_only", "read-only" },
		[ERR_GROUP_IO] = { "io", "input/output error" },
		[ERR_GROUP_NAME] = { "name", "name too long" },
		[ERR_GROUP_IN_THE_WAY] = { "in_the_way", "in the way" },
		[ERR_GROUP_ATTRIBUTES] = { "attributes", "attributes" },
		[ERR_GROUP_COMMAND] = { "command", "command failed" },
		[ERR_GROUP_REFUSED] = { "refused", "refused" },
		[ERR_GROUP_OTHER] = { "other", "other" },
	};
	return &groups[(unsigned)g < ERR_GROUP_N ? g : ERR_GROUP_OTHER];
}

const char *
err_group_name(enum err_group g)
{
	return words_of_group(g)->name;
}

const char *
err_group_words(enum err_group g)
{
	return words_of_group(g)->words;
}

const char *
err_code_name(struct err e)
{
	const char *name = strerrorname_np(e.code);
	return name != NULL ? name : "EUNKNOWN";
}

static const struct op_words *
words_of(struct err e)
{
	return &op_words[e.op < OP_N ? e.op : OP_NONE];
}

const char *
err_op_name(struct err e)
{
	return words_of(e)->name;
}

const char *
err_phrase(struct err e)
{
	return e.side == SIDE_DST ? words_of(e)->dst : words_of(e)->src;
}

const char *
err_reason(struct err e)
{
	const char *text = strerrordesc_np(e.code);
	return text != NULL ? text : "Unknown error";
}
