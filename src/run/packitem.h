/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries on their way into an archive: met by the walk, prepared by a worker, written in their turn. */
#ifndef DECANT_PACKITEM_H
#define DECANT_PACKITEM_H

#include "pipe/archive.h"
#include "run/ledger.h"
#include "run/run.h"
#include "run/tarhead.h"

enum {
	/* Content of at most this size is read ahead.  Arbitrary: most files of most trees are smaller. */
	PACK_SMALL = 64 << 10,
	/* Entries that travel together: handing over each for itself took as long as reading it (a quarter
	 * of all time, 50,000 files of 4 KiB, 2 cores); with 16, nothing that can be measured. */
	PACK_BATCH = 16,
	/* Bytes of content read ahead, and headers, of a batch: 1 MiB, of which no more is touched than
	 * its files are long. */
	PACK_ROOM = PACK_BATCH * (PACK_SMALL + TAR_HEAD_MOST),
	/* Pieces of data that are told apart in a sparse file; the rest is taken for data.  Arbitrary:
	 * 1 MiB of memory. */
	PACK_RANGES = 64 << 10,
};

/* An entry.  All storage is kept from one entry to the next. */
struct pack_item {
	/* --- set by the walk --- */
	struct entry entry;  /* its names are in the two that follow; a work of its DIR is
	                       * outstanding */
	struct str name;     /* NAME of ENTRY */
	struct str src_name; /* SRC_NAME of ENTRY */
	struct node *node;   /* of a directory: its own, of which a work is outstanding; or NULL */
	/* --- set by the worker that prepares it --- */
	bool failed;       /* it was told why it is left out */
	bool changed;      /* its content changed while it was read, each time */
	struct stat st;    /* its attributes */
	struct str target; /* of a symbolic link */
	char *block;       /* of the batch's room: a header if there is one, then content */
	size_t head;       /* bytes of header in BLOCK; 0 = it takes a writer, else the member is
	                           * there whole, in blocks of tar */
	size_t len;        /* bytes of content in BLOCK, without what fills up blocks */
	int fd;            /* content that was not read ahead, to be closed; -1 = none */
	struct str bytes;  /* names and values of XATTRS */
	struct arc_xattr *xattrs; /* [n_xattrs], owned */
	size_t n_xattrs;          /* number of them */
	size_t xattrs_cap;        /* room */
	struct arc_range *ranges; /* data of a sparse file [n_ranges], owned */
	size_t n_ranges;          /* number of them */
	size_t ranges_cap;        /* room */
	bool sparse;              /* RANGES count */
};

/* An owner whose name is known. */
struct pack_owner {
	bool known;           /* the rest counts */
	uint32_t id;          /* its number */
	struct arc_name name; /* its name, borrowed; NULL = it has none */
};

/* What one thread met last. */
struct pack_recent {
	struct pack_owner owners[2]; /* user and group */
};

/* Entries that follow one another. */
struct pack_batch {
	struct pack_item items[PACK_BATCH];
	size_t n;                  /* number of them */
	char *room;                /* PACK_ROOM bytes, borrowed */
	struct pack_recent recent; /* of who prepares them */
};

/* Make B, which is zeroed, empty; ROOM is borrowed. */
void pack_batch_init(struct pack_batch *b, char *room);
/* Let go of what B holds of its entries: works, descriptors; it is empty then. */
void pack_batch_drop(struct pack_batch *b, struct worker *w);
/* Free what B owns; it was dropped. */
void pack_batch_release(struct pack_batch *b);
/* Set ITEM's entry to a copy of E; a work of its directory becomes outstanding.  Fails with MEMORY. */
struct err pack_item_set(struct pack_item *item, const struct entry *e);
/* Bytes that ITEM has in its block. */
size_t pack_item_room(const struct pack_item *item);

struct pack_attrs;

/* What preparing depends on. */
struct pack_wants {
	bool content;             /* read files */
	bool xattrs;              /* attributes, ACLs among them */
	bool sparse;              /* holes are to be known */
	struct pack_attrs *attrs; /* what headers are made by; NULL = none are made here */
	struct stat archives[2]; /* the archive and what it replaces, which are left out; st_ino 0 =
	                           * none */
	struct stat manifests[2]; /* the manifest likewise */
};

/* Note what ITEM is, content CONTENT, in the run's ledger, if it has one; its node is held.  A worker. */
void pack_item_note(const struct pack_item *item, struct worker *w, enum known_content content);
/* Get all of B's entries that can be had ahead of their turn.  What fails is told, and that item has failed.
 * Any worker. */
void pack_batch_prepare(struct pack_batch *b, struct worker *w, const struct pack_wants *wants);

#endif
