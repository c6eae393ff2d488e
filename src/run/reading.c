/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading for digests.
 *
 * A big file is read ahead of the digests by the kernel, which POSIX_FADV_SEQUENTIAL makes do more of it.
 * A mapped view costs 11 to 21 % less of the processor for a file that is in memory; but a file that
 * shrinks below a view kills the process, unless a handler of SIGBUS unwinds the thread.  Not worth it.
 */
#include "run/reading.h"

#include "run/inodes.h"
#include "sys/file.h"
#include "sys/proc.h"

#include <errno.h>

enum {
	BIG = 1 << 20 /* bytes from which on a file is worth a call of advice; arbitrary */
};

static void
see(struct worker *w, size_t n)
{
	struct observer *o = &w->hashing.observer;

	o->see(o, w->buf, n);
	atomic_fetch_add_explicit(&w->run->live->bytes_done, (int64_t)n, memory_order_relaxed);
}

static struct err
hash_stream(struct worker *w, int fd)
{
	const struct cancel *c = &w->run->cancel;
	size_t got;

	for (;;) {
		proc_wait(cancel_fd(c), fd, -1);
		TRY(cancel_check(c));
		struct err err = file_read(fd, w->buf, bufs_size(w->run->bufs), SIDE_SRC, &got);
		if (err.code == EAGAIN)
			continue;
		TRY(err);
		if (got == 0)
			return ERR_OK;
		see(w, got);
	}
}

struct err
reading_hash(struct worker *w, int fd, struct stat *st)
{
	size_t size = bufs_size(w->run->bufs);
	int64_t at = 0;
	size_t got;

	w->hashing.observer.begin(&w->hashing.observer);
	if (!S_ISREG(st->st_mode))
		return hash_stream(w, fd);
	if (st->st_size >= BIG)
		file_advise_sequential(fd);
	do {
		TRY(cancel_check(&w->run->cancel));
		TRY(file_pread(fd, w->buf, size, at, &got));
		if (got > 0)
			see(w, got);
		at += (int64_t)got;
		/* a read that ends short where the file does has met its end; those of /proc say size 0 */
	} while (got == size || (got > 0 && at != st->st_size));
	if (at == st->st_size)
		return ERR_OK;
	bool says_nothing = st->st_size == 0 && st->st_blocks == 0;
	TRY(file_stat(fd, SIDE_SRC, st));
	if (at == st->st_size || says_nothing)
		return ERR_OK;
	return err_make(ESTALE, OP_CHANGED, SIDE_SRC, at);
}

struct err
reading_hash_once(struct worker *w, int fd, struct stat *st)
{
	struct inode_id id = inode_id_of(st);
	struct digests d;

	if (w->run->inodes == NULL || !S_ISREG(st->st_mode) || st->st_nlink < 2)
		return reading_hash(w, fd, st);
	if (inodes_get(w->run->inodes, id, &d)) {
		for (size_t i = 0; i < w->hashing.algos->n; i++)
			hashing_put(&w->hashing, i, d.of[i]);
		return ERR_OK;
	}
	TRY(reading_hash(w, fd, st));
	digests_of(&w->hashing, &d);
	return inodes_put(w->run->inodes, id, &d);
}
