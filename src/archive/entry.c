/* SPDX-License-Identifier: BSD-2-Clause */
/* libarchive's entries out of members. */
#include "archive/member.h"
#include "base/own.h"

#include <sys/stat.h>

static mode_t
filetype_of(enum arc_type type)
{
	switch (type) {
	case ARC_DIR:
		return AE_IFDIR;
	case ARC_SYMLINK:
		return AE_IFLNK;
	case ARC_FIFO:
		return AE_IFIFO;
	case ARC_CHAR:
		return AE_IFCHR;
	case ARC_BLOCK:
		return AE_IFBLK;
	case ARC_SOCKET:
		return AE_IFSOCK;
	case ARC_FILE:
	case ARC_HARD_LINK:
	case ARC_UNKNOWN:
		break;
	}
	return AE_IFREG;
}

static void
set_times(const struct arc_member *m, struct archive_entry *e)
{
	const struct timespec *t = m->times;

	if ((m->has_times & 1U << ARC_MTIME) != 0)
		archive_entry_set_mtime(e, t[ARC_MTIME].tv_sec, t[ARC_MTIME].tv_nsec);
	if ((m->has_times & 1U << ARC_ATIME) != 0)
		archive_entry_set_atime(e, t[ARC_ATIME].tv_sec, t[ARC_ATIME].tv_nsec);
	if ((m->has_times & 1U << ARC_CTIME) != 0)
		archive_entry_set_ctime(e, t[ARC_CTIME].tv_sec, t[ARC_CTIME].tv_nsec);
	if ((m->has_times & 1U << ARC_BTIME) != 0)
		archive_entry_set_birthtime(e, t[ARC_BTIME].tv_sec, t[ARC_BTIME].tv_nsec);
}

static void
set_xattrs(const struct arc_member *m, struct archive_entry *e, bool *lost)
{
	for (size_t i = 0; i < m->n_xattrs; i++) {
		const struct arc_xattr *x = &m->xattrs[i];
		int acl = strcmp(x->name, ACL_ACCESS_NAME) == 0    ? ARCHIVE_ENTRY_ACL_TYPE_ACCESS
			  : strcmp(x->name, ACL_DEFAULT_NAME) == 0 ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT
								   : 0;

		if (acl == 0)
			archive_entry_xattr_add_entry(e, x->name, x->value, x->len);
		else if (!acl_form_to_entry(e, acl, x->value, x->len))
			*lost = true;
	}
}

void
member_to_entry(const struct arc_member *m, struct archive_entry *e, bool *lost)
{
	*lost = false;
	archive_entry_copy_pathname(e, m->name.bytes);
	archive_entry_set_filetype(e, filetype_of(m->type));
	archive_entry_set_perm(e, m->mode);
	if (m->type == ARC_HARD_LINK)
		archive_entry_copy_hardlink(e, m->link.bytes);
	else if (m->type == ARC_SYMLINK)
		archive_entry_copy_symlink(e, m->link.bytes);
	archive_entry_set_size(e, m->type == ARC_FILE ? m->size : 0);
	if (m->has_owner) {
		archive_entry_set_uid(e, m->uid);
		archive_entry_set_gid(e, m->gid);
		if (m->uname.bytes != NULL)
			archive_entry_copy_uname(e, m->uname.bytes);
		if (m->gname.bytes != NULL)
			archive_entry_copy_gname(e, m->gname.bytes);
	}
	if (m->type == ARC_CHAR || m->type == ARC_BLOCK) {
		archive_entry_set_rdevmajor(e, m->rdev_major);
		archive_entry_set_rdevminor(e, m->rdev_minor);
	}
	if (m->ino != 0) {
		archive_entry_set_dev(e, m->dev);
		archive_entry_set_ino64(e, (int64_t)m->ino);
	}
	/* in a cpio what has several names and no number would be one file with all of its like */
	if (m->nlink != 0)
		archive_entry_set_nlink(e, m->ino != 0 ? m->nlink : 1);
	set_times(m, e);
	set_xattrs(m, e, lost);
	if (m->type != ARC_FILE || !m->sparse)
		return;
	for (size_t i = 0; i < m->n_ranges; i++)
		archive_entry_sparse_add_entry(e, m->ranges[i].off, m->ranges[i].len);
	/* A file that is one hole: an empty range at its end, for none means no holes. */
	if (m->n_ranges == 0 && m->size > 0)
		archive_entry_sparse_add_entry(e, m->size, 0);
}
