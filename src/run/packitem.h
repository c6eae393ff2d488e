/* SPDX-License-Identifier: BSD-2-Clause */
/* One entry on its way into an archive: met by the walk, prepared by a worker, written in its turn. */
#ifndef DECANT_PACKITEM_H
#define DECANT_PACKITEM_H

#include "pipe/archive.h"
#include "run/run.h"

enum {
	/* Content of at most this size is read ahead.  Arbitrary: most files of most trees are smaller,
	 * and 256 of them are 16 MiB. */
	PACK_SMALL = 64 << 10,
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
	bool failed;              /* it was told why it is left out */
	bool changed;             /* its content changed while it was read, each time */
	struct stat st;           /* its attributes */
	struct str target;        /* of a symbolic link */
	char *block;              /* PACK_SMALL bytes, borrowed */
	size_t len;               /* bytes of content in BLOCK */
	int fd;                   /* content that was not read ahead, to be closed; -1 = none */
	struct str bytes;         /* names and values of XATTRS */
	struct arc_xattr *xattrs; /* [n_xattrs], owned */
	size_t n_xattrs;          /* number of them */
	size_t xattrs_cap;        /* room */
	struct arc_range *ranges; /* data of a sparse file [n_ranges], owned */
	size_t n_ranges;          /* number of them */
	size_t ranges_cap;        /* room */
	bool sparse;              /* RANGES count */
};

/* Make ITEM, which is zeroed, empty; BLOCK is borrowed. */
void pack_item_init(struct pack_item *item, char *block);
/* Set ITEM's entry to a copy of E; a work of its directory becomes outstanding.  Fails with MEMORY. */
struct err pack_item_set(struct pack_item *item, const struct entry *e);
/* Let go of what ITEM holds of one entry: works, a descriptor. */
void pack_item_drop(struct pack_item *item, struct worker *w);
/* Free what ITEM owns; it was dropped. */
void pack_item_release(struct pack_item *item);

/* What preparing depends on. */
struct pack_wants {
	bool content; /* read files */
	bool xattrs;  /* attributes, ACLs among them */
	bool sparse;  /* holes are to be known */
	struct stat
	    archives[2]; /* the archive and what it replaces, which are left out; st_ino 0 = none */
};

/* Get all of ITEM that can be had ahead of its turn.  What fails is told, and ITEM has failed.
 * Any worker. */
void pack_item_prepare(struct pack_item *item, struct worker *w, const struct pack_wants *wants);

#endif
