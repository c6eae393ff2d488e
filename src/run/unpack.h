/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb unpack: the members of an archive become files. */
#ifndef DECANT_UNPACK_H
#define DECANT_UNPACK_H

#include "engine/engine.h"
#include "report/report.h"
#include "run/hashing.h"
#include "run/parts.h"
#include "run/sync.h"

/* What becomes of a name that exists. */
enum existing {
	EXISTING_REPLACE, /* the member takes its place */
	EXISTING_KEEP,    /* it stays */
	EXISTING_NEWER,   /* the newer of the two stays */
	EXISTING_COMPARE, /* it stays if it is equal, as sync compares */
};

enum {
	UNPACK_NO_LIMIT = -1, /* a limit that was switched off by name; 0 is a limit like others */
};

/* Where a bad archive is stopped. */
struct unpack_limits {
	int64_t bytes;   /* content of all members, holes included */
	int64_t entries; /* members, and directories made on the way to them */
	int64_t ratio;   /* bytes of content for one of the archive, see UNPACK_RATIO_FROM */
};

enum {
	UNPACK_ENTRIES = 100000000, /* default of ENTRIES; arbitrary, beyond known archives */
	UNPACK_RATIO = 10000,       /* default of RATIO; arbitrary: ten times what gzip can reach */
};

/* Content up to which no ratio is asked for: a small archive of zeros is harmless; arbitrary. */
#define UNPACK_RATIO_FROM ((int64_t)1 << 30)

/* Extended attributes that members bring. */
enum member_xattrs {
	XATTRS_USERS, /* those of users */
	XATTRS_ALL,   /* all that say nothing of the system they are from */
	XATTRS_NONE,  /* none */
};

/* What one run of `unpack` was asked to do; const once it runs.  Pointers into argv are borrowed. */
struct unpack_opts {
	struct report_opts report;   /* output */
	struct select_opts select;   /* --exclude and so on */
	struct engine_opts engine;   /* reflink */
	struct unpack_limits limits; /* where a bad archive is stopped */
	enum existing existing;      /* what becomes of names that exist */
	enum durability fsync;       /* durability */
	int64_t bwlimit;             /* bytes a second that may be written, 0 = any */
	int jobs;                    /* workers, 0 = chosen by the program */
	int64_t strip;               /* leave out that many components in front of names */
	bool permissions;            /* -p: modes and ACLs exactly */
	enum member_xattrs xattrs;   /* which attributes are kept */
	struct delete_opts del;      /* what the archive does not have */
	bool numeric;                /* owners by number alone */
	bool same_owner;             /* owners as root */
	bool to_stdout;              /* content to standard output, nothing else */
	bool list;                   /* do what the verb list does */
	bool dry_run;                /* change nothing */
	const char *owner_map;       /* --owner-map, or NULL */
	const char *hash;            /* --hash: algorithms, or NULL */
	const char *manifest;        /* --manifest: write one to this file, or NULL */
	const char *dir;             /* -C, or NULL */
	const char *archive;         /* the archive; "-" = standard input */
	char **members;              /* what to unpack [n_members]; none = all */
	size_t n_members;            /* number of them */
};

/* Carry out OPTS; as copy_run(). */
int unpack_run(struct unpack_opts *opts);

#endif
