/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparing two files: what both share and where neither has data is left out, the rest is read into
 * two halves of one buffer.
 */
#include "engine/alike.h"

#include "engine/abreast.h"
#include "sys/file.h"

#include <errno.h>
#include <string.h>

/* A comparison under way. */
struct pass {
	const struct comparison *c;
	struct block buf;
	struct likeness *out;
};

static void
count_live(const struct pass *p, int64_t n)
{
	if (p->c->live_bytes != NULL)
		atomic_fetch_add_explicit(p->c->live_bytes, n, memory_order_relaxed);
}

/* Read [OFF, OFF + SIZE) of FD, all of it. */
static struct err
read_whole(int fd, char *buf, size_t size, int64_t off, enum err_side side)
{
	size_t got;

	for (size_t at = 0; at < size; at += got) {
		struct err err = file_pread(fd, buf + at, size - at, off + (int64_t)at, &got);
		if (!err_failed(err) && got == 0)
			err = err_make(ESTALE, OP_CHANGED, side, off + (int64_t)at);
		err.side = (uint8_t)side;
		TRY(err);
	}
	return ERR_OK;
}

size_t
alike_first_difference(const char *a, const char *b)
{
	size_t at = 0;

	while (a[at] == b[at])
		at++;
	return at;
}

/* Compare [OFF, END) by reading. */
static struct err
read_both(struct pass *p, int64_t off, int64_t end)
{
	size_t half = p->buf.size / 2;
	char *a = p->buf.mem;
	char *b = a + half;

	while (off < end && !p->out->differs) {
		size_t n = end - off < (int64_t)half ? (size_t)(end - off) : half;
		TRY(cancel_check(p->c->cancel));
		TRY(read_whole(p->c->a, a, n, off, SIDE_SRC));
		TRY(read_whole(p->c->b, b, n, off, SIDE_DST));
		p->out->read += (int64_t)n;
		count_live(p, (int64_t)n);
		if (memcmp(a, b, n) != 0) {
			p->out->differs = true;
			p->out->at = off + (int64_t)alike_first_difference(a, b);
		}
		off += (int64_t)n;
	}
	return ERR_OK;
}

struct err
compare_range(
    const struct comparison *c, int64_t off, int64_t end, struct block buf, struct likeness *out)
{
	const struct abreast_files files = { c->a, c->b, c->seek, c->seek, c->sharing };
	struct pass p = { .c = c, .buf = buf, .out = out };
	struct abreast walk;
	struct stretch s;

	abreast_init(&walk, &files, off, end);
	while (!out->differs && abreast_next(&walk, &s)) {
		if (s.kind != ABREAST_HOLES && s.kind != ABREAST_SHARED) {
			TRY(read_both(&p, s.range.off, s.range.off + s.range.len));
			continue;
		}
		*(s.kind == ABREAST_SHARED ? &out->shared : &out->holes) += s.range.len;
		count_live(&p, s.range.len);
	}
	return ERR_OK;
}
