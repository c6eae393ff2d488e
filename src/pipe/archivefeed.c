/* SPDX-License-Identifier: BSD-2-Clause */
/* Feeds and drains of archives over descriptors and joints. */
#include "pipe/archivefeed.h"

#include "base/own.h"
#include "sys/file.h"

#include <errno.h>
#include <sys/stat.h>

static struct err
more_of_in(struct arc_feed *feed, const void **bytes, size_t *n)
{
	struct feed_in *f = (struct feed_in *)feed;

	feed_in_done(f);
	TRY(in_peek(f->in, 1, bytes, n));
	f->shown = *n;
	return ERR_OK;
}

void
feed_in_init(struct feed_in *f, struct in *in)
{
	*f = (struct feed_in){ .feed = { .more = more_of_in, .size = -1 }, .in = in };
}

void
feed_in_done(struct feed_in *f)
{
	if (f->shown > 0)
		in_take(f->in, f->shown);
	f->shown = 0;
}

static struct err
more_of_file(struct arc_feed *feed, const void **bytes, size_t *n)
{
	struct feed_file *f = (struct feed_file *)feed;

	TRY(cancel_check(f->cancel));
	TRY(file_pread(f->fd, f->block, ARC_BLOCK_SIZE, f->at, n));
	f->at += (int64_t)*n;
	*bytes = f->block;
	return ERR_OK;
}

static struct err
seek_in_file(struct arc_feed *feed, int64_t off)
{
	struct feed_file *f = (struct feed_file *)feed;

	f->at = off;
	return ERR_OK;
}

struct err
feed_file_init(struct feed_file *f, int fd, const struct cancel *cancel)
{
	struct stat st;

	*f = (struct feed_file){ .fd = fd, .cancel = cancel };
	TRY(file_stat(fd, SIDE_SRC, &st));
	f->feed =
	    (struct arc_feed){ .more = more_of_file, .seek = seek_in_file, .size = st.st_size };
	f->block = malloc(ARC_BLOCK_SIZE);
	return f->block != NULL ? ERR_OK : err_make(ENOMEM, OP_MEMORY, SIDE_SRC, -1);
}

void
feed_file_release(struct feed_file *f)
{
	free(f->block);
	f->block = NULL;
}

static struct err
put_into_out(struct arc_drain *drain, const void *bytes, size_t n)
{
	return out_write(((struct drain_out *)drain)->out, bytes, n);
}

void
drain_out_init(struct drain_out *d, struct out *out)
{
	*d = (struct drain_out){ .drain = { .put = put_into_out }, .out = out };
}
