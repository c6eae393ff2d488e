/* SPDX-License-Identifier: BSD-2-Clause */
/* gzip unpacked by zlib itself, which compares length and CRC of each member. */
#include "archive/inflater.h"
#include "archive/said.h"
#include "base/own.h"

#include <errno.h>
#include <zlib.h>

enum {
	GUNZIP_BLOCK = 256 << 10 /* bytes unpacked at once; arbitrary, stays in the L2 cache */
};

/* An unpacking of gzip. */
struct gunzip {
	struct inflater inflater; /* first */
	struct arc_feed *from;    /* borrowed */
	z_stream z;
	size_t given;  /* bytes of the last block of FROM that Z has not seen */
	bool inside;   /* a member has begun and not ended */
	bool any;      /* a member has been there */
	bool ended;    /* nothing comes any more */
	int64_t taken; /* bytes of FROM drawn */
	unsigned char *block;
};

static struct err
damaged(struct gunzip *g, const char *words)
{
	said_copy(g->inflater.text, words);
	return err_make(EBADMSG, OP_READ, SIDE_SRC, g->taken - (int64_t)g->given - g->z.avail_in);
}

/* Have input in Z, or *END. */
static struct err
draw(struct gunzip *g, bool *end)
{
	*end = false;
	if (g->z.avail_in == 0 && g->given == 0) {
		const void *bytes;
		TRY(g->from->more(g->from, &bytes, &g->given));
		g->z.next_in = (Bytef *)bytes; /* zlib only reads it */
		g->taken += (int64_t)g->given;
		*end = g->given == 0;
	}
	if (g->z.avail_in == 0) {
		g->z.avail_in = g->given < 1U << 30 ? (uInt)g->given : 1U << 30;
		g->given -= g->z.avail_in;
	}
	return ERR_OK;
}

/* Between members: another one, or zeros up to the end, as tapes had. */
static struct err
begin_member(struct gunzip *g)
{
	bool end;

	TRY(draw(g, &end));
	if (g->any && !end && *g->z.next_in == 0) {
		do {
			for (; g->z.avail_in > 0; g->z.avail_in--) {
				if (*g->z.next_in++ != 0)
					return damaged(g, "garbage after the end of gzip data");
			}
			TRY(draw(g, &end));
		} while (!end);
	}
	if (end) {
		g->ended = true;
		return g->any ? ERR_OK : damaged(g, "no gzip data");
	}
	if (inflateReset(&g->z) != Z_OK)
		return said_no_memory(SIDE_SRC);
	g->inside = true;
	return ERR_OK;
}

static struct err
inflate_some(struct gunzip *g)
{
	bool end;

	TRY(draw(g, &end));
	if (end)
		return damaged(g, "gzip data is cut short");
	switch (inflate(&g->z, Z_NO_FLUSH)) {
	case Z_STREAM_END:
		g->inside = false;
		g->any = true;
		return ERR_OK;
	case Z_OK:
	case Z_BUF_ERROR: /* no progress without more input or room */
		return ERR_OK;
	case Z_MEM_ERROR:
		return said_no_memory(SIDE_SRC);
	default:
		return damaged(g, g->z.msg != NULL ? g->z.msg : "gzip data is damaged");
	}
}

static struct err
more_of_gunzip(struct arc_feed *feed, const void **bytes, size_t *n)
{
	struct gunzip *g = (struct gunzip *)feed;

	g->z.next_out = g->block;
	g->z.avail_out = GUNZIP_BLOCK;
	/* What there is goes on when the next input would have to be waited for. */
	while (!g->ended && g->z.avail_out > 0) {
		if (g->z.avail_out < GUNZIP_BLOCK && g->z.avail_in == 0 && g->given == 0)
			break;
		TRY(g->inside ? inflate_some(g) : begin_member(g));
	}
	*bytes = g->block;
	*n = GUNZIP_BLOCK - g->z.avail_out;
	return ERR_OK;
}

static void
gunzip_drop(struct inflater *i)
{
	struct gunzip *g = (struct gunzip *)i;

	(void)inflateEnd(&g->z);
	free(g->block);
	free(g);
}

struct inflater *
gunzip_new(struct arc_feed *from)
{
	struct gunzip *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->inflater = (struct inflater){
		.feed = { .more = more_of_gunzip, .size = -1 },
		.drop = gunzip_drop,
	};
	g->from = from;
	g->block = malloc(GUNZIP_BLOCK);
	/* 15 bits of window, the most; 16 = gzip and nothing else. */
	if (g->block == NULL || inflateInit2(&g->z, 15 + 16) != Z_OK) {
		free(g->block);
		free(g);
		return NULL;
	}
	return &g->inflater;
}
