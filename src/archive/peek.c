/* SPDX-License-Identifier: BSD-2-Clause */
/* The first bytes of a feed, and the compression that they tell. */
#include "archive/inflater.h"

static struct err
more_after_peek(struct arc_feed *feed, const void **bytes, size_t *n)
{
	struct peek *p = (struct peek *)feed;

	if (p->head_n > 0) {
		*bytes = p->head;
		*n = p->head_n;
		p->head_n = 0;
		return ERR_OK;
	}
	if (p->rest_n > 0) {
		*bytes = p->rest;
		*n = p->rest_n;
		p->rest_n = 0;
		return ERR_OK;
	}
	return p->from->more(p->from, bytes, n);
}

struct err
peek_init(struct peek *p, struct arc_feed *from, size_t want)
{
	*p = (struct peek){ .feed = { .more = more_after_peek, .size = -1 }, .from = from };
	TRY(from->more(from, &p->rest, &p->rest_n));
	if (p->rest_n >= want)
		return ERR_OK;
	while (p->rest_n > 0) {
		size_t n = want - p->head_n < p->rest_n ? want - p->head_n : p->rest_n;

		memcpy(p->head + p->head_n, p->rest, n);
		p->head_n += n;
		p->rest = (const char *)p->rest + n;
		p->rest_n -= n;
		if (p->head_n == want)
			break;
		TRY(from->more(from, &p->rest, &p->rest_n));
	}
	return ERR_OK;
}

bool
peek_is_empty(const struct peek *p)
{
	return p->head_n == 0 && p->rest_n == 0;
}

/* The bytes that a compressed stream begins with. */
struct magic {
	enum arc_filter filter;
	size_t n;
	const char *bytes;
};

static const struct magic magics[] = {
	{ ARC_GZIP, 3, "\x1f\x8b\x08" },     /* RFC 1952; method 8 is the only one */
	{ ARC_ZSTD, 4, "\x28\xb5\x2f\xfd" }, /* RFC 8878 */
	{ ARC_XZ, 6, "\xfd\x37zXZ\0" },      /* xz file format 1.1, 2.1.1.1 */
	{ ARC_LZ4, 4, "\x04\x22\x4d\x18" },  /* LZ4 frame format 1.6 */
	{ ARC_LZ4, 4, "\x02\x21\x4c\x18" },  /* the same, legacy frame */
	{ ARC_LZIP, 4, "LZIP" },             /* lzip manual, file format */
	{ ARC_COMPRESS, 2, "\x1f\x9d" },     /* compress(1) */
	{ ARC_LZMA, 3, "\x5d\0\0" },         /* as liblzma writes it: lc 3, lp 0, pb 2 */
};

/* "BZh", a digit, and the number of a block or of the end: text may begin with the first four. */
static bool
is_bzip2(const unsigned char *b, size_t n)
{
	return n >= 10 && memcmp(b, "BZh", 3) == 0 && b[3] >= '1' && b[3] <= '9' &&
	       (memcmp(b + 4, "\x31\x41\x59\x26\x53\x59", 6) == 0 ||
		   memcmp(b + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

/* A frame to be skipped, as parallel and seekable writers of zstd and lz4 begin with; taken for zstd. */
static bool
is_skippable(const unsigned char *b, size_t n)
{
	return n >= 4 && (b[0] & 0xf0) == 0x50 && memcmp(b + 1, "\x2a\x4d\x18", 3) == 0;
}

bool
peek_has(const struct peek *p, size_t at, const char *bytes, size_t n)
{
	const char *b = p->head_n > 0 ? p->head : p->rest;
	size_t has = p->head_n > 0 ? p->head_n : p->rest_n;

	return has >= at + n && memcmp(b + at, bytes, n) == 0;
}

enum arc_filter
filter_of_head(const void *head, size_t n)
{
	const unsigned char *b = head;

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (n >= magics[i].n && memcmp(b, magics[i].bytes, magics[i].n) == 0)
			return magics[i].filter;
	}
	if (is_bzip2(b, n))
		return ARC_BZIP2;
	return is_skippable(b, n) ? ARC_ZSTD : ARC_PLAIN;
}

enum arc_filter
peek_filter(const struct peek *p)
{
	return p->head_n > 0 ? filter_of_head(p->head, p->head_n)
			     : filter_of_head(p->rest, p->rest_n);
}

struct inflater *
inflater_new(struct arc_feed *from, enum arc_filter filter)
{
	return filter == ARC_GZIP ? gunzip_new(from) : unfilter_new(from, filter);
}

void
inflater_drop(struct inflater *i)
{
	if (i != NULL)
		i->drop(i);
}
