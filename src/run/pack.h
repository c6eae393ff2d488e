/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb pack: trees into an archive. */
#ifndef DECANT_RUN_PACK_H
#define DECANT_RUN_PACK_H

#include "pipe/archive.h"
#include "report/report.h"
#include "run/hashing.h"
#include "run/parts.h"

/* What one run of `pack` was asked to do; const once the run starts.  Pointers into argv are borrowed. */
struct pack_opts {
	struct walk_opts walk;     /* the walk; always into directories */
	struct select_opts select; /* what to leave out, or what to pack alone */
	struct report_opts report; /* output */
	const char *archive;       /* -f: the archive's name, "-" is standard output; NULL before
	                               * it is settled */
	const char *format;        /* --format as typed, or NULL */
	const char *compress;      /* --compress as typed, or NULL */
	struct arc_kind kind;      /* what these and the name amount to */
	int level;                 /* of the compressor, or ARC_LEVEL_DEFAULT */
	int jobs;                  /* threads that read, and threads that compress; 0 = chosen */
	enum durability fsync;     /* FSYNC_NONE, or put the archive on disk */
	const char *chdir;         /* -C: the directory that operands are below, or NULL */
	struct hash_algos hash;    /* digests to make of the archive */
	const char *manifest;    /* --manifest: write one of what is packed to this file, or NULL */
	struct hash_algos noted; /* digests that it has of files */
	bool dry_run;            /* read no content, write nothing */
	bool numeric_ids;        /* no names of owners */
	bool reproducible;       /* equal trees give equal archives */
	bool seekable;           /* frames of zstd with an index */
	bool align;              /* content of big members starts at multiples of PACK_ALIGN */
	bool has_mtime;          /* --mtime: every member gets MTIME */
	struct timespec mtime;   /* of --mtime */
	bool has_latest;         /* no member is newer than LATEST */
	struct timespec latest;  /* of SOURCE_DATE_EPOCH */
	char **operands;         /* [n_operands] */
	size_t n_operands;       /* number of them */
};

enum {
	PACK_ALIGN = 4096 /* bytes: block size that xfs and btrfs can clone at, by default */
};

/*
 * Carry out OPTS.  Main thread; SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGPIPE are blocked.
 * Every failure has been reported when it returns; the result is the exit status, or 128 + n
 * after signal n, which the caller re-raises.
 */
int pack_run(struct pack_opts *opts);

#endif
