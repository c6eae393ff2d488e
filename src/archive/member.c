/* SPDX-License-Identifier: BSD-2-Clause */
/* Members out of libarchive's entries. */
#include "archive/member.h"

#include "archive/said.h"
#include "base/own.h"

#include <sys/sysmacros.h>

void
member_room_release(struct member_room *room)
{
	free(room->xattrs);
	free(room->ranges);
	free(room->names);
	free(room->acls[0].bytes);
	free(room->acls[1].bytes);
	*room = (struct member_room){ 0 };
}

/* Have at least N pieces of SIZE bytes at *MEM; false = out of memory. */
static bool
have_room(void **mem, size_t *cap, size_t n, size_t size)
{
	if (n > *cap) {
		void *more = reallocarray(*mem, n, size);
		if (more == NULL)
			return false;
		*mem = more;
		*cap = n;
	}
	return true;
}

static struct arc_name
name_of(const char *text)
{
	return (struct arc_name){ .bytes = text, .len = text != NULL ? strlen(text) : 0 };
}

static enum arc_type
type_of(struct archive_entry *entry)
{
	/* directories of a cpio may all have one number */
	bool dir = archive_entry_filetype(entry) == AE_IFDIR;

	if (archive_entry_hardlink(entry) != NULL && !dir)
		return ARC_HARD_LINK;
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return ARC_FILE;
	case AE_IFDIR:
		return ARC_DIR;
	case AE_IFLNK:
		return ARC_SYMLINK;
	case AE_IFIFO:
		return ARC_FIFO;
	case AE_IFCHR:
		return ARC_CHAR;
	case AE_IFBLK:
		return ARC_BLOCK;
	case AE_IFSOCK:
		return ARC_SOCKET;
	default:
		return ARC_UNKNOWN;
	}
}

static void
add_time(struct arc_member *m, enum arc_time which, time_t sec, long ns)
{
	m->has_times |= 1U << which;
	m->times[which] = (struct timespec){ .tv_sec = sec, .tv_nsec = ns };
}

static void
add_times(struct arc_member *m, struct archive_entry *e)
{
	if (archive_entry_mtime_is_set(e))
		add_time(m, ARC_MTIME, archive_entry_mtime(e), archive_entry_mtime_nsec(e));
	if (archive_entry_atime_is_set(e))
		add_time(m, ARC_ATIME, archive_entry_atime(e), archive_entry_atime_nsec(e));
	if (archive_entry_ctime_is_set(e))
		add_time(m, ARC_CTIME, archive_entry_ctime(e), archive_entry_ctime_nsec(e));
	if (archive_entry_birthtime_is_set(e))
		add_time(m, ARC_BTIME, archive_entry_birthtime(e), archive_entry_birthtime_nsec(e));
}

/* Formats where each member has an owner.  Others may have one, and libarchive says 0 when they have not. */
static bool
always_has_owner(int format)
{
	switch (format & ARCHIVE_FORMAT_BASE_MASK) {
	case ARCHIVE_FORMAT_TAR:
	case ARCHIVE_FORMAT_CPIO:
	case ARCHIVE_FORMAT_AR:
	case ARCHIVE_FORMAT_XAR:
		return true;
	default:
		return false;
	}
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Copy NAME to TO.  ENCODED: as in keys of pax headers, where '=' would end them: GNU tar and libarchive
 * write %3D for it, and %25 for '%', libarchive others in that way as well. */
static size_t
decode_name(char *to, const char *name, bool encoded)
{
	char *start = to;

	while (*name != '\0') {
		int high = encoded && name[0] == '%' ? hex_digit(name[1]) : -1;
		int low = high >= 0 ? hex_digit(name[2]) : -1;
		if (low >= 0 && high + low > 0) {
			*to++ = (char)(high * 16 + low);
			name += 3;
		} else {
			*to++ = *name++;
		}
	}
	*to++ = '\0';
	return (size_t)(to - start);
}

static bool
has_xattr(const struct arc_member *m, const char *name)
{
	for (size_t i = 0; i < m->n_xattrs; i++) {
		if (strcmp(m->xattrs[i].name, name) == 0)
			return true;
	}
	return false;
}

static void
add_xattr(struct arc_member *m, struct member_room *room, const struct arc_xattr *x)
{
	if (has_xattr(m, x->name)) /* libarchive writes each in two forms */
		return;
	if (m->n_xattrs == MEMBER_XATTRS_MAX + 2) {
		m->warning = "it has more extended attributes than any file";
		return;
	}
	room->xattrs[m->n_xattrs++] = *x;
}

/* The kinds of ACL, and the attributes that the kernel has them in. */
static const struct acl_kind {
	int type;
	const char *name;
} acl_kinds[2] = {
	{ ARCHIVE_ENTRY_ACL_TYPE_ACCESS, ACL_ACCESS_NAME },
	{ ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, ACL_DEFAULT_NAME },
};

static struct err
add_acls(struct arc_member *m, struct archive_entry *entry, struct member_room *room,
    const struct arc_read_options *options)
{
	for (size_t i = 0; i < 2; i++) {
		struct acl_form *form = &room->acls[i];
		TRY(acl_form_from_entry(form, entry, acl_kinds[i].type, options));
		if (form->len > 0)
			add_xattr(m, room,
			    &(struct arc_xattr){ .name = acl_kinds[i].name,
				.value = form->bytes,
				.len = form->len });
	}
	return ERR_OK;
}

/* True when an ACL is not among the attributes: made of words, or as it was on Linux. */
static bool
has_lost_acl(const struct arc_member *m, const struct member_room *room, int types)
{
	if ((types & ARCHIVE_ENTRY_ACL_TYPE_NFS4) != 0)
		return true;
	for (size_t i = 0; i < 2; i++) {
		if (room->acls[i].lost && !has_xattr(m, acl_kinds[i].name))
			return true;
	}
	return false;
}

static struct err
add_xattrs(struct arc_member *m, struct archive_entry *entry, int format, struct member_room *room,
    const struct arc_read_options *options)
{
	bool encoded = (format & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
	int count = archive_entry_xattr_reset(entry);
	size_t bytes = 0, at = 0;
	struct arc_xattr x;

	if (count > MEMBER_XATTRS_MAX)
		count = MEMBER_XATTRS_MAX + 1; /* one too many, to be told */
	for (int i = 0; i < count; i++) {
		if (archive_entry_xattr_next(entry, &x.name, &x.value, &x.len) != ARCHIVE_OK)
			break;
		bytes += strlen(x.name) + 1;
	}
	if (!have_room((void **)&room->xattrs, &room->xattrs_cap, (size_t)count + 2,
		sizeof(struct arc_xattr)) ||
	    !have_room((void **)&room->names, &room->names_cap, bytes + 1, 1))
		return said_no_memory(SIDE_SRC);
	m->xattrs = room->xattrs;
	TRY(add_acls(m, entry, room, options));
	(void)archive_entry_xattr_reset(entry);
	for (int i = 0; i < count; i++) {
		if (archive_entry_xattr_next(entry, &x.name, &x.value, &x.len) != ARCHIVE_OK)
			break;
		char *name = room->names + at;
		at += decode_name(name, x.name, encoded);
		x.name = name;
		add_xattr(m, room, &x);
	}
	m->lost_acl = has_lost_acl(m, room, archive_entry_acl_types(entry));
	return ERR_OK;
}

static struct err
add_ranges(struct arc_member *m, struct archive_entry *entry, struct member_room *room)
{
	int count = archive_entry_sparse_reset(entry);
	la_int64_t off, len;

	if (count <= 0)
		return ERR_OK;
	m->sparse = true;
	if (!have_room(
		(void **)&room->ranges, &room->ranges_cap, (size_t)count, sizeof(struct arc_range)))
		return said_no_memory(SIDE_SRC);
	m->ranges = room->ranges;
	for (int i = 0; i < count; i++) {
		if (archive_entry_sparse_next(entry, &off, &len) != ARCHIVE_OK)
			break;
		if (len > 0)
			room->ranges[m->n_ranges++] = (struct arc_range){ .off = off, .len = len };
	}
	return ERR_OK;
}

struct err
member_from_entry(struct arc_member *m, struct archive_entry *entry, int format,
    struct member_room *room, const struct arc_read_options *options)
{
	unsigned long set = 0, clear = 0;

	*m = (struct arc_member){
		.name = name_of(archive_entry_pathname(entry)),
		.uname = name_of(archive_entry_uname(entry)),
		.gname = name_of(archive_entry_gname(entry)),
		.type = type_of(entry),
		.mode = archive_entry_perm(entry),
		.uid = archive_entry_uid(entry),
		.gid = archive_entry_gid(entry),
		.size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1,
		.encrypted = archive_entry_is_encrypted(entry) != 0,
		.data_at = -1,
	};
	m->has_owner = always_has_owner(format) || m->uid != 0 || m->gid != 0;
	if (m->type == ARC_HARD_LINK)
		m->link = name_of(archive_entry_hardlink(entry));
	else if (m->type == ARC_SYMLINK)
		m->link = name_of(archive_entry_symlink(entry));
	if (m->type == ARC_CHAR || m->type == ARC_BLOCK) {
		m->rdev_major = (uint32_t)archive_entry_rdevmajor(entry);
		m->rdev_minor = (uint32_t)archive_entry_rdevminor(entry);
	}
	add_times(m, entry);
	archive_entry_fflags(entry, &set, &clear);
	m->has_flags = set != 0 || archive_entry_fflags_text(entry) != NULL;
	TRY(add_ranges(m, entry, room));
	return add_xattrs(m, entry, format, room, options);
}
