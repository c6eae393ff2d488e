/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes of members. */
#include "run/packattrs.h"

#include "run/pack.h"

#include <string.h>
#include <sys/sysmacros.h>

void
pack_attrs_init(struct pack_attrs *a, const struct pack_opts *opts)
{
	*a = (struct pack_attrs){ .opts = opts, .can = arc_format_can(opts->kind.format) };
	pthread_mutex_init(&a->lock, NULL);
}

void
pack_attrs_release(struct pack_attrs *a)
{
	owner_names_release(&a->owners);
	pthread_mutex_destroy(&a->lock);
}

bool
pack_has_names(const struct pack_attrs *a, const struct stat *st)
{
	return st->st_nlink > 1 && !S_ISDIR(st->st_mode) && (a->can & ARC_CAN_HARD_LINKS) != 0;
}

static struct arc_name
name_of(const char *text)
{
	return (struct arc_name){ .bytes = text, .len = text != NULL ? strlen(text) : 0 };
}

/* The name of user (or GROUP) ID; most files have the owner of the one before. */
static struct arc_name
owner_of(struct pack_attrs *a, struct pack_recent *recent, uint32_t id, bool group)
{
	struct pack_owner *o = &recent->owners[group];

	if (!o->known || o->id != id) {
		pthread_mutex_lock(&a->lock);
		const char *name = owner_names_get(&a->owners, id, group);
		pthread_mutex_unlock(&a->lock);
		*o = (struct pack_owner){ .known = true, .id = id, .name = name_of(name) };
	}
	return o->name;
}

static enum arc_type
type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return ARC_DIR;
	case S_IFLNK:
		return ARC_SYMLINK;
	case S_IFIFO:
		return ARC_FIFO;
	case S_IFCHR:
		return ARC_CHAR;
	case S_IFBLK:
		return ARC_BLOCK;
	default:
		return ARC_FILE;
	}
}

static bool
is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

static void
fill_owner(
    struct pack_attrs *a, struct pack_recent *recent, const struct stat *st, struct arc_member *m)
{
	m->has_owner = true;
	if (a->opts->reproducible)
		return;
	m->uid = st->st_uid;
	m->gid = st->st_gid;
	if (a->opts->numeric_ids)
		return;
	m->uname = owner_of(a, recent, st->st_uid, false);
	m->gname = owner_of(a, recent, st->st_gid, true);
}

void
pack_attrs_fill(struct pack_attrs *a, struct pack_recent *recent, const struct pack_item *item,
    const struct str *name, struct arc_member *m)
{
	const struct pack_opts *opts = a->opts;
	const struct stat *st = &item->st;

	*m = (struct arc_member){
		.name = { .bytes = name->buf, .len = name->len },
		.type = type_of(st->st_mode),
		.mode = st->st_mode & 07777,
		.nlink = (uint32_t)st->st_nlink,
		.rdev_major = major(st->st_rdev),
		.rdev_minor = minor(st->st_rdev),
		.has_times = 1U << ARC_MTIME,
		.data_at = -1,
	};
	fill_owner(a, recent, st, m);
	struct timespec *mtime = &m->times[ARC_MTIME];
	*mtime = opts->has_mtime ? opts->mtime : st->st_mtim;
	if (opts->has_latest && is_later(mtime, &opts->latest))
		*mtime = opts->latest;
	if (pack_has_names(a, st)) {
		m->dev = st->st_dev;
		m->ino = st->st_ino;
	}
	if ((a->can & ARC_CAN_XATTRS) != 0) {
		m->xattrs = item->xattrs;
		m->n_xattrs = item->n_xattrs;
	}
	if (m->type == ARC_SYMLINK) {
		m->link = name_of(item->target.buf);
	} else if (m->type == ARC_FILE) {
		m->size = st->st_size;
		m->sparse = item->sparse;
		m->ranges = item->ranges;
		m->n_ranges = item->n_ranges;
	}
}
