/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The content of one regular file: begin, move, check that it stood still, set attributes, publish.
 *
 * A small file that is new costs these calls with -a, none of which another could spare:
 *
 *   openat     the source, without following a link: its content and attributes come by descriptor
 *   fstat      the source: mode, owner and times to keep, size to expect, names to link; by
 *              descriptor, so that it is of the file that is read
 *   openat     the destination, O_EXCL: it makes the name, with its mode, and sees what came between
 *   pread      \ the content; one read, since a file that has blocks ends at its size.  Where the
 *   pwrite     / file system can clone, ioctl(FICLONE) stands for both; empty files need neither
 *   fstat      the source again: it did not change while it was read
 *   flistxattr the source: no other call says that there is no ACL and no attribute to keep
 *   utimensat  the destination: its times, the last thing, since writing sets them
 *   close      the destination, checked: some file systems report a failed write only here
 *   close      the source
 *
 * No fchown where new files are ours as the source is, no fchmod where creating gave the mode, no
 * look at the destination's name in a directory that is new: see attrs_of_file() and target_decide().
 * tests/cli/copy_calls.bats counts them.
 */
#include "engine/commit.h"
#include "run/attrs.h"
#include "run/carry.h"
#include "run/fanout.h"
#include "run/filepipe.h"
#include "run/inventory.h"
#include "run/mirror.h"
#include "run/places.h"
#include "run/readback.h"
#include "run/rewrite.h"
#include "run/update.h"
#include "sys/file.h"
#include "sys/proc.h"

#include <errno.h>

/* Whether the source is as it was.  A file that had more to give than its size is one of those whose
 * size and times say nothing (/proc, /sys). */
bool
carry_stood_still(const struct worker *w, const struct stat *before, const struct stat *after,
    const struct moved *moved)
{
	/* how much a command has read nobody knows */
	if (moved->bytes > before->st_size && w->run->request.through == NULL)
		return true;
	return before->st_size == after->st_size &&
	       before->st_mtim.tv_sec == after->st_mtim.tv_sec &&
	       before->st_mtim.tv_nsec == after->st_mtim.tv_nsec &&
	       before->st_ctim.tv_sec == after->st_ctim.tv_sec &&
	       before->st_ctim.tv_nsec == after->st_ctim.tv_nsec;
}

/* An open source and its attributes. */
struct opened {
	int fd;
	struct stat *st;
	bool updates; /* the destination has an older copy, of which only what differs is written */
	const struct stat
	    *old; /* else, attributes of what is replaced, if that may be cloned first */
};

struct err
carry_through(struct worker *w, const struct entry *e, int src, const struct stat *st, int dst,
    struct moved *moved)
{
	node_src_path(e->dir, e->src_name, &w->src);
	node_dst_path(e->dir, e->name, &w->dst);
	struct filepipe_ends ends = {
		.src = src,
		.st = st,
		.dst = dst,
		.src_path = w->src.buf,
		.dst_path = w->dst.buf,
	};
	TRY(filepipe_pass(w->pipe, &ends, &w->hash, moved));
	atomic_fetch_add_explicit(&w->run->live->bytes_done, st->st_size, memory_order_relaxed);
	return ERR_OK;
}

/* Keep the digests of what was seen, for telling. */
static struct err
take_digests(struct worker *w)
{
	if (w->run->request.hash == NULL)
		return ERR_OK;
	hashing_text(&w->hashing, &w->hash);
	return str_check(&w->hash);
}

/* Write only what differs from an older copy; false in *DONE if that cannot be. */
static struct err
update(struct worker *w, const struct entry *e, struct opened from, int dst, struct moved *moved,
    bool *done)
{
	const struct updating u = {
		.src = from.fd,
		.st = from.st,
		.dst = dst,
		.in_place = from.updates,
		.old = from.old,
	};

	*done = false;
	return from.updates || from.old != NULL ? update_content(w, e, &u, moved, done) : ERR_OK;
}

/* Move the content by the ladder, unless only some of it has to be moved. */
static struct err
copy_content(
    struct worker *w, const struct entry *e, struct opened from, int dst, struct moved *moved)
{
	struct run *run = w->run;
	struct block buf = { .mem = w->buf, .size = bufs_size(run->bufs) };
	/* a digest that is known leaves the content to the kernel */
	bool wants_digests = run->request.hash != NULL && !inventory_knows(w, e, from.st);
	struct engine_file file = {
		.src = from.fd,
		.st = from.st,
		.dst = dst,
		.dst_dev = e->dir->dst.st_dev,
		.live_bytes = &run->live->bytes_done,
		.observer = wants_digests ? &w->hashing.observer : NULL,
	};

	bool done;

	TRY(update(w, e, from, dst, moved, &done));
	if (!done)
		TRY(engine_copy(w->engine, &file, buf, moved));
	/* a clone that nobody wants a digest of was not seen */
	if (moved->method == METHOD_CLONE && run->request.hash_unshared)
		return ERR_OK;
	return take_digests(w);
}

/* Move the content; a source that changed meanwhile is read again.  OP_CHANGED when it changed each
 * time: the destination then has what the last try read. */
static struct err
move_content(
    struct worker *w, const struct entry *e, struct opened from, int dst, struct moved *moved)
{
	struct stat after;

	if (w->fanout != NULL && !fanout_is_moved(w->fanout))
		return fanout_move(w, e, dst, moved);
	for (int i = 0; i < CARRY_TRIES; i++) {
		str_clear(&w->hash);
		if (i > 0 && !from.updates)
			TRY(file_truncate(dst, 0));
		if (w->run->request.through != NULL)
			TRY(carry_through(w, e, from.fd, from.st, dst, moved));
		else
			TRY(copy_content(w, e, from, dst, moved));
		TRY(file_stat(from.fd, SIDE_SRC, &after));
		if (carry_stood_still(w, from.st, &after, moved))
			return ERR_OK;
		rewrite_stat(w->run, &after);
		*from.st = after;
	}
	return err_make(ESTALE, OP_CHANGED, SIDE_SRC, moved->bytes);
}

/* Move the content and, with --verify, read it back; what comes back wrong is moved once more. */
static struct err
move_checked(
    struct worker *w, const struct entry *e, struct opened from, int dst, struct carried *o)
{
	bool same;

	for (int i = 0; i < CARRY_TRIES; i++) {
		if (i > 0 && !from.updates)
			TRY(file_truncate(dst, 0));
		struct err err = move_content(w, e, from, dst, &o->moved);
		if ((err_failed(err) && err.op != OP_CHANGED) ||
		    w->run->request.readback == READBACK_NONE || o->moved.bytes == 0)
			return err;
		o->verified = readback_shared;
		if (o->moved.method == METHOD_CLONE)
			return err;
		TRY(readback(w, dst, e->dir->dst.st_dev, &o->verified, &same));
		w->counts.verified += same;
		if (same)
			return err;
	}
	return err_make(EBADMSG, OP_VERIFY, SIDE_DST, -1);
}

/* Read a FIFO, socket or device to its end, as cp does without -r, into SEEN as well, unless NULL. */
static struct err
read_stream(struct worker *w, int src, int dst, struct observer *seen, struct moved *moved)
{
	struct run *run = w->run;
	size_t got;

	moved->method = METHOD_BUFFER;
	do {
		proc_wait(cancel_fd(&run->cancel), src, -1);
		TRY(cancel_check(&run->cancel));
		struct err err = file_read(src, w->buf, bufs_size(run->bufs), SIDE_SRC, &got);
		if (err.code == EAGAIN) {
			got = 1;
			continue;
		}
		TRY(err);
		if (seen != NULL)
			seen->see(seen, w->buf, got);
		TRY(pace_take(run->pace, (int64_t)got));
		TRY(file_write_all(dst, w->buf, got));
		moved->bytes += (int64_t)got;
	} while (got > 0);
	return ERR_OK;
}

/* Move what has no size, or to where there is none. */
static struct err
move_stream(
    struct worker *w, const struct entry *e, struct opened from, int dst, struct moved *moved)
{
	struct observer *seen = w->run->request.hash != NULL ? &w->hashing.observer : NULL;

	bool several = w->fanout != NULL && !fanout_is_moved(w->fanout);

	/* a file that goes to a device can be read again for it */
	if (several && !S_ISREG(from.st->st_mode))
		return fanout_move(w, e, dst, moved);
	str_clear(&w->hash);
	if (w->run->request.through != NULL)
		return carry_through(w, e, from.fd, from.st, dst, moved);
	if (seen != NULL)
		seen->begin(seen);
	TRY(read_stream(w, from.fd, dst, seen, moved));
	return take_digests(w);
}

static enum commit_how
how_of(const struct worker *w, const struct target *t)
{
	switch (t->action.step) {
	case STEP_PUBLISH:
		return COMMIT_WHOLE;
	case STEP_REPLACE:
		return t->through ? COMMIT_THROUGH : COMMIT_REPLACE;
	case STEP_IN_PLACE:
		if (w->run->mirror != NULL)
			return COMMIT_UPDATE;
		return t->through ? COMMIT_THROUGH : COMMIT_IN_PLACE;
	default:
		return w->run->copy->plan.atomic ? COMMIT_WHOLE : COMMIT_DIRECT;
	}
}

/* Begin to rewrite what T found as it stands.  What cannot be, or is another file by now, is replaced:
 * then T says so. */
static struct err
begin_update(
    struct worker *w, const struct entry *e, mode_t mode, struct target *t, struct commit *c)
{
	struct stat now;

	struct err err = commit_begin(c, e->dir->dst_fd, e->name, COMMIT_UPDATE, mode);
	if (!err_failed(err))
		err = file_stat(c->fd, SIDE_DST, &now);
	if (!err_failed(err) && now.st_ino == t->dest.st.st_ino && now.st_dev == t->dest.st.st_dev)
		return ERR_OK;
	commit_discard(c);
	t->action.step = STEP_REPLACE;
	mirror_leave(w->run->mirror, &t->dest.st);
	return commit_begin(c, e->dir->dst_fd, e->name, COMMIT_REPLACE, mode);
}

/* Whether what is written of a file with ST stays for the next run, if this one does not finish it. */
static bool
is_resumable(const struct worker *w, const struct stat *st, enum commit_how how)
{
	return w->run->mirror != NULL && w->run->mirror->opts->partial && S_ISREG(st->st_mode) &&
	       st->st_size >= PUBLISH_MIN && (how == COMMIT_WHOLE || how == COMMIT_REPLACE);
}

/* Begin the file as T says.  A name that turned up in a directory that was new is looked at. */
static struct err
begin(struct worker *w, const struct entry *e, const struct stat *st, struct target *t,
    struct commit *c)
{
	mode_t mode = attrs_first_mode(w, e->dir, st);

	if (t->action.step == STEP_UNLINK)
		TRY(target_clear(w, e, t));
	enum commit_how how = how_of(w, t);
	if (how == COMMIT_UPDATE)
		return begin_update(w, e, mode, t, c);
	if (is_resumable(w, st, how))
		return commit_resume(c, e->dir->dst_fd, e->name, how, mode & ~w->run->umask);
	struct err err = commit_begin(c, e->dir->dst_fd, e->name, how, mode);
	if (err_failed(err) && t->action.step == STEP_IN_PLACE && w->run->copy->plan.force) {
		TRY(dir_unlink(e->dir->dst_fd, e->name));
		t->action.step = STEP_CREATE;
		return commit_begin(c, e->dir->dst_fd, e->name, COMMIT_DIRECT, mode);
	}
	return err;
}

/* Move the content into C from the earlier tree that T found it in: there it may be cloned. */
static struct err
move_basis(struct worker *w, const struct entry *e, const struct target *t, const struct commit *c,
    struct moved *moved)
{
	own_fd fd = -1;
	struct stat st;
	struct opened from = { -1, &st, c->resumed, NULL };

	TRY(dir_open_file(t->basis_dir, e->name, false, &fd));
	TRY(file_stat(fd, SIDE_SRC, &st));
	from.fd = fd;
	return move_content(w, e, from, c->fd, moved);
}

/* Fill the begun file C and give it its name. */
static struct err
fill(struct worker *w, const struct entry *e, struct opened from, struct target *t,
    struct commit *c, struct carried *o)
{
	int src = from.fd;
	struct stat *st = from.st;
	struct err moved = ERR_OK;
	mode_t made = attrs_first_mode(w, e->dir, st);
	bool rewrites = t->action.step == STEP_IN_PLACE || t->through;
	bool stream = rewrites && !S_ISREG(t->dest.st.st_mode);
	bool anew = t->action.backup || w->run->copy->plan.remove_destination;
	bool replaces =
	    t->action.step == STEP_REPLACE && !rewrites && !anew && S_ISREG(t->dest.st.st_mode);
	/* what an earlier run left may have attributes of its own */
	bool is_new = !rewrites && !replaces && !c->resumed;

	from.updates = c->how == COMMIT_UPDATE || c->resumed;
	from.old = replaces && update_pays(w, st, t) ? &t->dest.st : NULL;
	if (!S_ISREG(st->st_mode) || stream)
		moved = move_stream(w, e, from, c->fd, &o->moved);
	else if (t->basis != NULL)
		moved = move_basis(w, e, t, c, &o->moved);
	else if (!w->run->copy->plan.attributes_only)
		moved = move_checked(w, e, from, c->fd, o);
	o->hashed = !stream && S_ISREG(st->st_mode) && w->hash.len > 0;
	if (err_failed(moved) && moved.op != OP_CHANGED)
		return moved;
	if (stream)
		return commit_publish(c);
	struct err attrs = ERR_OK;
	if (replaces)
		attrs = attrs_of_replaced(w, e, c->fd, &t->dest.st);
	if (!err_failed(attrs))
		attrs = attrs_of_file(w, e, src, c->fd, st, is_new ? &made : NULL);
	/* content that is complete is not given up for an attribute */
	if (err_class(attrs) == ERR_CLASS_FATAL)
		return attrs;
	if (err_failed(attrs))
		tell_error(w, e, attrs, NULL);
	if (t->action.step == STEP_REPLACE && t->action.backup)
		TRY(target_save(w, e, t));
	TRY(commit_publish(c));
	return moved;
}

/* Only attributes of an existing file. */
static struct err
only_attributes(
    struct worker *w, const struct entry *e, int src, const struct stat *st, const struct target *t)
{
	own_fd dst = -1;

	struct err err = dir_open_file(e->dir->dst_fd, e->name, t->through, &dst);
	/* a file that may be written but not read will do as well */
	if (err.code == EACCES)
		err = dir_open_write(e->dir->dst_fd, e->name, t->through, &dst);
	if (err_failed(err))
		return err_make(err.code, OP_OPEN, SIDE_DST, -1);
	return attrs_of_file(w, e, src, dst, st, NULL);
}

/* Begin, fill and publish the file as T says. */
static struct err
write_file(struct worker *w, const struct entry *e, struct opened from, struct target *t,
    struct carried *o)
{
	struct commit c;

	if (w->run->mirror != NULL)
		mark_set(w->run);
	TRY(begin(w, e, from.st, t, &c));
	str_clear(&w->hash);
	struct err err = fill(w, e, from, t, &c, o);
	bool same_size = S_ISREG(from.st->st_mode) && w->run->request.through == NULL;
	o->size = same_size ? from.st->st_size : o->moved.bytes;
	o->hash = w->hash.len > 0 ? w->hash.buf : NULL;
	if (err_failed(err) && err.op != OP_CHANGED && c.fd >= 0)
		commit_discard(&c);
	return err;
}

struct err
carry_content(struct worker *w, const struct entry *e, int src, struct stat *st, struct target *t,
    struct carried *o)
{
	struct opened from = { src, st, false, NULL };

	if (t->action.step == STEP_ATTRIBUTES)
		return only_attributes(w, e, src, st, t);
	struct err err = write_file(w, e, from, t, o);
	if (err.code == EEXIST && entry_is_absent(e) && !t->dest.exists) {
		/* a name listed twice, one that differs only in case, or somebody else's: decide
		 * again, looking; a file that was to appear whole meets it at its end */
		places_forget(t);
		TRY(target_decide(w, e, st, false, t));
		if (t->action.step == STEP_SKIP || t->action.step == STEP_REFUSE)
			return err;
		err = write_file(w, e, from, t, o);
	}
	if (err_failed(err) && err.op != OP_CHANGED)
		target_restore(e, t);
	return err;
}
