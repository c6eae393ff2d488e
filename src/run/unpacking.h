/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of unpack share.
 *
 * One thread, the decoder, reads the archive.  It checks each member's name, makes and opens the directories
 * on the way, and leaves the rest to the workers: small members in batches, pooled buffers that hold members of
 * one directory with their content; content that stands in the archive in one piece as a piece of work that
 * moves it from there.  Other large members it writes itself.
 *
 * One directory's batches are carried out by one worker at a time, in order.  What else must be in order
 * - a name met twice, a link and what it leads to, a directory below a name - waits for the name to be
 * idle: NAMES counts what is on its way, by a hash of directory and name.
 *
 * A directory is a node with one side: its source is the destination.
 */
#ifndef DECANT_UNPACKING_H
#define DECANT_UNPACKING_H

#include "run/arcsource.h"
#include "run/chain.h"
#include "run/dirspool.h"
#include "run/ownermap.h"
#include "run/picking.h"
#include "run/tell.h"
#include "run/unpack.h"
#include "tree/madeset.h"

enum {
	NAMES_N =
	    4096, /* names that are told apart while on their way; arbitrary, a power of two */
	LAST_OWNERS = 64, /* owners' names whose numbers are remembered; arbitrary */
};

/* A part of a member's content. */
struct piece {
	struct piece *next; /* further on in the file */
	int64_t off;        /* where it belongs */
	size_t len;         /* number of bytes */
	char bytes[];       /* they */
};

/* A member on its way to its name. */
struct item {
	struct item *next;    /* in the same batch, later in the archive */
	struct arc_member m;  /* attributes, with owners as they are to be */
	const char *name;     /* last component of its path */
	struct piece *pieces; /* its content, or the beginning of it */
	bool streams;         /* the reader has the content: the decoder carries it */
	bool in_archive;      /* M.data_at is where its content is */
	int64_t end;          /* size of its content, unless it streams */
	atomic_uint *claim;   /* the count of its name; NULL = none was taken */
};

/* Members of one directory on their way to a worker; the beginning of a pooled buffer. */
struct batch {
	struct batch *next; /* of the same directory, later */
	struct node *dir;   /* the directory; a work of it is outstanding */
	struct item *first; /* in the order of the archive */
	struct item **last; /* where the next one is linked to */
	size_t used;        /* bytes of the buffer, this included */
	unsigned n;         /* items */
};

/* A directory's work; what its node's RUN points to. */
struct strand {
	struct unpacking *u; /* the run */
	bool fresh;          /* this run made it */
	bool spooled;        /* its attributes come at the end */
	/* --- guarded by the run's lock --- */
	struct batch *first; /* batches that wait */
	struct batch **last; /* where the next one is linked to */
	bool active;         /* a worker has it, or will */
};

/* An owner's name and what it stands for. */
struct owner_known {
	char name[64]; /* "" = free */
	bool group;    /* of a group */
	int64_t id;    /* its number, -1 = it has none */
};

/* Why the decoder has stopped, beside the archive's end. */
enum unpack_stop {
	STOP_NOT,    /* it has not */
	STOP_BROKEN, /* the archive is damaged */
	STOP_LIMIT,  /* a limit was hit */
};

/* One run of unpack. */
struct unpacking {
	struct run run; /* first */
	const struct unpack_opts *opts;
	struct hash_algos algos;
	struct owner_map owners;    /* --owner-map */
	struct strand *base_strand; /* of the base, which no finisher sees; owned */

	struct err unnamed;  /* why something that the options name was not found */
	const char *culprit; /* its name; borrowed */
	const char *why;     /* more words, or NULL */

	struct bufs *batches; /* buffers of batches; locks itself */
	atomic_uint names[NAMES_N];
	pthread_mutex_t lock;
	pthread_cond_t idle; /* a batch is done */
	/* --- guarded by lock --- */
	struct madeset made; /* files that links may lead to */
	/* --- end of guarded --- */

	/* the decoder's own */
	struct arcsource source;
	struct picking picking; /* which members */
	struct worker *w;       /* the decoder's */
	struct chain chain;     /* the directories to the last member */
	struct batch *open;     /* the batch that is being filled, or NULL */
	struct dirspool spool;  /* attributes that directories get at the end */
	struct str full;        /* the member's path in the archive */
	struct str path;        /* likewise below the destination */
	struct str link;        /* path of the file that it is a link to */
	struct str top;         /* the first component of the first member */
	bool many_tops;         /* there was another */
	int64_t entries;        /* members and directories so far */
	int64_t bytes;          /* content so far */
	enum unpack_stop stop;
	struct owner_known known[LAST_OWNERS];

	/* the own directory, see owndir.c */
	int above;        /* the directory it is in, -1 = there is none */
	char *own;        /* its name; owned */
	pthread_t thread; /* the decoder */
	int decoded_fd;   /* readable when it has ended */
};

/* The unpacking that RUN is of. */
static inline struct unpacking *
unpacking_of(struct run *run)
{
	return (struct unpacking *)run;
}

/* True when nothing is to be made. */
static inline bool
unpack_is_dry(const struct unpack_opts *opts)
{
	return opts->dry_run || opts->to_stdout || opts->list;
}

/* --- what is told --- */

/* Tell that member NAME failed with WHY; NOTE adds words, or is NULL. */
void unpack_tell(struct unpacking *u, struct arc_name name, struct err why, const char *note);
/* Tell that member NAME was refused, and why. */
void unpack_refuse(struct unpacking *u, struct arc_name name, const char *why);

/* --- decoding, unpackdecode.c --- */

/* Read the archive to its end.  The decoder. */
void unpack_decode(struct unpacking *u);
/* Count N more bytes of content; false: a limit was hit, and that was told. */
bool unpack_count_bytes(struct unpacking *u, int64_t n);
/* Count one more entry; likewise. */
bool unpack_count_entry(struct unpacking *u);

/* --- directories, unpackdirs.c --- */

/*
 * Make or open the directories of PATH, all of its components but the last, or with WHOLE all of them.
 * *DIR is the innermost one, not held; *NAME the last component, within PATH, which is as before.
 * Fails as what was done for the directory CULPRIT, a length of PATH.
 */
struct err unpack_enter(struct unpacking *u, struct str *path, bool whole, struct node **dir,
    const char **name, size_t *culprit);
/* The strand of DIR; NULL for the base. */
struct strand *strand_of(const struct node *dir);
/* Finish a directory: the finisher of the run's nodes. */
node_finish unpack_finish_directory;
/* Give all directories their attributes, once nothing else is left to do. */
void unpack_directories(struct unpacking *u);

/* --- members in batches, unpackbatch.c --- */

/* Make item of member M, below DIR as NAME, in a batch, without its content; NULL = it does not fit
 * in any, or a failure in *ERR. */
struct item *batch_add(struct unpacking *u, struct node *dir, const struct arc_member *m,
    const char *name, struct err *err);
/* Read content of I, the item added last, into its batch.  On failure it is no longer in it. */
struct err batch_fill(struct unpacking *u, struct item *i);
/* Item I of the open batch is complete. */
void batch_close_item(struct unpacking *u, struct item *i);
/* Hand the open batch to the workers. */
void batch_send(struct unpacking *u);
/* The count of NAME below the directory ST. */
atomic_uint *claim_of(struct unpacking *u, const struct stat *st, const char *name);
/* Wait until nothing that has CLAIM is on its way; the open batch is sent if it must be. */
void claim_wait(struct unpacking *u, atomic_uint *claim);

/* --- one member, unpackmember.c --- */

/* Carry out I below DIR, which is held: any type but a hard link or directory; told. */
void item_carry(struct worker *w, struct node *dir, struct item *i);
/* Make member M, a hard link, NAME below DIR; told.  The decoder. */
void item_link(struct unpacking *u, struct node *dir, const char *name, const struct arc_member *m);
/* Write the content of regular file I to FD, an empty file; FD's size is right then. */
struct err item_content(struct worker *w, struct item *i, int fd, struct moved *moved);

/* --- attributes, unpackattrs.c --- */

/* Resolve the owners of M by the databases and --owner-map: M->has_owner is false if they stay. */
void unpack_owners(struct unpacking *u, struct arc_member *m);
/* Set what M has of attributes on FD, a file or directory of which NOW are the attributes, in the order that
 * keeps them.  E is for telling. */
struct err member_attrs(struct worker *w, const struct entry *e, const struct arc_member *m, int fd,
    const struct stat *now);
/* Likewise of NAME below DIR, which cannot be opened. */
struct err member_attrs_at(
    struct worker *w, const struct entry *e, const struct arc_member *m, int dir, const char *name);
/* A stat with the times of M, those it has not as utimensat(2) leaves them alone. */
void member_times(const struct arc_member *m, struct stat *st);

/* --- the own directory, owndir.c --- */

/* Begin: open or make the destination as the run's base.  False: it was told why not. */
bool owndir_begin(struct unpacking *u);
/* End: an own directory with one entry gives way to it.  DROPPED: the base is closed by now. */
void owndir_end(struct unpacking *u);

#endif
