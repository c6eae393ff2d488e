/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A target for libFuzzer: any bytes as an archive, read to their end.  From the top of a build tree:
 *     clang -std=gnu2x -g -O1 -fsanitize=fuzzer,address,undefined -I SRC/src -include config.h \
 *         -include base/banned.h SRC/tests/fuzz/fuzz_archive.c SRC/src/archive/[a-z]*.c -larchive -lz -lzstd
 * To be run with -malloc_limit_mb=20000 and ASAN_OPTIONS=quarantine_size_mb=16: libarchive asks for as many bytes as a
 * header says, up to 4 GiB, and the reader stops it before it touches them.
 */
#include "pipe/archive.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct arc_module decant_archive_module;

/* The input as a feed, in blocks of a size that it chooses itself. */
struct fuzz_feed {
	struct arc_feed feed;
	const uint8_t *bytes;
	size_t len;
	size_t at;
	size_t block;
};

static struct err
more(struct arc_feed *feed, const void **bytes, size_t *n)
{
	struct fuzz_feed *f = (struct fuzz_feed *)feed;

	*bytes = f->bytes + f->at;
	*n = f->len - f->at < f->block ? f->len - f->at : f->block;
	f->at += *n;
	return ERR_OK;
}

static struct err
seek(struct arc_feed *feed, int64_t off)
{
	struct fuzz_feed *f = (struct fuzz_feed *)feed;

	if (off < 0 || (size_t)off > f->len)
		abort();
	f->at = (size_t)off;
	return ERR_OK;
}

/* Read at most 1 MiB of content: an input of a kilobyte may unpack to a gigabyte. */
static void
read_content(struct arc_reader *r)
{
	const struct arc_reading *ops = decant_archive_module.reading;
	const uint8_t *bytes;
	int64_t off, end = 0;
	size_t n;
	volatile unsigned sum = 0;

	for (size_t read = 0; read < 1 << 20; read += n) {
		if (err_failed(ops->data(r, (const void **)&bytes, &n, &off)) || n == 0)
			return;
		if (off < end)
			abort();
		end = off + (int64_t)n;
		for (size_t i = 0; i < n; i++)
			sum += bytes[i];
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct arc_reading *ops = decant_archive_module.reading;
	struct arc_read_options options = { 0 };
	const struct arc_member *m;

	if (size < 1)
		return 0;
	bool seeks = (data[0] & 1) != 0;
	struct fuzz_feed f = {
		.feed = { .more = more, .seek = seeks ? seek : NULL, .size = (int64_t)size - 1 },
		.bytes = data + 1,
		.len = size - 1,
		.block = (data[0] & 2) != 0 ? 1 << 20 : 1000,
	};
	struct arc_reader *r = ops->make(&f.feed, &options);
	if (r == NULL)
		return 0;
	for (int i = 0; i < 1000 && !ops->is_over(r); i++) {
		if (err_failed(ops->next(r, &m)) || m == NULL)
			continue;
		if (m->name.bytes != NULL && strlen(m->name.bytes) != m->name.len)
			abort();
		if ((data[0] & 4) != 0)
			read_content(r);
		else if (err_failed(ops->skip(r)))
			continue;
	}
	ops->drop(r);
	return 0;
}
