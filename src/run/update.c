/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Updates.  What shares blocks with its source already, or can, is cloned again: one call, which leaves
 * alone what is the same.  Otherwise both are read, in pieces by whoever is idle.
 *
 * What was written is made durable before the file gets its time: changed blocks of an old file, unlike
 * those of a new one, may reach the device after its size and time, and a file that had these from its
 * source and old blocks would be found equal for ever.  There is little to write, so it takes little time.
 * Small files are left to the kernel, like all that other tools write in place, and to run/mark.
 */
#include "run/update.h"

#include "base/own.h"
#include "engine/extent.h"
#include "engine/fstraits.h"
#include "engine/patch.h"
#include "run/pieces.h"
#include "sys/file.h"
#include "sys/move.h"

#include <pthread.h>
#include <string.h>

enum {
	/* From this size on a file that is to be replaced is cloned and updated: the old one is read for
	 * it, and what is written is waited for.  Arbitrary; what is less is copied in some milliseconds. */
	CLONE_MIN = 16 << 20,
	/* From this size on what was written in place is made durable: smaller files may be many. */
	DURABLE_MIN = PUBLISH_MIN,
	/* Blocks, all over a file, of which half have to be as they were: one that was written anew, or
	 * in which all has moved, is not worth reading twice.  Arbitrary. */
	PROBES = 16,
	PROBE = PATCH_BLOCK_MIN,
};

/* An update under way. */
struct matter {
	const struct patching *how;
	pthread_mutex_t lock;
	struct patched done; /* guarded by LOCK */
};

bool
update_pays(const struct worker *w, const struct stat *st, const struct target *t)
{
	const struct engine_opts *opts = w->run->request.engine;

	return w->run->mirror != NULL && opts->reflink == WHEN_AUTO && opts->sparse != WHEN_NEVER &&
	       t->basis == NULL && t->dest.exists && S_ISREG(t->dest.st.st_mode) &&
	       st->st_size >= CLONE_MIN && t->dest.st.st_size >= CLONE_MIN;
}

/* Make DST share all of SRC, if that works for DEVS; what is refused is remembered. */
static bool
clone_of(struct worker *w, struct dev_pair devs, int src, int dst)
{
	struct refusals *refusals = &w->run->refusals;

	if (refusals_get(refusals, devs, METHOD_CLONE) != 0)
		return false;
	struct err err = move_clone(dst, src);
	if (err_failed(err))
		refusals_note(refusals, devs, METHOD_CLONE, err.code);
	return !err_failed(err);
}

/* Whether U's source seems to have much in common with OLD, of which SIZE bytes may count. */
static bool
is_much_alike(struct worker *w, const struct updating *u, int old, int64_t size)
{
	char *a = w->buf;
	char *b = a + PROBE;
	size_t got[2];
	int alike = 0;

	if (size > u->st->st_size)
		size = u->st->st_size;
	for (int i = 0; i < PROBES; i++) {
		int64_t at = (size - PROBE) / (PROBES - 1) * i / PROBE * PROBE;
		alike += !err_failed(file_pread(u->src, a, PROBE, at, &got[0])) &&
			 !err_failed(file_pread(old, b, PROBE, at, &got[1])) && got[0] == got[1] &&
			 memcmp(a, b, got[0]) == 0;
	}
	return alike >= PROBES / 2;
}

/* Make the empty file U->dst a clone of what E has now, if that pays, and open that as *OLD; -1 if that cannot be. */
static struct err
clone_old(struct worker *w, const struct entry *e, const struct updating *u, int *old)
{
	const struct stat *st = u->old;
	struct dev_pair devs = { .src = st->st_dev, .dst = st->st_dev };
	own_fd fd = -1;
	struct stat now;

	*old = -1;
	/* one that may not be read is replaced like one that cannot be cloned */
	if (err_failed(dir_open_file(e->dir->dst_fd, e->name, false, &fd)) ||
	    err_failed(file_stat(fd, SIDE_DST, &now)) || now.st_ino != st->st_ino ||
	    now.st_dev != st->st_dev || !is_much_alike(w, u, fd, now.st_size))
		return ERR_OK;
	if (!clone_of(w, devs, fd, u->dst))
		return file_truncate(u->dst, 0);
	*old = fd;
	fd = -1;
	return ERR_OK;
}

static struct err
patch_piece(struct worker *w, void *arg, int64_t off, int64_t end)
{
	struct block buf = { .mem = w->buf, .size = bufs_size(w->run->bufs) };
	struct patched piece = { 0 };
	struct matter *m = arg;

	struct err err = patch_range(m->how, off, end, buf, &piece);
	pthread_mutex_lock(&m->lock);
	if (piece.ended && (!m->done.ended || piece.end < m->done.end))
		m->done.end = piece.end;
	m->done.ended |= piece.ended;
	m->done.bytes += piece.bytes;
	m->done.holes += piece.holes;
	m->done.written += piece.written;
	m->done.freed += piece.freed;
	pthread_mutex_unlock(&m->lock);
	return err;
}

static bool
true_holes(struct run *run, int fd, const struct stat *st, enum err_side side)
{
	return (refusals_traits(&run->refusals, st->st_dev, fd, side) & FS_TRUE_HOLES) != 0;
}

/* Say how U's destination, which has what OLD has and the attributes DST, is to be patched. */
static struct patching
patching_of(struct worker *w, const struct updating *u, int old, const struct stat *dst)
{
	struct run *run = w->run;
	struct observer *seen = run->request.hash != NULL ? &w->hashing.observer : NULL;
	enum when sparse = run->request.engine->sparse;
	bool holes = extents_missing(u->st);
	bool seek = holes && sparse != WHEN_NEVER && true_holes(run, u->src, u->st, SIDE_SRC);

	return (struct patching){
		.files = {
			.a = u->src,
			.b = old,
			.seek_a = seek,
			.seek_b = true_holes(run, old, dst, SIDE_DST),
			.sharing = seen == NULL && u->st->st_dev == dst->st_dev,
		},
		.dst = u->dst,
		.grain = patch_grain(dst->st_blksize),
		.make_holes = sparse == WHEN_ALWAYS || (sparse == WHEN_AUTO && holes && !seek),
		.observer = seen,
		.cancel = &run->cancel,
		.pace = run->pace,
		.live_bytes = &run->live->bytes_done,
	};
}

/* Write what HOW says to a file of SIZE bytes, and make it durable. */
static struct err
write_differing(struct worker *w, const struct patching *how, int64_t size, struct moved *out)
{
	struct matter m = { .how = how };
	const struct patched *done = &m.done;

	if (how->observer != NULL)
		how->observer->begin(how->observer);
	pthread_mutex_init(&m.lock, NULL);
	struct err err = how->observer != NULL ? patch_piece(w, &m, 0, size)
					       : pieces_share(w, size, patch_piece, &m);
	pthread_mutex_destroy(&m.lock);
	*out = (struct moved){
		.method = METHOD_UPDATE,
		.bytes = done->ended ? done->end : done->bytes,
		.holes = done->holes,
	};
	out->kept = out->bytes - done->holes - done->written;
	TRY(err);
	if (done->ended)
		TRY(file_truncate(how->dst, done->end));
	return done->written + done->freed > 0 && size >= DURABLE_MIN ? file_sync(how->dst)
								      : ERR_OK;
}

/* Share the blocks of the source with a destination in DIR; false in *DONE if that cannot be. */
static struct err
share_source(struct worker *w, const struct node *dir, const struct updating *u, struct moved *out,
    bool *done)
{
	const struct engine_opts *opts = w->run->request.engine;
	struct dev_pair devs = { .src = u->st->st_dev, .dst = dir->dst.st_dev };

	*done = false;
	if (opts->reflink == WHEN_NEVER || opts->sparse != WHEN_AUTO || u->st->st_size == 0)
		return ERR_OK;
	if (opts->reflink == WHEN_ALWAYS)
		TRY(move_clone(u->dst, u->src));
	else if (!clone_of(w, devs, u->src, u->dst))
		return ERR_OK;
	*done = true;
	*out = (struct moved){ .method = METHOD_CLONE, .bytes = u->st->st_size };
	atomic_fetch_add_explicit(&w->run->live->bytes_done, u->st->st_size, memory_order_relaxed);
	return file_truncate(u->dst, u->st->st_size);
}

struct err
update_content(struct worker *w, const struct entry *e, const struct updating *u, struct moved *out,
    bool *done)
{
	own_fd old = -1;
	struct stat dst;

	TRY(share_source(w, e->dir, u, out, done));
	if (*done)
		return ERR_OK;
	/* what has no size, as in /proc, may have content: only reading tells */
	if (u->st->st_size == 0 || !u->in_place) {
		TRY(file_truncate(u->dst, 0));
		if (u->old != NULL && !u->in_place)
			TRY(clone_old(w, e, u, &old));
		if (old < 0)
			return ERR_OK;
	}
	*done = true;
	TRY(file_stat(u->dst, SIDE_DST, &dst));
	if (dst.st_size != u->st->st_size)
		TRY(file_truncate(u->dst, u->st->st_size));
	struct patching how = patching_of(w, u, u->in_place ? u->dst : old, &dst);
	return write_differing(w, &how, u->st->st_size, out);
}
