/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparing two files: what both share and where neither has data is left out, the rest is read into
 * two halves of one buffer.
 */
#include "engine/alike.h"

#include "engine/sharing.h"
#include "sys/file.h"

#include <errno.h>
#include <string.h>

/* A comparison under way. */
struct pass {
	const struct comparison *c;
	struct block buf;
	struct likeness *out;
	struct sharing sharing;
	struct range shared; /* the next shared range; len 0 = there is no more */
	int64_t end;
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

static void
next_shared(struct pass *p)
{
	if (!sharing_next(&p->sharing, &p->shared))
		p->shared = (struct range){ .off = p->end };
}

/* Compare [OFF, END), which is data on at least one side. */
static struct err
compare_data(struct pass *p, int64_t off, int64_t end)
{
	while (off < end && !p->out->differs) {
		int64_t from = p->shared.off > off ? p->shared.off : off;
		int64_t to = p->shared.off + p->shared.len;

		if (from >= end)
			return read_both(p, off, end);
		if (to > off) {
			TRY(read_both(p, off, from));
			to = to < end ? to : end;
			p->out->shared += to - from;
			count_live(p, to - from);
			off = to;
		}
		if (off >= p->shared.off + p->shared.len)
			next_shared(p);
	}
	return ERR_OK;
}

struct err
compare_range(
    const struct comparison *c, int64_t off, int64_t end, struct block buf, struct likeness *out)
{
	struct pass p = { .c = c, .buf = buf, .out = out, .shared = { .off = end }, .end = end };
	struct extents x[2];
	struct range data[2];

	if (c->sharing) {
		sharing_init(&p.sharing, c->a, c->b, off, end);
		next_shared(&p);
	}
	extents_init(&x[0], c->a, off, end, c->seek);
	extents_init(&x[1], c->b, off, end, c->seek);
	for (int i = 0; i < 2; i++)
		data[i] = (struct range){ .off = off };
	while (off < end && !out->differs) {
		for (int i = 0; i < 2; i++) {
			if (data[i].off + data[i].len <= off && !extents_next(&x[i], &data[i]))
				data[i] = (struct range){ .off = end };
		}
		const struct range *first = data[0].off <= data[1].off ? &data[0] : &data[1];
		int64_t from = first->off > off ? first->off : off;
		int64_t to = first->len > 0 ? first->off + first->len : end;
		out->holes += from - off;
		count_live(&p, from - off);
		if (first->len > 0)
			TRY(compare_data(&p, from, to));
		off = to;
	}
	return ERR_OK;
}
