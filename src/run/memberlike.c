/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing members with files, by what both say of themselves. */
#include "run/memberlike.h"

#include "run/mirror.h"
#include "sys/dir.h"
#include "sys/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

struct err
spot_find(struct spot *s, int base, const struct str *path, int *dir, const char **name)
{
	const char *slash = strrchr(path->buf, '/');
	size_t len = slash != NULL ? (size_t)(slash - path->buf) : 0;

	*name = slash != NULL ? slash + 1 : path->buf;
	*dir = base;
	if (len == 0)
		return ERR_OK;
	if (s->fd < 0 || s->path.len != len || memcmp(s->path.buf, path->buf, len) != 0) {
		file_drop(&s->fd);
		str_clear(&s->path);
		str_add(&s->path, path->buf, len);
		TRY(str_check(&s->path));
		TRY(dir_open_below(
		    base, s->path.buf, O_PATH | O_DIRECTORY | O_NOFOLLOW, SIDE_DST, &s->fd));
	}
	*dir = s->fd;
	return ERR_OK;
}

void
spot_release(struct spot *s)
{
	file_drop(&s->fd);
	str_release(&s->path);
}

void
member_stat(const struct arc_member *m, const struct stat *now, struct stat *want)
{
	*want = *now;
	want->st_mode = member_type(m->type) | (m->mode & 07777);
	want->st_size = m->type == ARC_FILE ? m->size : 0;
	want->st_rdev = makedev(m->rdev_major, m->rdev_minor);
	if (m->has_owner) {
		want->st_uid = (uid_t)m->uid;
		want->st_gid = (gid_t)m->gid;
	}
	if ((m->has_times & 1U << ARC_MTIME) != 0)
		want->st_mtim = m->times[ARC_MTIME];
}

bool
member_has_acl(const struct arc_member *m)
{
	for (size_t i = 0; i < m->n_xattrs; i++) {
		if (strcmp(m->xattrs[i].name, "system.posix_acl_access") == 0)
			return true;
	}
	return false;
}

/* A comparison of attributes under way. */
struct attrs {
	const struct arc_member *m;
	size_t met; /* of M's, that the file has alike */
	struct meta_difference *d;
};

static void
differ(struct meta_difference *d, int how, const char *name)
{
	if (d->how != META_ALIKE)
		return;
	d->how = how;
	(void)snprintf(d->name, sizeof d->name, "%s", name);
}

/* The file has attribute NAME. */
static struct err
meet_xattr(void *arg, const char *name, const void *value, size_t len)
{
	struct attrs *a = arg;

	for (size_t i = 0; i < a->m->n_xattrs; i++) {
		const struct arc_xattr *x = &a->m->xattrs[i];
		if (strcmp(x->name, name) != 0)
			continue;
		a->met++;
		if (x->len != len || memcmp(x->value, value, len) != 0)
			differ(a->d, META_VALUE, name);
		return ERR_OK;
	}
	differ(a->d, META_EXTRA, name);
	return ERR_OK;
}

/* One of M's attributes that the file has not, if there is any. */
static void
find_missing(const struct attrs *a, const struct meta_names *names, const struct keep *keep)
{
	for (size_t i = 0; i < a->m->n_xattrs; i++) {
		const char *name = a->m->xattrs[i].name;
		bool there = false;

		for (size_t at = 0; at < names->len; at += strlen(names->buf + at) + 1)
			there |= strcmp(names->buf + at, name) == 0;
		if (!there && meta_wants(name, keep))
			differ(a->d, META_MISSING, name);
	}
}

struct err
member_compare_xattrs(struct worker *w, const struct arc_member *m, const struct keep *keep,
    const struct meta_pair *at, struct meta_difference *d)
{
	struct attrs a = { .m = m, .d = d };
	struct meta_visit visit = { .each = meet_xattr, .arg = &a };

	d->how = META_ALIKE;
	struct err err = meta_visit_xattrs_at(&w->names, at->dst_dir, at->dst_name, keep, &visit);
	if (!err_failed(err))
		err = visit.loss.first;
	if (err_failed(err)) {
		err.side = SIDE_DST;
		return err;
	}
	if (a.met < m->n_xattrs)
		find_missing(&a, &w->names, keep);
	return ERR_OK;
}

struct err
member_compare_target(const struct arc_member *m, int dir, const char *name, bool *same)
{
	char target[PATH_MAX];

	struct err err = dir_read_symlink(dir, name, target, sizeof target);
	err.side = SIDE_DST;
	TRY(err);
	*same = strcmp(target, m->link.bytes) == 0;
	return ERR_OK;
}

/* Add to OUT what no stat tells. */
static struct err
compare_deeper(
    struct worker *w, const struct arc_member *m, const struct meta_pair *at, struct meeting *out)
{
	const struct keep *keep = &w->run->copy->keep;
	struct meta_difference d = { .how = META_ALIKE };
	bool same = true;

	if ((out->differs & DIFFERS_TYPE) != 0)
		return ERR_OK;
	if (m->type == ARC_SYMLINK)
		TRY(member_compare_target(m, at->dst_dir, at->dst_name, &same));
	if (!same)
		out->differs |= DIFFERS_TARGET;
	if (keep->xattr || (keep->mode && m->type != ARC_SYMLINK))
		TRY(member_compare_xattrs(w, m, keep, at, &d));
	if (d.how != META_ALIKE)
		out->differs |= DIFFERS_XATTR;
	return ERR_OK;
}

struct err
member_meet(
    struct worker *w, const struct arc_member *m, int dir, const char *name, struct meeting *out)
{
	const struct compare_opts *opts = &w->run->mirror->opts->compare;
	const struct meta_pair at = { .dst_dir = dir, .dst_name = name };

	out->differs = 0;
	struct err err = dir_stat(dir, name, false, SIDE_DST, &out->st);
	if (err.code == ENOENT) {
		out->st = (struct stat){ 0 };
		member_stat(m, &out->st, &out->want);
		out->verdict = compare_verdict(opts, &out->want, NULL, 0);
		return ERR_OK;
	}
	TRY(err);
	member_stat(m, &out->st, &out->want);
	out->want.st_mode = member_type(m->type) | member_mode(w, m, m->has_owner);
	if (member_has_acl(m)) /* its mask is compared with the ACL */
		out->want.st_mode = (out->want.st_mode & ~(mode_t)070) | (out->st.st_mode & 070);
	/* nobody writes to the archive meanwhile: equal times tell */
	out->differs = compare_stats(opts, &out->want, &out->st) & ~(unsigned)UNSURE_CONTENT;
	TRY(compare_deeper(w, m, &at, out));
	out->verdict = compare_verdict(opts, &out->want, &out->st, out->differs);
	/* attributes are added to a file, not taken from it: it is made anew */
	if (out->verdict == COMPARED_ATTRIBUTES && (out->differs & DIFFERS_XATTR) != 0 &&
	    m->type != ARC_DIR)
		out->verdict = COMPARED_CONTENT;
	return ERR_OK;
}

const char *
member_words(struct worker *w, const struct meeting *met)
{
	if (!w->run->wants_items || met->differs == 0)
		return NULL;
	str_clear(&w->why);
	compare_add_words(&w->why, met->differs, &met->want, &met->st);
	return w->why.buf;
}
