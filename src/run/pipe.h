/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verb pipe: bytes from one end through stages to the other.
 *
 * The arguments behind the options are stages, separated by arguments that are exactly "|" or "!":
 *
 *     decant pipe [OPTION]... STAGE ['|' STAGE]...
 *
 * A stage is one argument or several.  The first blank-separated word of its first argument decides
 * what it is:
 *
 *   several arguments  The first one must be a stage word (enum stage_kind).  The others are its
 *                      values, taken as they are; but the only value of cmd is split into words as
 *                      a shell would, so that cmd 'zstd -3' and cmd zstd -3 are the same.
 *   one argument       If its first word is a stage word, it is split as a shell would and then
 *                      means what several arguments mean, a single value of cmd being left whole.
 *                      Otherwise it is an end: "-" is standard input or output, "fd:N" is descriptor
 *                      N, and all else names a file, blanks and all.  Thus a file whose name is or
 *                      begins with a stage word, a "-" or "fd:" is written with a slash: ./hash.
 *
 * Only the first and the last stage can be ends.  One stage alone, if it is an end, is the source.
 * Without a source bytes come from standard input, without a sink they go to standard output; without
 * any stage they go from the one to the other, as by cat(1).
 */
#ifndef DECANT_RUN_PIPE_H
#define DECANT_RUN_PIPE_H

#include "pipe/archive.h"
#include "pipe/verdict.h"
#include "report/report.h"
#include "run/parts.h"

/* What a stage is.  The ends come first. */
enum stage_kind {
	END_FILE,     /* NAME: the file NAME */
	END_STD,      /* -: standard input, or output */
	END_FD,       /* fd:N: the descriptor N, which was inherited */
	END_CONNECT,  /* connect HOST:PORT|unix:PATH: a socket, connected to NAME */
	END_LISTEN,   /* listen [HOST:]PORT|unix:PATH: the first peer that connects to NAME */
	STAGE_CMD,    /* cmd COMMAND: a child process */
	STAGE_HASH,   /* hash ALGO[=FILE]: the digest of what passes */
	STAGE_TEE,    /* tee FILE: what passes is written to the file NAME too */
	STAGE_COUNT,  /* count: bytes and lines of what passes */
	STAGE_LIMIT,  /* limit BYTES: the first SIZE bytes pass */
	STAGE_RANGE,  /* range OFF:LEN: SIZE bytes from OFF on pass */
	STAGE_RATE,   /* rate R: at most SIZE bytes a second pass */
	STAGE_COPY,   /* copy: everything passes */
	STAGE_PACK,   /* gzip, zstd, xz [-LEVEL]: what passes is packed by FILTER */
	STAGE_UNPACK, /* gunzip, unzstd, unxz: what passes is unpacked by FILTER */
};

/* One stage.  Strings are borrowed from argv, or are in WORDS. */
struct stage_spec {
	enum stage_kind kind; /* what it is */
	const char *name;     /* of a file, or an address as end_connect() and end_listen() want it;
	                          * of hash: the algorithm, which nobody has looked up yet; else NULL */
	const char *file;     /* of hash: where the digest goes, or NULL; never empty */
	const char *const
	    *argv;    /* of cmd: the command, NULL-terminated, at least one word; else NULL */
	int fd;       /* of END_FD: the descriptor, 0 or more */
	int64_t off;  /* of range: bytes left out before it, 0 or more */
	int64_t size; /* of limit, range: bytes, 0 or more; of rate: bytes a second, 1 or more */
	enum arc_filter filter; /* of packing and unpacking: by what */
	int level;              /* of packing, or ARC_LEVEL_DEFAULT */
	char **
	    words; /* what a quoted argument was split into, one allocation, owned; NULL = nothing */
};

/* True when S is an outer end: a file, a descriptor, a socket. */
static inline bool
stage_is_end(const struct stage_spec *s)
{
	return s->kind <= END_LISTEN;
}

/* What one run of `pipe` was asked to do; const once the run starts.  Pointers into argv are borrowed.
 * In REPORT, srcs and dst are the names of the ends that are files. */
struct pipe_opts {
	struct report_opts report; /* output, --explain too */
	int64_t mem_limit;         /* bytes that each command's processes may use, 0 = no limit */
	int64_t timeout_ms;        /* time that the pipeline has, 0 = no limit */
	struct verdict_ignore ignore; /* ends of commands that pass for success */
	const char **env;          /* settings [n_env], later ones win: "NAME=value", or "NAME" to
	                               * remove it; owned array */
	size_t n_env;              /* number of them */
	const char *chdir;         /* directory to run commands in, or NULL */
	enum durability fsync;     /* FSYNC_NONE, or put a sink that is a file on disk */
	struct stage_spec *stages; /* [n_stages], first to last; owned */
	size_t n_stages;           /* number of them; 0: standard input to standard output */
};

/* The end that OPTS name as the source; NULL = none, which is standard input. */
static inline const struct stage_spec *
pipe_source(const struct pipe_opts *opts)
{
	return opts->n_stages > 0 && stage_is_end(&opts->stages[0]) ? &opts->stages[0] : NULL;
}

/* The end that OPTS name as the sink; NULL = none, which is standard output. */
static inline const struct stage_spec *
pipe_sink(const struct pipe_opts *opts)
{
	size_t n = opts->n_stages;

	return n > 1 && stage_is_end(&opts->stages[n - 1]) ? &opts->stages[n - 1] : NULL;
}

/* True when what comes out of OPTS' pipeline goes to standard output. */
static inline bool
pipe_ends_on_stdout(const struct pipe_opts *opts)
{
	const struct stage_spec *sink = pipe_sink(opts);

	return sink == NULL || sink->kind == END_STD || (sink->kind == END_FD && sink->fd == 1);
}

/*
 * Carry out OPTS.  Main thread; SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGPIPE are blocked.
 * Every failure has been reported when it returns; the result is the exit status, or 128 + n
 * after signal n, which the caller re-raises.
 */
int pipe_run(struct pipe_opts *opts);

#endif
