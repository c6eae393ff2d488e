/* SPDX-License-Identifier: BSD-2-Clause */
/* What to do with an entry: the whole policy of overwriting, updating and linking, without I/O. */
#ifndef DECANT_PLAN_H
#define DECANT_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* What --update asks for. */
enum update {
	UPDATE_ALL,       /* overwrite whatever is there */
	UPDATE_NONE,      /* leave existing files alone (-n) */
	UPDATE_NONE_FAIL, /* leave them alone and count them as failed */
	UPDATE_OLDER,     /* overwrite only what is older than its source (-u) */
};

/* How --backup names the file that is replaced. */
enum backup {
	BACKUP_NONE,     /* no backup */
	BACKUP_SIMPLE,   /* name + suffix */
	BACKUP_NUMBERED, /* name.~N~ */
	BACKUP_EXISTING, /* numbered where numbered ones exist, else simple */
};

/* The options that the plan obeys; const once the run starts. */
struct plan_opts {
	enum update update; /* what to do with existing files */
	enum backup backup; /* save what is replaced */
	bool force;         /* -f: remove a destination that cannot be opened, and retry */
	bool interactive;   /* -i: ask before overwriting */
	bool atomic; /* --atomic: every file appears complete, and no name goes away meanwhile */
	bool remove_destination; /* remove an existing destination first */
	bool attributes_only;    /* leave content alone */
	bool link;               /* -l: hard-link to the source instead of copying */
	bool symlink;            /* -s: make symbolic links to the source instead */
	bool break_links; /* an existing file with several names is replaced, not rewritten */
	bool keep_directory_symlink; /* go through a destination symlink to a directory */
};

/* The destination's side of a decision. */
struct dest {
	bool exists;    /* something has the name (a dangling symbolic link too) */
	bool same;      /* it is the source, or what the source, a symbolic link, leads to */
	bool named;     /* a person named it: a device or FIFO there is written to */
	struct stat st; /* lstat of it; only when EXISTS */
};

/* What is to be done with an entry. */
enum step {
	STEP_SKIP,       /* nothing */
	STEP_ASK,        /* ask the person, then plan as without INTERACTIVE, or take STEP_SKIP */
	STEP_CREATE,     /* make a new name, which must not exist */
	STEP_PUBLISH,    /* make a new name that appears only when its file is complete */
	STEP_IN_PLACE,   /* truncate and rewrite the existing regular file */
	STEP_REPLACE,    /* make it beside and move it over the existing name */
	STEP_UNLINK,     /* remove the existing name, then as STEP_CREATE */
	STEP_MERGE,      /* both are directories: go in */
	STEP_ATTRIBUTES, /* set attributes only */
	STEP_HARD_LINK,  /* make a hard link to the source */
	STEP_SOFT_LINK,  /* make a symbolic link to the source */
	STEP_AWAY, /* remove the directory in the way with all that is in it, then as STEP_CREATE */
	STEP_REFUSE, /* an error of this entry; the reason says why */
};

/* Why; the words are plan_reason()'s. */
enum reason {
	REASON_ABSENT,        /* nothing is at the destination */
	REASON_EXISTS,        /* something is, and it may be overwritten */
	REASON_NEWER,         /* the source is newer */
	REASON_NOT_NEWER,     /* the destination is as new or newer */
	REASON_KEPT,          /* an option says that existing files stay */
	REASON_KEPT_FAIL,     /* likewise, and that counts as failed */
	REASON_SAME_FILE,     /* source and destination are one file */
	REASON_DIR_OVER_FILE, /* a directory cannot replace a non-directory */
	REASON_FILE_OVER_DIR, /* a non-directory cannot replace a directory */
	REASON_JUST_MADE,     /* this run made it from another source */
	REASON_DANGLING,      /* a dangling symbolic link is not written through */
	REASON_ATTRIBUTES,    /* only attributes were asked for */
	REASON_LINK,          /* links were asked for */
	REASON_ATOMIC,        /* it is to appear complete or not at all */
	REASON_EQUAL,         /* compared: the destination is as the source */
	REASON_DIFFERS,       /* compared: it is not */
	REASON_OPTION,        /* compared: an option says that it stays as it is */
	REASON_LEFT_OUT,      /* it is left out for its size or age */
	REASON_FULL_DIR, /* a directory that is not empty is in the way, and may not be deleted */
	REASON_N         /* number of reasons */
};

/* A decision. */
struct action {
	enum step step;     /* what */
	enum reason reason; /* why */
	bool backup;        /* save what is there before it is replaced; not said with STEP_ASK */
};

enum {
	/* From this size on a new file appears under its name only when complete (DESIGN.md 6.1):
	 * a smaller one is written within one batch of system calls. */
	PUBLISH_MIN = 1 << 20
};

/* Decide what to do with a source of SRC's type and attributes, given what stands at DST.
 * Total: every pair of inputs has an answer.  Pure; any thread. */
struct action plan_entry(
    const struct plan_opts *opts, const struct stat *src, const struct dest *dst);

/* The words for R, e.g. "destination is newer"; static storage. */
const char *plan_reason(enum reason r);

#endif
