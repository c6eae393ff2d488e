/* SPDX-License-Identifier: BSD-2-Clause */
/* An archive that is read: its descriptor, the digests of its bytes, inflating in a thread, the reader. */
#ifndef DECANT_ARCSOURCE_H
#define DECANT_ARCSOURCE_H

#include "pipe/archivefeed.h"
#include "run/arcframes.h"
#include "run/hashing.h"
#include "thread/bufs.h"
#include "thread/ring.h"

#include <pthread.h>
#include <sys/stat.h>

/* A feed that counts, and shows to digests, what passes. */
struct feed_tap {
	struct arc_feed feed;    /* first: what others see */
	struct arc_feed *from;   /* borrowed */
	struct hashing *hashing; /* borrowed; NULL = no digests, and it may seek */
	int64_t pos;             /* byte of FROM that comes next */
	_Atomic int64_t bytes;   /* the furthest byte that came */
};

/* What has been inflated by another thread. */
struct feed_ring {
	struct arc_feed feed;    /* first */
	struct drain_ring *left; /* what fills it */
	size_t shown;            /* bytes shown last, not taken yet */
};

/* The thread that inflates. */
struct drain_ring {
	struct arc_drain drain; /* first: where it puts what it has inflated */
	struct ring *ring;      /* owned */
	pthread_t thread;
	bool runs;           /* it was started and not joined */
	struct err result;   /* how it ended, once joined */
	char text[ARC_TEXT]; /* what is said of that */
};

/* An archive that is read.  One thread, but for what is atomic. */
struct arcsource {
	const struct arc_module *module; /* static storage */
	const char *path;                /* as it was typed; "-" = standard input */
	int fd;                          /* of the archive */
	bool is_file;                    /* a regular file, which can seek */
	struct stat st;                  /* of it */
	const struct cancel *cancel;     /* borrowed */
	struct bufs *bufs;               /* of IN; owned */
	struct in in;                    /* what is no regular file */
	struct feed_in from_in;
	struct feed_file from_file;
	struct feed_tap packed; /* the archive's bytes; not of FRAMES */
	struct feed_tap plain;  /* the same without compression */
	struct feed_ring inflated;
	struct drain_ring inflating;
	struct arcframes *frames;  /* of a seekable archive, instead of INFLATING; owned, or NULL */
	enum arc_filter filter;    /* the compression around it */
	struct hashing hashing[2]; /* of PACKED and PLAIN */
	bool hashes;               /* there are digests */
	struct arc_reader *reader; /* owned */
};

/* What an archive is opened with; all borrowed. */
struct arcsource_how {
	const char *path;                       /* "-" = standard input */
	const struct hash_algos *hash;          /* digests of its bytes; NULL = none */
	const struct arc_read_options *options; /* of the reader */
	const struct cancel *cancel;            /* ends all waits */
};

/*
 * Open the archive that HOW names, and start to inflate it.  S is to be closed whatever comes of it.
 * Main thread.  Fails with OPEN, STAT, READ, MEMORY, THREAD; *WHY are words about it, or NULL.
 */
struct err arcsource_open(struct arcsource *s, const struct arcsource_how *how, const char **why);
/* What E, a failure of S's reader, comes from, and what is said of it, "" = no more. */
struct err arcsource_failure(struct arcsource *s, struct err e, const char **said);
/* Bytes of the archive that were wanted so far.  The reader's thread. */
int64_t arcsource_packed(const struct arcsource *s);
/* Behind the last member: whether what was inflated ended well too. */
struct err arcsource_end(struct arcsource *s, const char **said);
/* Have a wait of the inflating thread see its cancellation.  Any thread, while S is open. */
void arcsource_wake(struct arcsource *s);
/* Close and free all that S has. */
void arcsource_close(struct arcsource *s);

#endif
