/* SPDX-License-Identifier: BSD-2-Clause */
/* Decompression: a feed of packed bytes in, a feed of unpacked bytes out. */
#ifndef DECANT_INFLATER_H
#define DECANT_INFLATER_H

#include "pipe/archive.h"

enum {
	PEEK_SIZE = 512 /* bytes that tell every compression apart, and a tar */
};

/* A feed whose first bytes are known before they are drawn. */
struct peek {
	struct arc_feed feed;  /* first: what others see; it cannot seek */
	struct arc_feed *from; /* borrowed */
	char head[PEEK_SIZE];  /* beginning, where the first block was shorter than that */
	size_t head_n;         /* bytes in HEAD that were not drawn */
	const void *rest;      /* what was drawn behind them; FROM's */
	size_t rest_n;         /* bytes there */
};

/* Draw the first WANT bytes of FROM, PEEK_SIZE at most, or all. */
struct err peek_init(struct peek *p, struct arc_feed *from, size_t want);
/* The compression that the first bytes HEAD[n] tell; ARC_PLAIN = none. */
enum arc_filter filter_of_head(const void *head, size_t n);
/* The compression that the first bytes of P tell; ARC_PLAIN = none. */
enum arc_filter peek_filter(const struct peek *p);
/* True when P has the N bytes of BYTES at AT; AT + N is PEEK_SIZE at most. */
bool peek_has(const struct peek *p, size_t at, const char *bytes, size_t n);
/* True when there is not a byte. */
bool peek_is_empty(const struct peek *p);

/* A feed that unpacks another; the first member of each kind. */
struct inflater {
	struct arc_feed feed;             /* first: what others see; it cannot seek */
	char text[ARC_TEXT];              /* what is said of its failure */
	void (*drop)(struct inflater *i); /* free it */
};

/* Make one of FILTER, not ARC_PLAIN, over FROM, borrowed.  NULL = out of memory. */
struct inflater *inflater_new(struct arc_feed *from, enum arc_filter filter);
/* The same of gzip: libarchive does not compare the sums (3.6.2), zlib does. */
struct inflater *gunzip_new(struct arc_feed *from);
/* The same of what libarchive unpacks. */
struct inflater *unfilter_new(struct arc_feed *from, enum arc_filter filter);
/* Free I; NULL is fine. */
void inflater_drop(struct inflater *i);

#endif
