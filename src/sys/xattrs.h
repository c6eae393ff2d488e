/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw calls on extended attributes of a file: by descriptor, or by a name below a directory. */
#ifndef DECANT_XATTRS_H
#define DECANT_XATTRS_H

#include <stddef.h>
#include <sys/types.h>

/* The file whose attributes are meant. */
struct xattr_of {
	int fd;           /* the file when NAME is NULL, else the directory above it, or AT_FDCWD */
	const char *name; /* borrowed, never followed when it is a symbolic link */
};

/*
 * As flistxattr(2), fgetxattr(2), fsetxattr(2) and fremovexattr(2): -1 and errno on failure, which the
 * caller reads.  A name is reached by listxattrat(2) and its siblings (Linux 6.13), and through /proc
 * where the kernel or a sandbox has none of them.
 */
ssize_t xattr_list(const struct xattr_of *of, char *buf, size_t size);
/* Likewise: get the value of attribute ATTR into BUF[size]. */
ssize_t xattr_get(const struct xattr_of *of, const char *attr, void *buf, size_t size);
/* Likewise: set attribute ATTR to VALUE[len], made or replaced. */
int xattr_set(const struct xattr_of *of, const char *attr, const void *value, size_t len);
/* Likewise: remove attribute ATTR. */
int xattr_remove(const struct xattr_of *of, const char *attr);

#endif
