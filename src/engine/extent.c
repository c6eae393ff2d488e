/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the data of a source lies: SEEK_DATA and SEEK_HOLE, taken as hints only. */
#include "engine/extent.h"

#include "sys/file.h"

bool
extents_missing(const struct stat *st)
{
	return st->st_blocks < st->st_size / 512 + (st->st_size % 512 != 0);
}

void
extents_init(struct extents *x, int fd, int64_t off, int64_t end, bool seek)
{
	*x = (struct extents){ .fd = fd, .pos = off, .end = end, .seek = seek };
}

/* The start of the data at or after POS; END when there is none. */
static int64_t
data_start(struct extents *x)
{
	int64_t at;
	if (!x->seek)
		return x->pos;
	if (err_failed(file_seek_data(x->fd, x->pos, &at)) || (at >= 0 && at < x->pos)) {
		x->seek = false;
		return x->pos;
	}
	return at < 0 || at > x->end ? x->end : at;
}

/* The end of the data that starts at START. */
static int64_t
data_end(struct extents *x, int64_t start)
{
	int64_t at;
	if (!x->seek)
		return x->end;
	/* At or before START: the file is being changed, or the file system lies (TRUST.md 1.5). */
	if (err_failed(file_seek_hole(x->fd, start, &at)) || at <= start) {
		x->seek = false;
		return x->end;
	}
	return at > x->end ? x->end : at;
}

bool
extents_next(struct extents *x, struct range *r)
{
	if (x->pos >= x->end)
		return false;
	int64_t start = data_start(x);
	if (start == x->end) {
		x->pos = x->end;
		return false;
	}
	x->pos = data_end(x, start);
	*r = (struct range){ .off = start, .len = x->pos - start };
	return true;
}
