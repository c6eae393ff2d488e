/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything that can happen in a run, as data.  Text, JSON and progress are renderers of it. */
#ifndef DECANT_EVENT_H
#define DECANT_EVENT_H

#include "base/err.h"
#include "base/moved.h"

struct listed;

/* What kind of thing an entry is. */
enum item_kind {
	KIND_FILE,    /* regular file */
	KIND_DIR,     /* directory */
	KIND_SYMLINK, /* symbolic link */
	KIND_FIFO,    /* named pipe */
	KIND_SOCKET,  /* socket */
	KIND_CHAR,    /* character device */
	KIND_BLOCK,   /* block device */
	KIND_N        /* number of kinds */
};

/* What was done, or with --dry-run would be done, to an entry. */
enum item_action {
	ACTION_NEW,        /* created where nothing was */
	ACTION_CHANGED,    /* content replaced or rewritten */
	ACTION_ATTRIBUTES, /* only attributes set */
	ACTION_LINKED,     /* made a hard link */
	ACTION_UNCHANGED,  /* left alone, because it is equal or an option says so */
	ACTION_DELETED,    /* removed */
	ACTION_MISSING,    /* verify: the destination lacks it */
	ACTION_EXTRA,      /* verify: only the destination has it */
	ACTION_N           /* number of actions */
};

/* Kinds of events. */
enum event_kind {
	EVENT_ITEM,     /* an entry is finished under its final name; or, dry, would be */
	EVENT_ERROR,    /* an entry, or the run when the error is fatal, failed */
	EVENT_LOST,     /* an attribute could not be kept; the entry itself stands */
	EVENT_VANISHED, /* a source entry went away between listing and opening */
	EVENT_NOTE,     /* a remark for people: NOTE says it whole */
	EVENT_STAGE,    /* a stage of a pipeline failed: SRC is its name, NOTE says how */
	EVENT_LISTED,   /* an entry that `list` shows: LISTED */
	EVENT_BRAKE, /* what was asked for is refused for safety: NOTE says it whole, RESULT a hint */
	EVENT_RESULT, /* what a stage was to find out: SRC is its name, NOTE the line to print */
};

/*
 * One event.  All pointers are borrowed while report_emit() runs.  Paths are bytes as the system
 * gave them, NUL-terminated; NULL where they have no meaning.
 */
struct event {
	enum event_kind kind;    /* which */
	enum item_kind what;     /* the entry's kind; ITEM and ERROR */
	enum item_action action; /* ITEM only */
	const char *src;         /* source path as a person would type it */
	const char *dst;         /* destination path likewise */
	const char *path;        /* path below the destination root: what JSON and itemize print */
	const char *root;   /* of several destinations the one it is about, whose path then says
	                          * more to people than PATH; else NULL */
	int64_t size;       /* logical bytes of content; ITEM */
	struct moved moved; /* how the content travelled; ITEM */
	double seconds;     /* time spent on the entry, 0 = not measured */
	struct err err;     /* ERROR, LOST, VANISHED */
	bool fatal;         /* ERROR: the run stops because of it */
	const char *note;   /* further words, or NULL: the other name when LINKED, else reasons
	                          * joined by ", "; the whole remark of a NOTE or a REFUSE */
	const char *hash;   /* digests of the content, "xxh128:9f86...", or NULL; ITEM, and
	                          * ERROR for what changed while it was read: of what stands there */
	const char
	    *verified; /* how the content was read back, "cold", "cached", or "shared" if it was
	                          * not because it is the source's; NULL = nobody asked; ITEM */
	const char
	    *result; /* STAGE: how it ended in one word, and of an ERROR with OP_STAGE how the
	                          * command did; RESULT: the bare value; BRAKE: what helps */
	int code;    /* likewise: the exit status, signal or limit that RESULT speaks of */
	int status;  /* STAGE: the enum exit_code that the run deserves for it */
	const struct listed *listed; /* LISTED */
	const char *backup; /* name under which the replaced file was saved, or NULL; ITEM */
};

/* Counts of one worker or one run.  Merged by counts_add(); bytes unless said. */
struct counts {
	int64_t items[ACTION_N]; /* entries by what was done */
	int64_t files[ACTION_N]; /* regular files among them */
	int64_t how[METHOD_N];   /* regular files by means */
	int64_t failed;          /* entries that failed */
	int64_t vanished;        /* source entries that went away */
	int64_t changed;         /* files that changed while they were read */
	int64_t lost;            /* attributes that could not be kept */
	int64_t logical;         /* size of all content that stands at the destination now */
	int64_t written;         /* content that was written, or with --dry-run would be */
	int64_t cloned;          /* content that is shared */
	int64_t holes;           /* content that is holes */
	int64_t verified;        /* files that were read back and found good */
};

/* The name of K as JSON prints it, e.g. "file"; static storage. */
const char *item_kind_name(enum item_kind k);
/* The name of A as JSON prints it, e.g. "unchanged"; static storage. */
const char *item_action_name(enum item_action a);
/* Add FROM to TO, field by field. */
void counts_add(struct counts *to, const struct counts *from);

#endif
