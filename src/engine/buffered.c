/* SPDX-License-Identifier: BSD-2-Clause */
/* Content through a buffer: read, look for zeros if asked to, write. */
#include "engine/buffered.h"

#include "sys/file.h"

#include <string.h>

bool
buffered_is_zero(const char *mem, size_t size)
{
	/* All bytes equal their predecessor, and the first is 0: memcmp() is vectorized, a loop
	 * over bytes may not be. */
	return mem[0] == 0 && memcmp(mem, mem + 1, size - 1) == 0;
}

/* The size of the piece at OFF that can become a hole: up to the next multiple of HOLE_MIN. */
static size_t
piece_size(int64_t off, size_t left)
{
	size_t size = HOLE_MIN - (size_t)(off % HOLE_MIN);
	return size < left ? size : left;
}

static void
count(const struct buffered *b, struct tally *out, size_t n)
{
	out->bytes += (int64_t)n;
	if (b->live_bytes != NULL)
		atomic_fetch_add_explicit(b->live_bytes, (int64_t)n, memory_order_relaxed);
}

static struct err
write_data(const struct buffered *b, const char *mem, size_t size, int64_t off, struct tally *out)
{
	for (size_t step; size > 0; size -= step, mem += step, off += (int64_t)step) {
		step = (size_t)pace_step(b->pace, (int64_t)size);
		TRY(pace_take(b->pace, (int64_t)step));
		struct err e = file_pwrite_all(b->dst, mem, step, off);
		size_t done = err_failed(e) ? (size_t)(e.off - off) : step;
		if (done > 0)
			out->written = off + (int64_t)done;
		count(b, out, done);
		TRY(e);
	}
	return ERR_OK;
}

/* Write the SIZE bytes of MEM at OFF but for pieces of zeros; neighbors travel in one write. */
static struct err
write_sparse(const struct buffered *b, const char *mem, size_t size, int64_t off, struct tally *out)
{
	while (size > 0) {
		size_t piece = piece_size(off, size);
		bool hole = buffered_is_zero(mem, piece);
		size_t run = piece;
		while (run < size) {
			piece = piece_size(off + (int64_t)run, size - run);
			if (buffered_is_zero(mem + run, piece) != hole)
				break;
			run += piece;
		}
		if (hole) {
			out->holes += (int64_t)run;
			count(b, out, run);
		} else {
			TRY(write_data(b, mem, run, off, out));
		}
		mem += run;
		off += (int64_t)run;
		size -= run;
	}
	return ERR_OK;
}

struct err
buffered_write(
    const struct buffered *b, const char *mem, size_t size, int64_t off, struct tally *out)
{
	return b->holes ? write_sparse(b, mem, size, off, out) : write_data(b, mem, size, off, out);
}

struct err
buffered_copy(const struct buffered *b, int64_t off, int64_t len, struct tally *out)
{
	*out = (struct tally){ 0 };
	/* One buffer is one read: nothing to read ahead for. */
	if (len > (int64_t)b->buf.size)
		file_advise_sequential(b->src);
	while (out->bytes < len) {
		int64_t pos = off + out->bytes;
		int64_t left = len - out->bytes;
		size_t size = left < (int64_t)b->buf.size ? (size_t)left : b->buf.size;
		TRY(cancel_check(b->cancel));
		TRY(file_pread(b->src, b->buf.mem, size, b->shift + pos, &size));
		if (size == 0)
			break;
		if (b->observer != NULL)
			b->observer->see(b->observer, b->buf.mem, size);
		TRY(buffered_write(b, b->buf.mem, size, pos, out));
	}
	return ERR_OK;
}
