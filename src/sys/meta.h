/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes of files: what to keep, and the calls that set it on a descriptor or below one. */
#ifndef DECANT_META_H
#define DECANT_META_H

#include "base/err.h"

#include <sys/stat.h>

/* What --preserve keeps.  Each is off when zero. */
struct keep {
	bool mode;       /* permission and set-id bits, POSIX ACLs */
	bool owner;      /* owner and group, as numbers */
	bool times;      /* access and modification time, to the nanosecond */
	bool links;      /* hard links between the copied files */
	bool xattr;      /* extended attributes, capabilities included, /etc/xattr.conf honored */
	bool context;    /* the security context (security.selinux) */
	bool xattr_must; /* --preserve named xattr: what cannot be kept is an error, not silence */
	bool context_must; /* likewise context */
	bool no_acl;       /* MODE is without ACLs: modes are not the source's */
	bool default_mode; /* --no-preserve=mode: new files get 0666 less the umask */
};

/*
 * The attributes' names of one source: a NUL-separated list as listxattr(2) gives it, in storage
 * of the caller's worker that grows to the largest list met and stays.
 */
struct meta_names {
	char *buf;        /* cap bytes */
	size_t cap;       /* bytes allocated */
	size_t len;       /* bytes used by the last list */
	char *value;      /* one attribute's value, value_cap bytes */
	size_t value_cap; /* bytes allocated for VALUE */
};

/* How meta_copy_xattrs() went, beside its error. */
struct meta_loss {
	unsigned lost;    /* attributes that could not be kept */
	struct err first; /* why the first of them was lost */
	char name[256];   /* its name, NUL-terminated */
};

/* Whether KEEP and the rules want attribute NAME; ACLs go with KEEP->mode. */
bool meta_wants(const char *name, const struct keep *keep);
/* Free what N holds. */
void meta_names_release(struct meta_names *n);
/* List the attributes of FD into N.  N->len is 0 when there are none or the file system has none.
 * Fails with XATTR on SRC. */
struct err meta_list(struct meta_names *n, int fd);
/* Likewise of a symbolic link, by its name below directory DIR. */
struct err meta_list_at(struct meta_names *n, int dir, const char *name);
/*
 * Copy the attributes that N names and KEEP wants from SRC to DST, which are descriptors; those
 * that cannot be set are counted in LOSS.  ACLs go with KEEP->mode.
 * Fails only when memory ends.
 */
struct err meta_copy_xattrs(
    struct meta_names *n, int src, int dst, const struct keep *keep, struct meta_loss *loss);

/* A name below a directory on each side; all borrowed. */
struct meta_pair {
	int src_dir;          /* directory descriptor of the source, or AT_FDCWD */
	const char *src_name; /* name below it */
	int dst_dir;          /* directory descriptor of the destination */
	const char *dst_name; /* name below it */
};

/* As meta_copy_xattrs(), for what cannot be opened: symbolic links and special files. */
struct err meta_copy_xattrs_at(struct meta_names *n, const struct meta_pair *pair,
    const struct keep *keep, struct meta_loss *loss);

/* How the attributes of two files differ. */
struct meta_difference {
	enum {
		META_ALIKE,   /* not at all */
		META_MISSING, /* the destination lacks NAME */
		META_EXTRA,   /* the destination has NAME, the source does not */
		META_VALUE,   /* NAME has another value there */
	} how;                /* the first difference that was found */

	char name[256]; /* the attribute, NUL-terminated */
};

/* Compare the attributes that KEEP wants, ACLs with KEEP->mode, of two files; N is for both sides' lists.
 * Fails with XATTR of either side, or MEMORY. */
struct err meta_compare(struct meta_names *const n[static 2], int src, int dst,
    const struct keep *keep, struct meta_difference *out);
/* Likewise of symbolic links and special files, by name. */
struct err meta_compare_at(struct meta_names *const n[static 2], const struct meta_pair *pair,
    const struct keep *keep, struct meta_difference *out);

/* Who is shown attributes, and what could not be read meanwhile. */
struct meta_visit {
	/* Take attribute NAME; its VALUE[len] is borrowed during the call. */
	struct err (*each)(void *arg, const char *name, const void *value, size_t len);
	void *arg;             /* of EACH */
	struct meta_loss loss; /* attributes that could not be read */
};

/* Show V each attribute of FD that KEEP wants, in the order of the list.  N is room.  Fails with XATTR
 * on SRC when the list cannot be read, with MEMORY, or with what V->each failed with. */
struct err meta_visit_xattrs(
    struct meta_names *n, int fd, const struct keep *keep, struct meta_visit *v);
/* Likewise of what cannot be opened, by its name below directory DIR. */
struct err meta_visit_xattrs_at(
    struct meta_names *n, int dir, const char *name, const struct keep *keep, struct meta_visit *v);
/* Remove the attributes of FD that KEEP wants and SRC, the names of its source, has not; ACLs stay.
 * DST is room for FD's names.  Fails with XATTR or MEMORY. */
struct err meta_drop_others(
    const struct meta_names *src, struct meta_names *dst, int fd, const struct keep *keep);
/* Likewise of NAME below directory DIR, whatever it is. */
struct err meta_drop_others_at(const struct meta_names *src, struct meta_names *dst,
    const struct meta_pair *pair, const struct keep *keep);
/* Remove the POSIX ACLs (access, and default of a directory) of FD that it may have inherited. */
struct err meta_clear_acl(int fd);
/* True when directory FD has a default ACL, which its new children inherit. */
bool meta_has_default_acl(int fd);

/* The attribute that is the program's own: never kept, compared or removed with others. */
#define META_MARK "user.decant.unfinished"

/* Get attribute NAME of FD into VALUE[size]; *LEN bytes.  Fails with XATTR of the destination. */
struct err meta_get_xattr(int fd, const char *name, void *value, size_t size, size_t *len);
/* Remove attribute NAME of FD.  Fails with XATTR of the destination. */
struct err meta_drop_xattr(int fd, const char *name);
/* Set attribute NAME of FD to the LEN bytes at VALUE, as they are.  Fails with XATTR of the destination. */
struct err meta_set_xattr(int fd, const char *name, const void *value, size_t len);
/* Likewise of NAME below directory DIR, a link itself rather than what it leads to. */
struct err meta_set_xattr_at(
    int dir, const char *name, const char *xattr, const void *value, size_t len);

/* Set owner and group of FD. */
struct err meta_chown(int fd, uid_t uid, gid_t gid);
/* Set the permission bits of FD (07777). */
struct err meta_chmod(int fd, mode_t mode);
/* Set access and modification times of FD from those of ST. */
struct err meta_times(int fd, const struct stat *st);
/* The same three for a name below directory DIR, never following a symbolic link; the mode of a
 * symbolic link cannot be set and is left alone. */
struct err meta_chown_at(int dir, const char *name, uid_t uid, gid_t gid);
/* As meta_chmod(), for a special file by its name. */
struct err meta_chmod_at(int dir, const char *name, mode_t mode);
/* As meta_times(), for any entry by its name. */
struct err meta_times_at(int dir, const char *name, const struct stat *st);

/*
 * Read the rules of /etc/xattr.conf: names to skip, and names that are permissions.  Once, before
 * the first thread; a missing file means the built-in rules alone.
 */
void meta_read_rules(const char *path);

#endif
