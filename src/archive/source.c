/* SPDX-License-Identifier: BSD-2-Clause */
/* libarchive's callbacks over a feed. */
#include "archive/source.h"

#include "archive/said.h"

#include <errno.h>

/* Formats whose headers come one by one, each short; others have directories of any size. */
static bool
has_short_headers(const struct source *s, struct archive *a)
{
	int base = archive_format(a) & ARCHIVE_FORMAT_BASE_MASK;

	return s->is_cpio || base == ARCHIVE_FORMAT_TAR || base == ARCHIVE_FORMAT_CPIO;
}

static la_ssize_t
refuse(struct source *s, struct archive *a, struct err e, const char *words)
{
	s->failed = e;
	archive_set_error(a, e.code, "%s", words);
	return ARCHIVE_FATAL;
}

static la_ssize_t
read_cb(struct archive *a, void *arg, const void **bytes)
{
	struct source *s = arg;
	size_t n = 0;

	if (err_failed(s->failed))
		return ARCHIVE_FATAL;
	if (s->counts && s->pos >= s->limit && has_short_headers(s, a))
		return refuse(s, a, err_make(EFBIG, OP_READ, SIDE_SRC, s->pos),
		    "the header of a member is too long");
	struct err e = s->feed->more(s->feed, bytes, &n);
	if (err_failed(e))
		return refuse(s, a, e, "");
	s->pos += (int64_t)n;
	return (la_ssize_t)n;
}

/* Beyond the end there is nothing to go to: libarchive then notes that something is missing. */
static la_int64_t
seek_cb(struct archive *a, void *arg, la_int64_t off, int whence)
{
	struct source *s = arg;
	int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? s->pos : s->feed->size;
	int64_t to;

	if (err_failed(s->failed))
		return ARCHIVE_FATAL;
	if (__builtin_add_overflow(from, off, &to) || to < 0 || to > s->feed->size) {
		archive_set_error(a, EILSEQ, "it points beyond its end");
		return ARCHIVE_FATAL;
	}
	struct err e = s->feed->seek(s->feed, to);
	if (err_failed(e))
		return refuse(s, a, e, "");
	s->pos = to;
	return to;
}

int
source_open(struct source *s, struct archive *a)
{
	s->pos = 0;
	if (archive_read_set_callback_data(a, s) != ARCHIVE_OK ||
	    archive_read_set_read_callback(a, read_cb) != ARCHIVE_OK)
		return ARCHIVE_FATAL;
	if (s->feed->seek != NULL && archive_read_set_seek_callback(a, seek_cb) != ARCHIVE_OK)
		return ARCHIVE_FATAL;
	return archive_read_open1(a);
}

struct err
source_failure(const struct source *s, struct archive *a)
{
	return err_failed(s->failed) ? s->failed : said_reading(a, s->pos);
}
