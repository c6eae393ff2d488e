/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of an archive's bytes to its reader:
 *
 *     file or pipe --> packed --> reader                                  what is not compressed
 *     file or pipe --> packed --> [inflating thread] --> ring --> plain --> reader
 *     seekable file --> [threads, a frame each] --> reader               without digests
 */
#include "run/arcsource.h"

#include "sys/dir.h"
#include "sys/file.h"
#include "sys/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	HEAD_SIZE = 16, /* bytes that tell every compression apart; bzip2 wants 10 */
	IN_BUFS = 2     /* blocks of a stream: one is enough */
};

static struct err
more_of_tap(struct arc_feed *feed, const void **bytes, size_t *n)
{
	struct feed_tap *t = (struct feed_tap *)feed;

	TRY(t->from->more(t->from, bytes, n));
	t->pos += (int64_t)*n;
	if (t->pos > t->bytes)
		t->bytes = t->pos;
	if (t->hashing != NULL && *n > 0)
		t->hashing->observer.see(&t->hashing->observer, *bytes, *n);
	return ERR_OK;
}

static struct err
seek_in_tap(struct arc_feed *feed, int64_t off)
{
	struct feed_tap *t = (struct feed_tap *)feed;

	t->pos = off;
	return t->from->seek(t->from, off);
}

static void
tap_init(struct feed_tap *t, struct arc_feed *from, struct hashing *hashing)
{
	bool seeks = from->seek != NULL && hashing == NULL;

	t->feed = (struct arc_feed){
		.more = more_of_tap,
		.seek = seeks ? seek_in_tap : NULL,
		.size = seeks ? from->size : -1,
	};
	t->from = from;
	t->hashing = hashing;
	if (hashing != NULL)
		hashing->observer.begin(&hashing->observer);
}

static struct err
put_into_ring(struct arc_drain *drain, const void *bytes, size_t n)
{
	struct drain_ring *d = (struct drain_ring *)drain;
	const char *at = bytes;

	while (n > 0) {
		void *room;
		size_t got;

		TRY(ring_reserve(d->ring, 1, &room, &got));
		got = got < n ? got : n;
		memcpy(room, at, got);
		ring_commit(d->ring, got);
		at += got;
		n -= got;
	}
	return ERR_OK;
}

static void *
inflate(void *arg)
{
	struct arcsource *s = arg;
	struct drain_ring *d = &s->inflating;

	proc_name_thread("dc-inflate");
	d->result = s->module->streaming->inflate(&s->packed.feed, &d->drain, s->filter, d->text);
	ring_close_writer(d->ring);
	return NULL;
}

/* Wait for the inflating thread; how it ended. */
static struct err
join(struct drain_ring *d)
{
	if (d->runs)
		pthread_join(d->thread, NULL);
	d->runs = false;
	return d->result;
}

static struct err
more_of_ring(struct arc_feed *feed, const void **bytes, size_t *n)
{
	struct feed_ring *f = (struct feed_ring *)feed;

	if (f->shown > 0)
		ring_take(f->left->ring, f->shown);
	f->shown = 0;
	TRY(ring_peek(f->left->ring, 1, bytes, n));
	f->shown = *n;
	/* what comes before damage is read; the damage is what ends it */
	return *n > 0 ? ERR_OK : join(f->left);
}

static struct err
start_inflating(struct arcsource *s)
{
	struct drain_ring *d = &s->inflating;

	d->drain.put = put_into_ring;
	d->ring = ring_new(s->cancel);
	if (d->ring == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_SRC, -1);
	s->inflated = (struct feed_ring){ .feed = { .more = more_of_ring, .size = -1 }, .left = d };
	int code = pthread_create(&d->thread, NULL, inflate, s);
	if (code != 0)
		return err_make(code, OP_THREAD, SIDE_NONE, -1);
	d->runs = true;
	return ERR_OK;
}

/* Begin to feed from S->fd; the first bytes into HEAD, *N of them. */
static struct err
open_feed(struct arcsource *s, struct arc_feed **feed, char head[static HEAD_SIZE], size_t *n)
{
	const void *bytes;

	if (s->is_file) {
		TRY(feed_file_init(&s->from_file, s->fd, s->cancel));
		*feed = &s->from_file.feed;
		return file_pread(s->fd, head, HEAD_SIZE, 0, n);
	}
	s->bufs = bufs_new(IN_BUFS, STREAM_BLOCK);
	if (s->bufs == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_SRC, -1);
	in_init(&s->in, s->fd, false, s->bufs, s->cancel);
	TRY(in_peek(&s->in, HEAD_SIZE, &bytes, n));
	*n = *n < HEAD_SIZE ? *n : HEAD_SIZE;
	memcpy(head, bytes, *n);
	feed_in_init(&s->from_in, &s->in);
	*feed = &s->from_in.feed;
	return ERR_OK;
}

static struct err
open_descriptor(struct arcsource *s)
{
	if (strcmp(s->path, "-") == 0)
		s->fd = STDIN_FILENO;
	else
		TRY(dir_open_file(AT_FDCWD, s->path, true, &s->fd));
	TRY(file_stat(s->fd, SIDE_SRC, &s->st));
	if (S_ISDIR(s->st.st_mode))
		return err_make(EISDIR, OP_READ, SIDE_SRC, -1);
	/* standard input is read from where it stands */
	s->is_file = S_ISREG(s->st.st_mode) && s->fd != STDIN_FILENO;
	return ERR_OK;
}

static struct err
prepare_digests(struct arcsource *s, const struct hash_algos *algos)
{
	s->hashes = algos != NULL;
	for (size_t i = 0; s->hashes && i < 2; i++)
		TRY(hashing_init(&s->hashing[i], algos));
	return ERR_OK;
}

/* Start to unpack the frames of a file that has an index of them; digests of its bytes want these in their
 * order.  *FEED is left alone where there is none. */
static struct err
start_frames(struct arcsource *s, struct arc_feed **feed)
{
	const struct arcframes_how how = {
		.fd = s->fd,
		.size = s->st.st_size,
		.coding = s->module->coding,
		.cancel = s->cancel,
		.threads = (unsigned)proc_cpus(),
	};

	if (!s->is_file || s->hashes || s->filter != ARC_ZSTD)
		return ERR_OK;
	TRY(arcframes_new(&how, &s->frames));
	if (s->frames != NULL)
		*feed = arcframes_feed(s->frames);
	return ERR_OK;
}

struct err
arcsource_open(struct arcsource *s, const struct arcsource_how *how, const char **why)
{
	struct arc_feed *feed;
	char head[HEAD_SIZE];
	size_t n;

	*s = (struct arcsource){ .fd = -1, .path = how->path, .cancel = how->cancel };
	*why = NULL;
	TRY(arc_find(&s->module, why));
	TRY(open_descriptor(s));
	TRY(prepare_digests(s, how->hash));
	TRY(open_feed(s, &feed, head, &n));
	s->filter = s->module->streaming->filter_of(head, n);
	tap_init(&s->packed, feed, s->hashes ? &s->hashing[0] : NULL);
	feed = &s->packed.feed;
	TRY(start_frames(s, &feed));
	if (s->filter != ARC_PLAIN && s->frames == NULL) {
		TRY(start_inflating(s));
		tap_init(&s->plain, &s->inflated.feed, s->hashes ? &s->hashing[1] : NULL);
		feed = &s->plain.feed;
	}
	s->reader = s->module->reading->make(feed, how->options);
	return s->reader != NULL ? ERR_OK : err_make(ENOMEM, OP_MEMORY, SIDE_SRC, -1);
}

struct err
arcsource_failure(struct arcsource *s, struct err e, const char **said)
{
	*said = s->module->reading->said(s->reader);
	if (s->frames != NULL && arcframes_said(s->frames)[0] != '\0')
		*said = arcframes_said(s->frames);
	if (!s->inflating.runs && err_failed(s->inflating.result)) {
		if (s->inflating.text[0] != '\0')
			*said = s->inflating.text;
		return s->inflating.result;
	}
	return e;
}

int64_t
arcsource_packed(const struct arcsource *s)
{
	return s->frames != NULL ? arcframes_packed(s->frames) : s->packed.bytes;
}

struct err
arcsource_end(struct arcsource *s, const char **said)
{
	*said = "";
	if (s->inflating.ring == NULL)
		return ERR_OK;
	/* the reader has read to the end: this waits for nothing but the thread's own end */
	TRY(join(&s->inflating).code == 0 ? ERR_OK
					  : arcsource_failure(s, s->inflating.result, said));
	return ERR_OK;
}

void
arcsource_wake(struct arcsource *s)
{
	if (s->inflating.ring != NULL)
		ring_wake(s->inflating.ring);
}

void
arcsource_close(struct arcsource *s)
{
	if (s->reader != NULL)
		s->module->reading->drop(s->reader);
	s->reader = NULL;
	if (s->inflating.ring != NULL) {
		ring_close_reader(s->inflating.ring);
		(void)join(&s->inflating); /* told, or not wanted any more */
		ring_free(s->inflating.ring);
	}
	arcframes_free(s->frames);
	feed_file_release(&s->from_file);
	if (s->bufs != NULL) {
		(void)in_close(&s->in); /* it owns nothing */
		bufs_free(s->bufs);
	}
	hashing_release(&s->hashing[0]);
	hashing_release(&s->hashing[1]);
	if (s->fd != STDIN_FILENO)
		file_drop(&s->fd);
	*s = (struct arcsource){ .fd = -1 };
}
