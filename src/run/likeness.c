/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing two regular files, a big one in pieces by whoever is idle. */
#include "run/likeness.h"

#include "base/own.h"
#include "engine/extent.h"
#include "engine/fstraits.h"
#include "run/likepairs.h"
#include "run/pieces.h"
#include "sys/file.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

enum {
	/* Above it files are asked what they share: the answer takes as long as reading a page of each.
	 * Arbitrary, some pages. */
	SHARING_ABOVE = 32 << 10,
	GLANCE = SHARING_ABOVE,     /* bytes that a glance reads of each side */
	LINE = 64,                  /* as FS_PAGED_READS says */
	READ_AHEAD_ABOVE = 1 << 20, /* from here on the kernel is told; arbitrary */
};

/* A pair of files under comparison by several workers. */
struct matter {
	const struct comparison *how;
	int64_t from; /* what is before it is known to be alike */
	pthread_mutex_t lock;
	struct likeness like; /* guarded by LOCK */
};

/* Whether the holes of FD, which has attributes ST, are where its file system says. */
static bool
true_holes(struct run *run, int fd, const struct stat *st, enum err_side side)
{
	return extents_missing(st) &&
	       (refusals_traits(&run->refusals, st->st_dev, fd, side) & FS_TRUE_HOLES) != 0;
}

struct err
likeness_open(const struct meta_pair *at, bool follow_src, bool follow_dst, struct pair *p)
{
	p->a_fd = p->b_fd = -1;
	TRY(dir_open_file(at->src_dir, at->src_name, follow_src, &p->a_fd));
	struct err err = dir_open_file(at->dst_dir, at->dst_name, follow_dst, &p->b_fd);
	err.side = SIDE_DST;
	return err;
}

struct err
likeness_look(struct pair *p)
{
	TRY(file_stat(p->a_fd, SIDE_SRC, &p->a));
	return file_stat(p->b_fd, SIDE_DST, &p->b);
}

void
likeness_close(struct pair *p)
{
	file_drop(&p->a_fd);
	file_drop(&p->b_fd);
}

/* Compare a piece, unless a difference before it is known: the first one is what is told. */
static struct err
compare_piece(struct worker *w, void *arg, int64_t off, int64_t end)
{
	struct block buf = { .mem = w->buf, .size = bufs_size(w->run->bufs) };
	struct likeness piece = { 0 };
	struct matter *m = arg;

	pthread_mutex_lock(&m->lock);
	bool known = m->like.differs && m->like.at < off;
	pthread_mutex_unlock(&m->lock);
	if (known)
		return ERR_OK;
	struct err err = compare_range(m->how, off > m->from ? off : m->from, end, buf, &piece);
	pthread_mutex_lock(&m->lock);
	if (piece.differs && (!m->like.differs || piece.at < m->like.at))
		m->like.at = piece.at;
	m->like.differs |= piece.differs;
	m->like.read += piece.read;
	m->like.shared += piece.shared;
	m->like.holes += piece.holes;
	pthread_mutex_unlock(&m->lock);
	return err;
}

struct err
likeness_of_content(struct worker *w, const struct pair *p, int64_t from, struct likeness *like)
{
	struct run *run = w->run;
	bool one_fs = p->a.st_dev == p->b.st_dev;
	struct comparison how = {
		.a = p->a_fd,
		.b = p->b_fd,
		.seek = true_holes(run, p->a_fd, &p->a, SIDE_SRC) &&
			true_holes(run, p->b_fd, &p->b, SIDE_DST),
		.sharing = one_fs && p->a.st_size > SHARING_ABOVE,
		.cancel = &run->cancel,
		.live_bytes = run->mirror == NULL ? &run->live->bytes_done : NULL,
	};
	struct matter m = { .how = &how, .from = from, .like = *like };

	if (p->a.st_size != p->b.st_size || p->a.st_size <= from || like->differs ||
	    (one_fs && p->a.st_ino == p->b.st_ino) ||
	    likepairs_get(run->likepairs, &p->a, &p->b, like))
		return ERR_OK;
	if (p->a.st_size >= READ_AHEAD_ABOVE) {
		file_advise_sequential(p->a_fd);
		file_advise_sequential(p->b_fd);
	}
	pthread_mutex_init(&m.lock, NULL);
	struct err err = pieces_share(w, p->a.st_size, compare_piece, &m);
	pthread_mutex_destroy(&m.lock);
	*like = m.like;
	if (!err_failed(err))
		likepairs_put(run->likepairs, &p->a, &p->b, like);
	return err;
}

/* Tell what LIKE, the comparison of the contents of P, and that of the attributes say about E; WHY is room. */
static struct err
conclude(struct worker *w, const struct entry *e, const struct pair *p, const struct likeness *like,
    struct str *why)
{
	if (p->a.st_size != p->b.st_size)
		unlike_add(
		    why, "size %lld -> %lld", (long long)p->a.st_size, (long long)p->b.st_size);
	else if (like->differs)
		unlike_add(why, "bytes differ from %lld on", (long long)like->at);
	enum item_action action = why->len > 0 ? ACTION_CHANGED : ACTION_UNCHANGED;
	TRY(unlike_attributes(w, e, p, why));
	if (action == ACTION_UNCHANGED && why->len > 0)
		action = ACTION_ATTRIBUTES;
	if (action == ACTION_UNCHANGED && p->a.st_dev == p->b.st_dev && p->a.st_ino == p->b.st_ino)
		unlike_add(why, "same file");
	else if (action == ACTION_UNCHANGED && like->shared > 0)
		unlike_add(
		    why, like->read > 0 ? "partly shared, the rest read" : "shared, not read");
	w->counts.logical += p->a.st_size;
	w->counts.cloned += like->shared;
	w->counts.holes += like->holes;
	unlike_tell(w, e, &p->a, action, why);
	return ERR_OK;
}

/* Compare the open pair P of E, of which LIKE is known up to FROM, and tell what came of it in WHY. */
static struct err
compare_opened(
    struct worker *w, const struct entry *e, struct pair *p, int64_t from, struct likeness *like)
{
	struct str why = STR_INIT;

	TRY(likeness_look(p));
	if (!S_ISREG(p->a.st_mode) || !S_ISREG(p->b.st_mode))
		return err_make(ESTALE, OP_CHANGED, SIDE_SRC, -1);
	atomic_fetch_add_explicit(&w->run->live->bytes_found, p->a.st_size, memory_order_relaxed);
	TRY(likeness_of_content(w, p, from, like));
	struct err err = conclude(w, e, p, like, &why);
	str_release(&why);
	return err;
}

/* Whether FD, a file of device DEV, is known to have ended when a read has got GOT of it. */
static bool
has_ended(struct run *run, int fd, dev_t dev, enum err_side side, size_t got)
{
	return got == 0 || (got < GLANCE && got % LINE != 0 &&
			       (refusals_traits(&run->refusals, dev, fd, side) & FS_PAGED_READS));
}

/* Whether a glance at E may tell all that is asked for. */
static bool
may_glance(const struct worker *w, const struct entry *e)
{
	return w->run->verify->content_alone && !w->run->wants_unchanged && !e->operand &&
	       !e->one_ino;
}

/* Open both sides of AT as P, for a glance: each is of its directory's device, which need not be asked for.
 * False: open them otherwise. */
static bool
open_unmounted(const struct meta_pair *at, struct pair *p)
{
	p->a_fd = p->b_fd = -1;
	if (!err_failed(dir_open_unmounted_file(at->src_dir, at->src_name, &p->a_fd)) &&
	    !err_failed(dir_open_unmounted_file(at->dst_dir, at->dst_name, &p->b_fd)))
		return true;
	likeness_close(p);
	return false;
}

/*
 * Read the beginnings of P, the pair of E, into LIKE, up to *FROM; true when both files are that and alike.
 * So the many small files that are need not be asked for their attributes.  What was read is not read
 * again but where sizes differ.
 */
static bool
glance(struct worker *w, const struct entry *e, const struct pair *p, struct likeness *like,
    int64_t *from)
{
	char *a = w->buf;
	char *b = a + GLANCE;
	size_t n;
	size_t n_b;

	if (err_failed(file_pread(p->a_fd, a, GLANCE, 0, &n)) ||
	    err_failed(file_pread(p->b_fd, b, GLANCE, 0, &n_b)) || n != n_b)
		return false;
	like->read = *from = (int64_t)n;
	like->differs = memcmp(a, b, n) != 0;
	if (like->differs)
		like->at = (int64_t)alike_first_difference(a, b);
	return !like->differs && has_ended(w->run, p->a_fd, e->dir->src.st_dev, SIDE_SRC, n) &&
	       has_ended(w->run, p->b_fd, e->dir->dst.st_dev, SIDE_DST, n);
}

/* Tell that a glance has found both sides of E, N bytes, to be alike. */
static void
tell_alike(struct worker *w, const struct entry *e, int64_t n)
{
	const struct stat st = { .st_mode = S_IFREG, .st_size = n };

	atomic_fetch_add_explicit(&w->run->live->bytes_found, n, memory_order_relaxed);
	atomic_fetch_add_explicit(&w->run->live->bytes_done, n, memory_order_relaxed);
	w->counts.logical += n;
	unlike_tell(w, e, &st, ACTION_UNCHANGED, NULL);
}

struct err
likeness_of_files(struct worker *w, const struct entry *e)
{
	struct meta_pair at = { e->dir->src_fd, e->src_name, e->dir->dst_fd, e->name };
	struct likeness like = { 0 };
	int64_t from = 0;
	struct err err = ERR_OK;
	struct pair p;

	bool glances = may_glance(w, e) && open_unmounted(&at, &p);
	if (!glances)
		err = likeness_open(&at, e->follow, e->follow, &p);
	if (glances && glance(w, e, &p, &like, &from))
		tell_alike(w, e, from);
	else if (!err_failed(err))
		err = compare_opened(w, e, &p, from, &like);
	likeness_close(&p);
	return err;
}
