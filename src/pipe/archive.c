/* SPDX-License-Identifier: BSD-2-Clause */
/* The way to the module of archives, and what is known of formats without it. */
#include "pipe/archive.h"

#include "sys/module.h"

#include <errno.h>
#include <string.h>

static struct err
missing(const char **why, const char *words)
{
	*why = words;
	return err_make(ENOENT, OP_OPEN, SIDE_NONE, -1);
}

struct err
arc_find(const struct arc_module **module, const char **why)
{
	const void *found;

	if (!HAVE_ARCHIVE_MODULE)
		return missing(why, "this decant was built without libarchive");
	if (err_failed(module_load(ARC_MODULE_FILE, ARC_MODULE_SYMBOL, &found, why)))
		return missing(why, *why);
	*module = found;
	if ((*module)->version != ARC_MODULE_VERSION)
		return missing(why, ARC_MODULE_FILE " belongs to another version of decant");
	return ERR_OK;
}

static const char *const formats[ARC_FORMATS_N] = {
	[ARC_PAX] = "pax",
	[ARC_USTAR] = "ustar",
	[ARC_GNUTAR] = "gnutar",
	[ARC_CPIO] = "cpio",
	[ARC_ZIP] = "zip",
	[ARC_7ZIP] = "7z",
};

static const char *const filters[ARC_FILTERS_N] = {
	[ARC_PLAIN] = "none",
	[ARC_GZIP] = "gzip",
	[ARC_ZSTD] = "zstd",
	[ARC_XZ] = "xz",
	[ARC_BZIP2] = "bzip2",
	[ARC_LZ4] = "lz4",
	[ARC_COMPRESS] = "compress",
	[ARC_LZIP] = "lzip",
	[ARC_LZMA] = "lzma",
};

enum {
	/* Twice the window of zstd's default level: /usr/include and a Python become 2.9 % larger than in one
	 * piece (6.9 % with 2 MiB, 0.9 % with 8 MiB); with gzip, whose window is 32 KiB, 0.3 % smaller. */
	PIECE_ZSTD = 4 << 20,
	PIECE_GZIP = 1 << 20,
	/* The last level of zstd whose window is not larger than a piece (zstd 1.5, clevels.h); who wants a
	 * higher one waits for each byte that it saves. */
	PIECE_LEVEL_MAX = 12,
};

size_t
arc_piece_size(enum arc_filter filter, int level)
{
	switch (filter) {
	case ARC_GZIP:
		return PIECE_GZIP;
	case ARC_ZSTD:
		return level <= PIECE_LEVEL_MAX ? PIECE_ZSTD : 0;
	default:
		return 0;
	}
}

/* What ends the names of one kind. */
struct suffix {
	const char *text;
	struct arc_kind kind;
};

static const struct suffix suffixes[] = {
	{ ".tar", { ARC_PAX, ARC_PLAIN } },
	{ ".tar.gz", { ARC_PAX, ARC_GZIP } },
	{ ".tgz", { ARC_PAX, ARC_GZIP } },
	{ ".tar.zst", { ARC_PAX, ARC_ZSTD } },
	{ ".tzst", { ARC_PAX, ARC_ZSTD } },
	{ ".tar.xz", { ARC_PAX, ARC_XZ } },
	{ ".txz", { ARC_PAX, ARC_XZ } },
	{ ".tar.bz2", { ARC_PAX, ARC_BZIP2 } },
	{ ".tbz2", { ARC_PAX, ARC_BZIP2 } },
	{ ".tbz", { ARC_PAX, ARC_BZIP2 } },
	{ ".tar.lz4", { ARC_PAX, ARC_LZ4 } },
	{ ".cpio", { ARC_CPIO, ARC_PLAIN } },
	{ ".cpio.gz", { ARC_CPIO, ARC_GZIP } },
	{ ".cpio.zst", { ARC_CPIO, ARC_ZSTD } },
	{ ".cpio.xz", { ARC_CPIO, ARC_XZ } },
	{ ".cpio.bz2", { ARC_CPIO, ARC_BZIP2 } },
	{ ".cpio.lz4", { ARC_CPIO, ARC_LZ4 } },
	{ ".zip", { ARC_ZIP, ARC_PLAIN } },
	{ ".7z", { ARC_7ZIP, ARC_PLAIN } },
};

bool
arc_kind_by_name(const char *name, struct arc_kind *kind)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t n = strlen(suffixes[i].text);
		/* ".tar" alone is a name without a suffix. */
		if (len > n && name[len - n - 1] != '/' &&
		    strcasecmp(name + len - n, suffixes[i].text) == 0) {
			*kind = suffixes[i].kind;
			return true;
		}
	}
	return false;
}

bool
arc_format_by_name(const char *name, enum arc_format *format)
{
	for (int f = 0; f < ARC_FORMATS_N; f++) {
		if (strcmp(name, formats[f]) == 0) {
			*format = (enum arc_format)f;
			return true;
		}
	}
	*format = ARC_PAX;
	return strcmp(name, "tar") == 0;
}

const char *
arc_format_name(enum arc_format format)
{
	return formats[format];
}

bool
arc_filter_by_name(const char *name, enum arc_filter *filter)
{
	for (int f = 0; f < ARC_FILTERS_N; f++) {
		if (strcmp(name, filters[f]) == 0) {
			*filter = (enum arc_filter)f;
			return true;
		}
	}
	return false;
}

const char *
arc_filter_name(enum arc_filter filter)
{
	return filters[filter];
}

bool
arc_is_damage(struct err e)
{
	return e.code == EBADMSG && e.side == SIDE_SRC;
}
