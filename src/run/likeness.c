/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparing two regular files.
 *
 * A big file is compared in pieces: whoever is idle takes the next one, and the last to leave tells.
 */
#include "run/likeness.h"

#include "base/own.h"
#include "engine/alike.h"
#include "engine/fstraits.h"
#include "sys/file.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

enum {
	/* A file of at least two pieces is worth a second worker.  Arbitrary: some milliseconds each,
	 * beside which a job is nothing. */
	PIECE = 16 << 20,
	/* Above it files are asked what they share: the answer takes as long as reading a page of each.
	 * Arbitrary, some pages. */
	SHARING_ABOVE = 32 << 10,
	GLANCE = SHARING_ABOVE,     /* bytes that a glance reads of each side */
	LINE = 64,                  /* as FS_PAGED_READS says */
	READ_AHEAD_ABOVE = 1 << 20, /* from here on the kernel is told; arbitrary */
};

/* A pair of files under comparison; on the stack, or with its entry's names in NAMES. */
struct matter {
	struct run *run;
	struct entry entry;
	struct pair pair;
	struct comparison how;
	pthread_mutex_t lock;
	/* --- guarded by lock --- */
	unsigned users; /* workers and jobs that use it */
	int64_t next;   /* beginning of the next piece; the size when there is none */
	struct likeness like;
	struct err err;
	/* --- end of guarded --- */
	char names[]; /* name, then source name */
};

static bool
has_holes(const struct stat *st)
{
	return st->st_blocks < st->st_size / 512;
}

/* Whether the holes of FD, which has attributes ST, are where its file system says. */
static bool
true_holes(struct run *run, int fd, const struct stat *st, enum err_side side)
{
	return has_holes(st) &&
	       (refusals_traits(&run->refusals, st->st_dev, fd, side) & FS_TRUE_HOLES) != 0;
}

static struct err
open_pair(const struct entry *e, struct pair *p)
{
	TRY(dir_open_file(e->dir->src_fd, e->src_name, e->follow, &p->a_fd));
	struct err err = dir_open_file(e->dir->dst_fd, e->name, e->follow, &p->b_fd);
	err.side = SIDE_DST;
	return err;
}

static void
close_pair(struct pair *p)
{
	file_drop(&p->a_fd);
	file_drop(&p->b_fd);
}

/* Count what was compared, for the summary. */
static void
count(struct worker *w, const struct matter *m)
{
	w->counts.logical += m->pair.a.st_size;
	w->counts.cloned += m->like.shared;
	w->counts.holes += m->like.holes;
}

/* Tell what came of M, whose content WHY speaks of already. */
static struct err
conclude(struct worker *w, struct matter *m, struct str *why)
{
	const struct pair *p = &m->pair;
	const struct likeness *like = &m->like;
	enum item_action action = why->len > 0 ? ACTION_CHANGED : ACTION_UNCHANGED;

	TRY(m->err);
	if (like->differs) {
		unlike_add(why, "bytes differ from %lld on", (long long)like->at);
		action = ACTION_CHANGED;
	}
	TRY(unlike_attributes(w, &m->entry, p, why));
	if (action == ACTION_UNCHANGED && why->len > 0)
		action = ACTION_ATTRIBUTES;
	if (action == ACTION_UNCHANGED && p->a.st_dev == p->b.st_dev && p->a.st_ino == p->b.st_ino)
		unlike_add(why, "same file");
	else if (action == ACTION_UNCHANGED && like->shared > 0)
		unlike_add(
		    why, like->read > 0 ? "partly shared, the rest read" : "shared, not read");
	count(w, m);
	unlike_tell(w, &m->entry, &p->a, action, why);
	return ERR_OK;
}

static void
end(struct worker *w, struct matter *m)
{
	struct str why = STR_INIT;
	struct err err = conclude(w, m, &why);

	str_release(&why);
	close_pair(&m->pair);
	if (err_failed(err))
		tell_error(w, &m->entry, err, NULL);
}

/* Take the next piece of M; false when there is none, or nobody needs it. */
static bool
take_piece(struct matter *m, int64_t *from, int64_t *to)
{
	int64_t size = m->pair.a.st_size;

	pthread_mutex_lock(&m->lock);
	if (m->like.differs || err_failed(m->err))
		m->next = size;
	*from = m->next;
	*to = size - *from > PIECE ? *from + PIECE : size;
	m->next = *to;
	pthread_mutex_unlock(&m->lock);
	return *from < *to;
}

static void
add_piece(struct matter *m, const struct likeness *piece, struct err err)
{
	pthread_mutex_lock(&m->lock);
	if (piece->differs && (!m->like.differs || piece->at < m->like.at))
		m->like.at = piece->at;
	m->like.differs |= piece->differs;
	m->like.read += piece->read;
	m->like.shared += piece->shared;
	m->like.holes += piece->holes;
	if (!err_failed(m->err))
		m->err = err;
	pthread_mutex_unlock(&m->lock);
}

/* Compare pieces of M until none is left; whoever leaves last tells, and frees it. */
static void
work(struct worker *w, struct matter *m)
{
	struct block buf = { .mem = w->buf, .size = bufs_size(w->run->bufs) };
	int64_t from;
	int64_t to;

	while (take_piece(m, &from, &to)) {
		struct likeness piece = { 0 };
		struct err err = compare_range(&m->how, from, to, buf, &piece);
		add_piece(m, &piece, err);
	}
	pthread_mutex_lock(&m->lock);
	bool last = --m->users == 0;
	pthread_mutex_unlock(&m->lock);
	if (!last)
		return;
	struct nodes *nodes = w->run->nodes;
	struct node *dir = m->entry.dir;
	end(w, m);
	pthread_mutex_destroy(&m->lock);
	free(m);
	nodes_drop_work(nodes, dir, w);
}

/* A job that helps with a matter. */
struct aid {
	struct job job; /* first */
	struct matter *matter;
};

static void
run_aid(struct job *job, unsigned number)
{
	struct matter *m = ((struct aid *)job)->matter;

	free(job);
	work(&m->run->workers[number], m);
}

/* Ask for a worker's help with M; that nobody has time is no matter. */
static void
ask_for_help(struct worker *w, struct matter *m)
{
	struct aid *aid = malloc(sizeof *aid);

	if (aid == NULL)
		return;
	aid->job.run = run_aid;
	aid->matter = m;
	pthread_mutex_lock(&m->lock);
	m->users++;
	pthread_mutex_unlock(&m->lock);
	if (sched_push(w->run->sched, LANE_BATCHES, &aid->job))
		return;
	free(aid);
	pthread_mutex_lock(&m->lock);
	m->users--; /* never the last: the caller is one */
	pthread_mutex_unlock(&m->lock);
}

/* Compare M, which is big, by as many workers as want to. */
static bool
share_out(struct worker *w, const struct matter *m)
{
	const struct entry *e = &m->entry;
	size_t len = strlen(e->name) + 1;
	size_t src_len = strlen(e->src_name) + 1;
	struct matter *own = malloc(sizeof *own + len + src_len);
	int64_t pieces = m->pair.a.st_size / PIECE;

	if (own == NULL)
		return false;
	*own = *m;
	own->entry.name = memcpy(own->names, e->name, len);
	own->entry.src_name = memcpy(own->names + len, e->src_name, src_len);
	pthread_mutex_init(&own->lock, NULL);
	own->users = 1;
	node_add_work(e->dir);
	for (unsigned i = 1; i < w->run->n_workers && (int64_t)i < pieces; i++)
		ask_for_help(w, own);
	work(w, own);
	return true;
}

/* Decide how the contents are to be compared; false when it is known already, and WHY says it. */
static bool
has_to_read(struct worker *w, struct matter *m, struct str *why)
{
	struct run *run = w->run;
	const struct pair *p = &m->pair;
	bool one_fs = p->a.st_dev == p->b.st_dev;

	if (p->a.st_size != p->b.st_size) {
		unlike_add(
		    why, "size %lld -> %lld", (long long)p->a.st_size, (long long)p->b.st_size);
		return false;
	}
	if (p->a.st_size == 0 || m->like.differs || (one_fs && p->a.st_ino == p->b.st_ino))
		return false;
	m->how = (struct comparison){
		.a = p->a_fd,
		.b = p->b_fd,
		.seek = true_holes(run, p->a_fd, &p->a, SIDE_SRC) &&
			true_holes(run, p->b_fd, &p->b, SIDE_DST),
		.sharing = one_fs && p->a.st_size > SHARING_ABOVE,
		.cancel = &run->cancel,
		.live_bytes = &run->live->bytes_done,
	};
	if (p->a.st_size >= READ_AHEAD_ABOVE) {
		file_advise_sequential(p->a_fd);
		file_advise_sequential(p->b_fd);
	}
	return true;
}

static struct err
compare_opened(struct worker *w, struct matter *m)
{
	struct block buf = { .mem = w->buf, .size = bufs_size(w->run->bufs) };
	struct str why = STR_INIT;

	TRY(file_stat(m->pair.a_fd, SIDE_SRC, &m->pair.a));
	TRY(file_stat(m->pair.b_fd, SIDE_DST, &m->pair.b));
	int64_t size = m->pair.a.st_size;
	if (!S_ISREG(m->pair.a.st_mode) || !S_ISREG(m->pair.b.st_mode))
		return err_make(ESTALE, OP_CHANGED, SIDE_SRC, -1);
	atomic_fetch_add_explicit(&w->run->live->bytes_found, size, memory_order_relaxed);
	if (has_to_read(w, m, &why)) {
		if (size >= 2 * (int64_t)PIECE && w->run->started && share_out(w, m)) {
			m->pair.a_fd = m->pair.b_fd = -1; /* its owner is the copy */
			return ERR_OK;
		}
		m->err = compare_range(&m->how, m->next, size, buf, &m->like);
	}
	struct err err = conclude(w, m, &why);
	str_release(&why);
	return err;
}

/* Whether FD, a file of DIR's device DEV, is known to have ended when a read has got GOT of it. */
static bool
has_ended(struct run *run, int fd, dev_t dev, enum err_side side, size_t got)
{
	return got == 0 || (got < GLANCE && got % LINE != 0 &&
			       (refusals_traits(&run->refusals, dev, fd, side) & FS_PAGED_READS));
}

/*
 * Read the beginnings of M; true when both files are that and alike.  So the many small files that are
 * need not be asked for their attributes.  What was read is not read again but where sizes differ.
 */
static bool
glance(struct worker *w, struct matter *m)
{
	const struct entry *e = &m->entry;
	char *a = w->buf;
	char *b = a + GLANCE;
	size_t n;
	size_t n_b;

	if (!w->run->verify->content_alone || w->run->wants_unchanged || e->operand || e->one_ino ||
	    err_failed(file_pread(m->pair.a_fd, a, GLANCE, 0, &n)) ||
	    err_failed(file_pread(m->pair.b_fd, b, GLANCE, 0, &n_b)) || n != n_b)
		return false;
	m->like.read = (int64_t)n;
	m->next = (int64_t)n;
	m->like.differs = memcmp(a, b, n) != 0;
	if (m->like.differs)
		m->like.at = (int64_t)alike_first_difference(a, b);
	return !m->like.differs &&
	       has_ended(w->run, m->pair.a_fd, e->dir->src.st_dev, SIDE_SRC, n) &&
	       has_ended(w->run, m->pair.b_fd, e->dir->dst.st_dev, SIDE_DST, n);
}

/* Tell that a glance has found both sides of M to be alike. */
static void
tell_alike(struct worker *w, const struct matter *m)
{
	const struct stat st = { .st_mode = S_IFREG, .st_size = m->next };

	atomic_fetch_add_explicit(&w->run->live->bytes_found, m->next, memory_order_relaxed);
	atomic_fetch_add_explicit(&w->run->live->bytes_done, m->next, memory_order_relaxed);
	w->counts.logical += m->next;
	unlike_tell(w, &m->entry, &st, ACTION_UNCHANGED, NULL);
}

struct err
likeness_of_files(struct worker *w, const struct entry *e)
{
	struct matter m = { .run = w->run, .entry = *e, .pair = { .a_fd = -1, .b_fd = -1 } };
	struct err err = open_pair(e, &m.pair);

	if (!err_failed(err)) {
		if (glance(w, &m))
			tell_alike(w, &m);
		else
			err = compare_opened(w, &m);
	}
	close_pair(&m.pair);
	return err;
}
