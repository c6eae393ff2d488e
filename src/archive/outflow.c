/* SPDX-License-Identifier: BSD-2-Clause */
/* libarchive's callbacks over a drain, and its compressors. */
#include "archive/said.h"
#include "archive/writer.h"
#include "base/own.h"

bool
outflow_init(struct outflow *o, struct arc_drain *drain)
{
	*o = (struct outflow){ .drain = drain, .block = malloc(ARC_BLOCK_SIZE) };
	return o->block != NULL;
}

void
outflow_release(struct outflow *o)
{
	free(o->block);
	o->block = NULL;
}

struct err
outflow_flush(struct outflow *o)
{
	if (!err_failed(o->failed) && o->end > 0)
		o->failed = o->drain->put(o->drain, o->block, o->end);
	o->end = 0;
	return o->failed;
}

/* Gather small pieces; of large ones, copy no more than fills the block. */
static struct err
add(struct outflow *o, const char *bytes, size_t n)
{
	while (n > 0) {
		if (o->end == 0 && n >= ARC_BLOCK_SIZE) {
			o->failed = o->drain->put(o->drain, bytes, n);
			return o->failed;
		}
		size_t part = ARC_BLOCK_SIZE - o->end < n ? ARC_BLOCK_SIZE - o->end : n;
		memcpy(o->block + o->end, bytes, part);
		o->end += part;
		bytes += part;
		n -= part;
		if (o->end == ARC_BLOCK_SIZE)
			TRY(outflow_flush(o));
	}
	return ERR_OK;
}

/*
 * Never fails: once libarchive knows of a fatal failure it does not close its compressors, and what they
 * have allocated is lost (3.6.2).  Who calls it looks at FAILED.
 */
static la_ssize_t
write_cb(struct archive *a, void *arg, const void *bytes, size_t n)
{
	struct outflow *o = arg;

	(void)a;
	if (!o->mute && !err_failed(o->failed))
		o->failed = add(o, bytes, n);
	return (la_ssize_t)n;
}

int
outflow_open(struct outflow *o, struct archive *a)
{
	/* 0: libarchive gathers nothing itself; what it hands on is what it was given. */
	int r = archive_write_set_bytes_per_block(a, 0);
	return r >= ARCHIVE_WARN ? archive_write_open(a, o, NULL, write_cb, NULL) : r;
}

struct err
outflow_failure(const struct outflow *o, struct archive *a)
{
	return err_failed(o->failed) ? o->failed : said_writing(a);
}

static const char *const libarchive_names[ARC_FILTERS_N] = {
	[ARC_GZIP] = "gzip",
	[ARC_ZSTD] = "zstd",
	[ARC_XZ] = "xz",
	[ARC_BZIP2] = "bzip2",
	[ARC_LZ4] = "lz4",
};

/* True when the library of FILTER is built in: without, libarchive would start a program. */
static bool
is_built_in(enum arc_filter filter)
{
	switch (filter) {
	case ARC_GZIP:
		return archive_zlib_version() != NULL;
	case ARC_ZSTD:
		return archive_libzstd_version() != NULL;
	case ARC_XZ:
		return archive_liblzma_version() != NULL;
	case ARC_BZIP2:
		return archive_bzlib_version() != NULL;
	case ARC_LZ4:
		return archive_liblz4_version() != NULL;
	default:
		return false;
	}
}

static int
set_number(struct archive *a, const char *filter, const char *option, int value)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", value);
	return archive_write_set_filter_option(a, filter, option, text);
}

int
add_filter(struct archive *a, const struct arc_write_options *options)
{
	const char *name = libarchive_names[options->filter];
	unsigned threads = options->reproducible ? 1 : options->threads;
	int r;

	if (options->filter == ARC_PLAIN)
		return ARCHIVE_OK;
	if (name == NULL || !is_built_in(options->filter)) {
		archive_set_error(a, -1, "this libarchive cannot write that compression");
		return ARCHIVE_FATAL;
	}
	r = archive_write_add_filter_by_name(a, name);
	if (r != ARCHIVE_OK)
		return r;
	/* The time of packing in the header would make each output another. */
	if (options->filter == ARC_GZIP)
		r = archive_write_set_filter_option(a, name, "timestamp", NULL);
	if (r == ARCHIVE_OK && options->level != ARC_LEVEL_DEFAULT)
		r = set_number(a, name, "compression-level", options->level);
	if (r == ARCHIVE_OK && threads > 1 &&
	    (options->filter == ARC_ZSTD || options->filter == ARC_XZ))
		r = set_number(a, name, "threads", threads < 256 ? (int)threads : 256);
	return r;
}
