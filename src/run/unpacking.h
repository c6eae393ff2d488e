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
#include "run/unpacknote.h"
#include "tree/madeset.h"
#include "tree/pathset.h"

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
	unsigned number;      /* of the member, from 1 */
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

/* What a run does with members; static storage. */
struct member_use {
	/* Open what the run works on as its base; false: it was told why not.  Main thread. */
	bool (*begin)(struct unpacking *u);
	/*
	 * Deal with M, whose path is u->path, or "" for the destination itself.  What failed is the member, or
	 * the directory that is the first *CULPRIT bytes of its path, 0 = none.  The decoder.
	 */
	struct err (*take)(struct unpacking *u, const struct arc_member *m, size_t *culprit);
	/* All members were taken and the workers are done; or NULL.  Main thread. */
	void (*end)(struct unpacking *u);
	bool counts;      /* content counts for the limits before it is taken */
	bool notes_names; /* u->has is wanted */
	bool any_name; /* names and kinds that are refused otherwise are taken too, with no path */
};

/* What a run is of beside its options; all borrowed. */
struct unpack_for {
	const struct member_use *use;
	void *user;                     /* USE's own */
	struct mirror *mirror;          /* what a sync knows: run.mirror */
	const struct verifying *verify; /* what a comparison shares: run.verify */
};

/* One run of unpack. */
struct unpacking {
	struct run run; /* first */
	const struct unpack_opts *opts;
	const struct member_use *use;
	void *user; /* USE's own; borrowed */
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
	struct pathset has; /* members and the directories that they are in, if USE notes them */
	bool ended;         /* the archive was read to its end */
	bool torn;          /* some of it could not be read */
	struct str top;     /* the first component of the first member */
	bool many_tops;     /* there was another */
	int64_t entries;    /* members and directories so far */
	int64_t bytes;      /* content so far */
	enum unpack_stop stop;
	struct owner_known known[LAST_OWNERS];

	struct unpacknote note; /* of the manifest; its own threads */

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

/* Carry out OPTS for WHAT; as unpack_run(). */
int unpack_run_for(struct unpack_opts *opts, const struct unpack_for *what);
/* End a run that made something: directories, durability, the own directory. */
void unpack_finish(struct unpacking *u);

/* --- uses of members --- */

extern const struct member_use use_make;  /* they become files */
extern const struct member_use use_tell;  /* it is told what would be made */
extern const struct member_use use_print; /* content goes to standard output */
extern const struct member_use use_list;  /* they are listed */

/* The slot take of use_tell. */
struct err unpack_foretell(struct unpacking *u, const struct arc_member *m, size_t *culprit);
/* The file type that TYPE stands for, S_IF*; 0 = none. */
mode_t member_type(enum arc_type type);
/* Likewise the kind of item. */
enum item_kind member_kind(enum arc_type type);

/* --- what is told --- */

/* Tell that member NAME failed with WHY; NOTE adds words, or is NULL. */
void unpack_tell(struct unpacking *u, struct arc_name name, struct err why, const char *note);
/* Tell that member NAME was refused, and why. */
void unpack_refuse(struct unpacking *u, struct arc_name name, const char *why);

/* --- decoding, unpackdecode.c --- */

/* Read the archive to its end.  The decoder. */
void unpack_decode(struct unpacking *u);
/* True when all members there are have been met, and the run goes on. */
bool unpack_is_whole(struct unpacking *u);
/* Whether what is PATH[len] in the archive is to be worked on: all that the options say of it. */
bool unpack_wants(struct unpacking *u, const char *path, size_t len, bool is_dir);
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
/* The job of a directory with batches: what its node runs. */
job_run batch_run;
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
/* The mode that M is to have; OWNED: it belongs to whom the archive says. */
mode_t member_mode(const struct worker *w, const struct arc_member *m, bool owned);
/* A stat with the times of M, those it has not as utimensat(2) leaves them alone. */
void member_times(const struct arc_member *m, struct stat *st);

/* --- the own directory, owndir.c --- */

/* Begin: open or make the destination as the run's base.  False: it was told why not. */
bool owndir_begin(struct unpacking *u);
/* Begin without a destination: a base for telling alone.  Likewise. */
bool owndir_begin_nowhere(struct unpacking *u);
/* Open the directory PATH below DIR as the run's base.  Fails as opening does, or with MEMORY. */
struct err owndir_open(struct unpacking *u, int dir, const char *path);
/* End: an own directory with one entry gives way to it.  DROPPED: the base is closed by now. */
void owndir_end(struct unpacking *u);

#endif
