/* SPDX-License-Identifier: BSD-2-Clause */
/* What libarchive unpacks, as a feed: its raw format, which has one member without end or name. */
#include "archive/inflater.h"
#include "archive/said.h"
#include "archive/source.h"
#include "base/own.h"

#include <archive_entry.h>
#include <errno.h>

/* An unpacking by libarchive. */
struct unfilter {
	struct inflater inflater; /* first */
	struct archive *a;
	struct source source;
	bool open; /* A has been opened */
};

static struct err
failed(struct unfilter *u)
{
	said_of(u->inflater.text, u->a);
	return source_failure(&u->source, u->a);
}

static struct err
not_that(struct unfilter *u)
{
	said_copy(u->inflater.text, "it is not compressed that way, or this libarchive cannot");
	return err_make(EINVAL, OP_OPEN, SIDE_SRC, -1);
}

/* *EMPTY: there is nothing in it. */
static struct err
open_it(struct unfilter *u, bool *empty)
{
	struct archive_entry *entry;
	int r;

	*empty = false;
	u->open = true;
	r = source_open(&u->source, u->a);
	if (r >= ARCHIVE_WARN) {
		if (archive_filter_count(u->a) != 2)
			return not_that(u);
		r = archive_read_next_header(u->a, &entry);
	}
	*empty = r == ARCHIVE_EOF;
	return r >= ARCHIVE_WARN ? ERR_OK : failed(u);
}

static struct err
more_of_unfilter(struct arc_feed *feed, const void **bytes, size_t *n)
{
	struct unfilter *u = (struct unfilter *)feed;
	la_int64_t off;
	bool empty = false;

	*n = 0;
	if (err_failed(u->source.failed))
		return u->source.failed;
	if (!u->open)
		TRY(open_it(u, &empty));
	if (empty)
		return ERR_OK;
	int r = archive_read_data_block(u->a, bytes, n, &off);
	if (r == ARCHIVE_EOF) {
		*n = 0;
		return ERR_OK;
	}
	return r == ARCHIVE_OK ? ERR_OK : failed(u);
}

static void
unfilter_drop(struct inflater *i)
{
	struct unfilter *u = (struct unfilter *)i;

	(void)archive_read_free(u->a); /* nothing of ours is lost */
	free(u);
}

/*
 * Let A know FILTER alone.  Each only where its library is built in: without, libarchive would start a
 * program of that name.
 */
static bool
allow(struct archive *a, enum arc_filter filter)
{
	switch (filter) {
	case ARC_BZIP2:
		return archive_bzlib_version() != NULL &&
		       archive_read_support_filter_bzip2(a) == ARCHIVE_OK;
	case ARC_XZ:
		return archive_liblzma_version() != NULL &&
		       archive_read_support_filter_xz(a) == ARCHIVE_OK;
	case ARC_LZMA:
		return archive_liblzma_version() != NULL &&
		       archive_read_support_filter_lzma(a) == ARCHIVE_OK;
	case ARC_LZIP:
		return archive_liblzma_version() != NULL &&
		       archive_read_support_filter_lzip(a) == ARCHIVE_OK;
	case ARC_LZ4:
		return archive_liblz4_version() != NULL &&
		       archive_read_support_filter_lz4(a) == ARCHIVE_OK;
	case ARC_ZSTD:
		return archive_libzstd_version() != NULL &&
		       archive_read_support_filter_zstd(a) == ARCHIVE_OK;
	case ARC_COMPRESS:
		return archive_read_support_filter_compress(a) == ARCHIVE_OK;
	default:
		return false;
	}
}

struct inflater *
unfilter_new(struct arc_feed *from, enum arc_filter filter)
{
	struct unfilter *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return NULL;
	u->inflater = (struct inflater){
		.feed = { .more = more_of_unfilter, .size = -1 },
		.drop = unfilter_drop,
	};
	u->source.feed = from;
	u->a = archive_read_new();
	if (u->a == NULL) {
		free(u);
		return NULL;
	}
	(void)allow(u->a, filter); /* if not, it will not be recognized */
	(void)archive_read_support_format_raw(u->a);
	(void)archive_read_support_format_empty(u->a);
	return &u->inflater;
}
