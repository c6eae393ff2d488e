/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes of members: owner, attributes, mode, ACLs, times; as far as -p and the user's rights go. */
#include "run/unpacking.h"
#include "sys/file.h"
#include "sys/owner.h"

#include <errno.h>
#include <string.h>

mode_t
member_type(enum arc_type type)
{
	static const mode_t types[] = {
		[ARC_FILE] = S_IFREG,
		[ARC_DIR] = S_IFDIR,
		[ARC_SYMLINK] = S_IFLNK,
		[ARC_HARD_LINK] = S_IFREG,
		[ARC_FIFO] = S_IFIFO,
		[ARC_CHAR] = S_IFCHR,
		[ARC_BLOCK] = S_IFBLK,
		[ARC_SOCKET] = S_IFSOCK,
		[ARC_UNKNOWN] = 0,
	};

	return types[type];
}

enum item_kind
member_kind(enum arc_type type)
{
	return kind_of_mode(member_type(type));
}

/* The number of user or group NAME, of which the last ones are remembered. */
static int64_t
number_of(struct unpacking *u, struct arc_name name, bool group)
{
	size_t h = group;

	if (name.len >= sizeof u->known[0].name)
		return owner_number(name.bytes, group);
	for (size_t i = 0; i < name.len; i++)
		h = h * 31 + (unsigned char)name.bytes[i];
	struct owner_known *k = &u->known[h % LAST_OWNERS];
	if (k->group != group || strcmp(k->name, name.bytes) != 0) {
		memcpy(k->name, name.bytes, name.len + 1);
		k->group = group;
		k->id = owner_number(name.bytes, group);
	}
	return k->id;
}

/* What the owner NAME, number ID, is to become. */
static int64_t
owner_of(struct unpacking *u, struct arc_name name, int64_t id, bool group)
{
	int64_t mapped = owner_map_find(&u->owners, name.bytes, id, group);

	if (mapped >= 0)
		return mapped;
	if (!u->opts->numeric && name.bytes != NULL && name.len > 0) {
		int64_t found = number_of(u, name, group);
		if (found >= 0)
			return found;
	}
	return id;
}

void
unpack_owners(struct unpacking *u, struct arc_member *m)
{
	const struct run *run = &u->run;

	if (!m->has_owner)
		return;
	if (u->opts->same_owner) {
		m->uid = owner_of(u, m->uname, m->uid, false);
		m->gid = owner_of(u, m->gname, m->gid, true);
		/* the last number means "leave it" (chown(2)) */
		m->has_owner =
		    m->uid >= 0 && m->uid < UINT32_MAX && m->gid >= 0 && m->gid < UINT32_MAX;
	} else {
		m->has_owner = m->uid == run->uid && m->gid == run->gid;
	}
}

static bool
is_acl(const char *name)
{
	return strncmp(name, "system.posix_acl_", strlen("system.posix_acl_")) == 0;
}

/* Whether attribute NAME is kept at all.  Labels of the security module are the system's to give. */
static bool
is_wanted(const struct unpacking *u, const char *name)
{
	if (is_acl(name))
		return u->opts->permissions;
	if (strncmp(name, "user.", 5) == 0)
		return u->opts->xattrs != XATTRS_NONE;
	return u->opts->xattrs == XATTRS_ALL && strcmp(name, "security.selinux") != 0;
}

static struct err
first_of(struct err a, struct err b)
{
	return err_failed(a) ? a : b;
}

/* Set M's attributes on FD, ACLS or the others. */
static void
set_xattrs(struct worker *w, const struct entry *e, const struct arc_member *m, int fd, bool acls)
{
	const struct unpacking *u = unpacking_of(w->run);

	for (size_t i = 0; i < m->n_xattrs; i++) {
		const struct arc_xattr *x = &m->xattrs[i];
		if (is_acl(x->name) != acls || !is_wanted(u, x->name))
			continue;
		struct err err = meta_set_xattr(fd, x->name, x->value, x->len);
		if (err_failed(err))
			tell_lost(w, e, err, x->name);
	}
}

mode_t
member_mode(const struct worker *w, const struct arc_member *m, bool owned)
{
	const struct unpacking *u = unpacking_of(w->run);

	if (!u->opts->permissions)
		return m->mode & 0777 & ~w->run->umask;
	return m->mode & (owned ? 07777 : 01777);
}

/* A time that calls take: anything may stand in an archive. */
static struct timespec
time_of(const struct arc_member *m, enum arc_time which)
{
	struct timespec t = m->times[which];

	if ((m->has_times & (1U << which)) == 0)
		return (struct timespec){ .tv_nsec = UTIME_OMIT };
	if (t.tv_nsec < 0 || t.tv_nsec > 999999999)
		t.tv_nsec = 0;
	return t;
}

void
member_times(const struct arc_member *m, struct stat *st)
{
	*st = (struct stat){
		.st_atim = time_of(m, ARC_ATIME),
		.st_mtim = time_of(m, ARC_MTIME),
	};
}

static bool
has_times(const struct arc_member *m)
{
	return (m->has_times & (1U << ARC_MTIME | 1U << ARC_ATIME)) != 0;
}

struct err
member_attrs(struct worker *w, const struct entry *e, const struct arc_member *m, int fd,
    const struct stat *now)
{
	const struct unpacking *u = unpacking_of(w->run);
	bool exact = u->opts->permissions;
	bool chowned = false;
	bool owned = m->has_owner;
	struct stat times;
	struct err err = ERR_OK;

	if (owned && (now->st_uid != (uid_t)m->uid || now->st_gid != (gid_t)m->gid)) {
		err = meta_chown(fd, (uid_t)m->uid, (gid_t)m->gid);
		owned = chowned = !err_failed(err);
	}
	if (exact && (e->dir->default_acl || S_ISDIR(now->st_mode)))
		err = first_of(err, meta_clear_acl(fd));
	set_xattrs(w, e, m, fd, false);
	mode_t mode = member_mode(w, m, owned);
	if (!exact && S_ISDIR(now->st_mode))
		mode |= now->st_mode & S_ISGID; /* as it has it from where it stands */
	if (chowned || (now->st_mode & 07777) != mode || (exact && e->dir->default_acl))
		err = first_of(err, meta_chmod(fd, mode));
	if (exact)
		set_xattrs(w, e, m, fd, true);
	if (exact && m->lost_acl)
		tell_lost(w, e, err_make(EOPNOTSUPP, OP_XATTR, SIDE_SRC, -1), "ACL");
	if (u->opts->fsync == FSYNC_EACH && S_ISREG(now->st_mode))
		err = first_of(err, file_sync(fd));
	member_times(m, &times);
	return has_times(m) ? first_of(err, meta_times(fd, &times)) : err;
}

struct err
member_attrs_at(
    struct worker *w, const struct entry *e, const struct arc_member *m, int dir, const char *name)
{
	const struct unpacking *u = unpacking_of(w->run);
	bool is_link = m->type == ARC_SYMLINK;
	bool owned = m->has_owner;
	struct stat times;
	struct err err = ERR_OK;

	if (owned && u->opts->same_owner) {
		err = meta_chown_at(dir, name, (uid_t)m->uid, (gid_t)m->gid);
		owned = !err_failed(err);
	}
	if (!is_link)
		err = first_of(err, meta_chmod_at(dir, name, member_mode(w, m, owned)));
	for (size_t i = 0; i < m->n_xattrs; i++) {
		const struct arc_xattr *x = &m->xattrs[i];
		if (!is_wanted(u, x->name) || (is_link && is_acl(x->name)))
			continue;
		struct err lost = meta_set_xattr_at(dir, name, x->name, x->value, x->len);
		if (err_failed(lost))
			tell_lost(w, e, lost, x->name);
	}
	member_times(m, &times);
	return has_times(m) ? first_of(err, meta_times_at(dir, name, &times)) : err;
}
