/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An archive against a tree.
 *
 * The decoder compares each member as it comes, content block by block.  Of a name that comes twice the last
 * member counts, and content of a hard link may come long after the file: so what differs is kept, in
 * the order of the tree, and told at the end.  What is equal is told at once, unless an earlier member of that
 * name was not.
 */
#include "run/arccheck.h"

#include "base/own.h"
#include "engine/alike.h"
#include "run/arcfound.h"
#include "run/arcwalk.h"
#include "run/memberlike.h"
#include "run/sink.h"
#include "sys/dir.h"
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <xxhash.h>

/* The comparison. */
struct arccheck {
	struct verifying *v;
	const char *dir;       /* the tree, as it was typed */
	bool tops_alone;       /* beside the archive's top entries there may be others */
	struct spot spot;      /* the directory of the last member */
	struct arcfound found; /* what is to be told at the end */
	struct str why;        /* what is unlike */
};

static struct arccheck *
check_of(struct unpacking *u)
{
	return u->user;
}

/* Whether the first member of PATH can be read; what is damaged is an archive all the same. */
static bool
begins_well(const char *path, const struct cancel *cancel)
{
	static const struct arc_read_options options;
	const struct arcsource_how how = { .path = path, .options = &options, .cancel = cancel };
	const struct arc_member *m;
	struct arcsource s;
	const char *why;

	struct err err = arcsource_open(&s, &how, &why);
	bool opened = !err_failed(err);
	if (opened)
		err = s.module->reading->next(s.reader, &m);
	bool begun = opened && s.module->reading->format(s.reader)[0] != '\0';
	arcsource_close(&s);
	return !err_failed(err) || (begun && arc_is_damage(err));
}

bool
arccheck_is_one(const char *path)
{
	struct cancel cancel;
	struct stat st;

	if (strcmp(path, "-") == 0)
		return true;
	if (err_failed(dir_stat(AT_FDCWD, path, true, SIDE_SRC, &st)) || !S_ISREG(st.st_mode) ||
	    err_failed(cancel_init(&cancel)))
		return false;
	bool is_one = begins_well(path, &cancel);
	cancel_release(&cancel);
	return is_one;
}

/* PATH, which is to be as WANT, came out as ACTION with check->why. */
static struct err
conclude(struct unpacking *u, const char *path, const struct stat *want, enum item_action action)
{
	struct arccheck *c = check_of(u);
	struct entry e = { .dir = u->run.base, .src_name = path, .name = path };

	TRY(str_check(&c->why));
	if (action != ACTION_UNCHANGED || u->run.wants_unchanged || arcfound_has(&c->found, path))
		return arcfound_add(&c->found, path, want, action, &c->why);
	unlike_tell(u->w, &e, want, action, NULL);
	return ERR_OK;
}

/* --- content --- */

/* Compare N bytes at BYTES (NULL = zeros) with those at OFF of FD: *AT is where they differ, or -1. */
static struct err
compare_block(struct worker *w, int fd, const char *bytes, int64_t n, int64_t off, int64_t *at)
{
	int64_t size = (int64_t)bufs_size(w->run->bufs);
	const char *mine = w->buf;

	*at = -1;
	for (int64_t done = 0; done < n && *at < 0;) {
		size_t got;

		TRY(cancel_check(&w->run->cancel));
		struct err err = file_pread(
		    fd, w->buf, (size_t)(n - done < size ? n - done : size), off + done, &got);
		err.side = SIDE_DST;
		TRY(err);
		if (got == 0) {
			*at = off + done;
			break;
		}
		if (bytes != NULL && memcmp(mine, bytes + done, got) == 0) {
			done += (int64_t)got;
			continue;
		}
		for (size_t i = 0; i < got && *at < 0; i++) {
			if (mine[i] != (bytes != NULL ? bytes[done + (int64_t)i] : 0))
				*at = off + done + (int64_t)i;
		}
		done += (int64_t)got;
	}
	return ERR_OK;
}

/* Compare a hole of the member, [FROM, TO), with FD: what is a hole there too is not read. */
static struct err
compare_hole(struct worker *w, int fd, int64_t from, int64_t to, int64_t *at)
{
	*at = -1;
	while (from < to && *at < 0) {
		int64_t data = from;
		int64_t end = to;

		if (err_failed(file_seek_data(fd, from, &data)) ||
		    (data >= 0 && err_failed(file_seek_hole(fd, data, &end))))
			data = from;
		if (data < 0 || data >= to)
			break;
		end = end < to && end > data ? end : to;
		TRY(compare_block(w, fd, NULL, end - data, data, at));
		from = end;
	}
	return ERR_OK;
}

/* Compare the content of the member at hand with FD, a file of SIZE bytes: *AT as above. */
static struct err
compare_content(struct unpacking *u, int fd, int64_t size, int64_t *at)
{
	const struct arc_reading *reading = u->source.module->reading;
	struct worker *w = u->w;
	const void *bytes;
	int64_t end = 0;
	int64_t off;
	size_t n;

	*at = -1;
	do {
		TRY(reading->data(u->source.reader, &bytes, &n, &off));
		if (off > end)
			TRY(compare_hole(w, fd, end, off < size ? off : size, at));
		if (*at < 0)
			TRY(compare_block(w, fd, bytes, (int64_t)n, off, at));
		end = off + (int64_t)n;
		atomic_fetch_add_explicit(
		    &u->run.live->bytes_done, (int64_t)n, memory_order_relaxed);
	} while (n > 0 && *at < 0);
	w->counts.logical += end;
	if (*at < 0 && end != size)
		*at = end < size ? end : size;
	return ERR_OK;
}

/* Compare the content of member M with NAME below DIR, which has attributes ST. */
static struct err
compare_file(struct unpacking *u, const struct arc_member *m, int dir, const char *name,
    const struct stat *st)
{
	struct str *why = &check_of(u)->why;
	own_fd fd = -1;
	int64_t at;

	if (m->size >= 0 && m->size != st->st_size) {
		unlike_add(why, "size %lld -> %lld", (long long)m->size, (long long)st->st_size);
		return ERR_OK;
	}
	if (check_of(u)->v->opts->quick)
		return ERR_OK;
	struct err err = dir_open_file(dir, name, false, &fd);
	err.side = SIDE_DST;
	TRY(err);
	TRY(compare_content(u, fd, st->st_size, &at));
	if (at >= 0)
		unlike_add(why, "bytes differ from %lld on", (long long)at);
	return ERR_OK;
}

/* --- members --- */

/* Times are compared as exactly as the member has them: what has no fractions may stand for any. */
static void
round_time(const struct arc_member *m, struct stat *want, const struct stat *st)
{
	bool known = (m->has_times & 1U << ARC_MTIME) != 0;

	if (known && want->st_mtim.tv_nsec == 0 && want->st_mtim.tv_sec == st->st_mtim.tv_sec)
		want->st_mtim = st->st_mtim;
}

/* Add to check->why in what attributes of those to be compared M and NAME below DIR are unlike. */
static struct err
compare_attributes(struct unpacking *u, const struct arc_member *m, const struct meta_pair *at,
    const struct stat *want, const struct stat *st)
{
	static const char *const words[] = {
		[META_MISSING] = "missing",
		[META_EXTRA] = "extra",
		[META_VALUE] = "differs",
	};
	struct arccheck *c = check_of(u);
	const struct keep *keep = &c->v->opts->keep;
	struct meta_difference d = { .how = META_ALIKE };
	struct stat a = *want;
	bool alike = true;

	if (member_has_acl(m)) /* its mask is compared with the ACL */
		a.st_mode = (a.st_mode & ~(mode_t)070) | (st->st_mode & 070);
	unlike_stat(keep, &a, st, &c->why);
	if (keep->xattr || keep->context || (keep->mode && m->type != ARC_SYMLINK))
		TRY(member_compare_xattrs(u->w, m, keep, at, &d));
	if (d.how != META_ALIKE)
		unlike_add(&c->why, "xattr %s %s", d.name, words[d.how]);
	if (c->v->pairs == NULL || m->type == ARC_DIR || st->st_nlink < 2)
		return ERR_OK;
	/* each member that is no hard link is a file of its own */
	a.st_dev = 0;
	a.st_ino = XXH3_64bits(u->path.buf, u->path.len);
	TRY(linkpairs_meet(c->v->pairs, &a, st, &alike));
	if (!alike)
		unlike_add(&c->why, "hard links");
	return ERR_OK;
}

/* Compare M with NAME below DIR, which has attributes ST and M's type. */
static struct err
compare_alike(struct unpacking *u, const struct arc_member *m, int dir, const char *name,
    const struct stat *st)
{
	const struct meta_pair at = { .dst_dir = dir, .dst_name = name };
	struct arccheck *c = check_of(u);
	enum item_action action = ACTION_UNCHANGED;
	const char *path = u->path.len > 0 ? u->path.buf : ".";
	struct stat want;
	bool same = true;

	member_stat(m, st, &want);
	round_time(m, &want, st);
	if (m->type == ARC_FILE)
		TRY(compare_file(u, m, dir, name, st));
	if (m->type == ARC_FILE && c->v->opts->quick && c->why.len == 0 &&
	    (want.st_mtim.tv_sec != st->st_mtim.tv_sec ||
		want.st_mtim.tv_nsec != st->st_mtim.tv_nsec))
		unlike_add(&c->why, "mtime");
	if (m->type == ARC_SYMLINK)
		TRY(member_compare_target(m, dir, name, &same));
	if (!same)
		unlike_add(&c->why, "target");
	if ((m->type == ARC_CHAR || m->type == ARC_BLOCK) && want.st_rdev != st->st_rdev)
		unlike_add(&c->why, "device");
	if (c->why.len > 0)
		action = ACTION_CHANGED;
	TRY(compare_attributes(u, m, &at, &want, st));
	if (action == ACTION_UNCHANGED && c->why.len > 0)
		action = ACTION_ATTRIBUTES;
	if (m->type == ARC_FILE && m->size < 0)
		want.st_size = st->st_size;
	return conclude(u, path, &want, action);
}

/* Compare the two files of the tree that are to be one. */
static struct err
compare_twins(struct unpacking *u, int a, int b, const struct stat *a_st, const struct stat *b_st)
{
	struct block buf = { .mem = u->w->buf, .size = bufs_size(u->run.bufs) };
	struct str *why = &check_of(u)->why;
	const struct comparison how = { .a = a, .b = b, .cancel = &u->run.cancel };
	struct likeness like = { 0 };

	if (a_st->st_size != b_st->st_size) {
		unlike_add(
		    why, "size %lld -> %lld", (long long)a_st->st_size, (long long)b_st->st_size);
		return ERR_OK;
	}
	TRY(compare_range(&how, 0, a_st->st_size, buf, &like));
	if (like.differs)
		unlike_add(why, "bytes differ from %lld on", (long long)like.at);
	return ERR_OK;
}

/* Compare the member M, a hard link to u->link, with NAME below DIR, which has attributes ST. */
static struct err
compare_link(struct unpacking *u, const struct arc_member *m, int dir, const char *name,
    const struct stat *st)
{
	struct arccheck *c = check_of(u);
	int base = u->run.base->dst_fd;
	enum item_action action = ACTION_UNCHANGED;
	own_fd origin = -1;
	own_fd fd = -1;
	struct stat of;

	struct err err = dir_open_below(base, u->link.buf, O_PATH | O_NOFOLLOW, SIDE_DST, &origin);
	if (!err_failed(err))
		err = file_stat(origin, SIDE_DST, &of);
	bool there = !err_failed(err);
	bool one = there && of.st_dev == st->st_dev && of.st_ino == st->st_ino;
	if (S_ISREG(st->st_mode) && m->size > 0) {
		/* formats like cpio have the content with the last name */
		TRY(compare_file(u, m, dir, name, st));
		action = c->why.len > 0 ? ACTION_CHANGED : ACTION_UNCHANGED;
		if (one)
			TRY(conclude(u, u->link.buf, &of, action));
	} else if (there && !one && (of.st_mode & S_IFMT) != (st->st_mode & S_IFMT)) {
		unlike_add(
		    &c->why, "type %s -> %s", unlike_type(of.st_mode), unlike_type(st->st_mode));
		action = ACTION_CHANGED;
	} else if (there && !one && S_ISREG(of.st_mode) && !c->v->opts->quick) {
		file_drop(&origin);
		TRY(dir_open_below(
		    base, u->link.buf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, SIDE_DST, &origin));
		TRY(dir_open_file(dir, name, false, &fd));
		TRY(compare_twins(u, origin, fd, &of, st));
		action = c->why.len > 0 ? ACTION_CHANGED : ACTION_UNCHANGED;
	}
	if (!one && c->v->opts->keep.links) {
		unlike_add(&c->why, "hard links");
		action = action == ACTION_UNCHANGED ? ACTION_ATTRIBUTES : action;
	}
	return conclude(u, u->path.buf, st, action);
}

static struct err
take(struct unpacking *u, const struct arc_member *m, size_t *culprit)
{
	struct arccheck *c = check_of(u);
	const char *name = ".";
	struct arc_member owned = *m;
	struct stat want;
	struct stat st = { 0 };
	int dir = u->run.base->dst_fd;
	struct err err = ERR_OK;

	(void)culprit;
	str_clear(&c->why);
	unpack_owners(u, &owned);
	if (u->path.len > 0)
		err = spot_find(&c->spot, dir, &u->path, &dir, &name);
	if (!err_failed(err))
		err = dir_stat(dir, name, false, SIDE_DST, &st);
	member_stat(m, &st, &want);
	if (err.code == ENOENT || err.code == ENOTDIR || err.code == ELOOP)
		return conclude(u, u->path.buf, &want, ACTION_MISSING);
	TRY(err);
	if (m->type == ARC_HARD_LINK && !S_ISDIR(st.st_mode))
		return compare_link(u, m, dir, name, &st);
	if ((st.st_mode & S_IFMT) == member_type(m->type))
		return compare_alike(u, &owned, dir, name, &st);
	unlike_add(&c->why, "type %s -> %s", unlike_type(want.st_mode), unlike_type(st.st_mode));
	return conclude(u, u->path.len > 0 ? u->path.buf : ".", &want, ACTION_CHANGED);
}

/* --- what only the tree has --- */

/* Keep what of N's names the archive has not. */
static void
find_extras(struct unpacking *u, struct node *n)
{
	struct arccheck *c = check_of(u);
	struct side_name name;
	struct str path = STR_INIT;

	if (n->top && c->tops_alone) {
		sink_drop_sides(u->w, n);
		return;
	}
	str_clear(&c->why);
	for (size_t at = 0;;) {
		sides_extra(n->sides, &at, &name);
		if (name.name == NULL)
			break;
		struct entry e = { .dir = n, .src_name = name.name, .name = name.name };
		struct stat st;
		struct err err = dir_stat(n->dst_fd, name.name, false, SIDE_DST, &st);
		/* gone meanwhile: extra no more; and the archive itself may stand in the tree */
		if (err.code == ENOENT || (!err_failed(err) && st.st_ino == u->source.st.st_ino &&
					      st.st_dev == u->source.st.st_dev))
			continue;
		node_operand_path(n, name.name, &path);
		if (!err_failed(err) && !unpack_wants(u, path.buf, path.len, S_ISDIR(st.st_mode)))
			continue;
		if (!err_failed(err))
			err = conclude(u, path.buf, &st, ACTION_EXTRA);
		if (err_failed(err))
			tell_error(u->w, &e, err, NULL);
	}
	str_release(&path);
	sink_drop_sides(u->w, n);
}

static bool
begin(struct unpacking *u)
{
	struct err err = owndir_open(u, AT_FDCWD, check_of(u)->dir);

	if (!err_failed(err))
		return true;
	tell_operand_error(&u->run, check_of(u)->dir, err, NULL);
	report_raise(u->run.report, EXIT_STOPPED);
	return false;
}

static void
end(struct unpacking *u)
{
	static const struct arcwalk walk = { .listed = find_extras };
	bool whole = unpack_is_whole(u);

	/* a part of an archive tells nothing of what it has not */
	if (whole && u->has.paths.full)
		report_emit(u->run.report,
		    &(struct event){ .kind = EVENT_NOTE,
			.note = "there are too many members to know what only the tree has" });
	else if (whole && !check_of(u)->v->opts->ignore_extra)
		(void)arcwalk_run(u, &walk);
	arcfound_tell(&check_of(u)->found, u->w);
}

int
arccheck_run(struct verifying *v)
{
	static const struct member_use use = {
		.begin = begin,
		.take = take,
		.end = end,
		.notes_names = true,
	};
	const struct verify_opts *opts = v->opts;
	struct arccheck c = {
		.v = v,
		.dir = opts->n_operands > 1 ? opts->operands[1] : ".",
		.tops_alone = opts->n_operands < 2,
		.spot = { .fd = -1, .path = STR_INIT },
	};
	struct unpack_opts unpack = {
		.report = opts->report,
		.select = opts->select,
		.limits = { UNPACK_NO_LIMIT, UNPACK_NO_LIMIT, UNPACK_NO_LIMIT },
		.jobs = opts->jobs,
		.same_owner = true,
		.archive = opts->operands[0],
	};
	const struct unpack_for what = { .use = &use, .user = &c, .verify = v };

	arcfound_init(&c.found);
	c.why = STR_INIT;
	int status = unpack_run_for(&unpack, &what);
	arcfound_release(&c.found);
	spot_release(&c.spot);
	str_release(&c.why);
	return status;
}
