/* SPDX-License-Identifier: BSD-2-Clause */
/* Files through commands: one pipeline a file, between its two descriptors. */
#include "run/filepipe.h"

#include "pipe/command.h"
#include "pipe/ends.h"
#include "pipe/tapkinds.h"
#include "sys/file.h"
#include "sys/pipe.h"
#include "sys/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	/* Blocks that one stage may hold at once: its input, its output, and a tap's own output; a worker
	 * has its own, so that none waits for another one's. */
	BUFS_PER_STAGE = 3,
	BUFS_OF_MOVERS = 6, /* movers at both ends, likewise */
	/* Descriptors of a command while it runs: its process, two timers, its standard error, and a
	 * pipe to the next stage. */
	FDS_PER_COMMAND = 8,
	FDS_OF_LOOP = 3, /* the loop, the pipeline's cancellation, and one for starting */
	SETTINGS = 3,    /* variables of the environment */
	TAIL_SHOWN = 200 /* bytes of standard error in a sentence; arbitrary, about two lines */
};

struct filepipe {
	const struct request *request;   /* borrowed */
	struct cancel *cancel;           /* the run's */
	struct stage_run run;            /* its loop and its blocks are owned */
	struct stage_env env[SETTINGS];  /* the newest last */
	struct str settings[SETTINGS];   /* their text */
	struct filepipe_failure failure; /* of the last file */
};

static void
note_nothing(void *arg, const struct stage_note *n)
{
	(void)arg;
	(void)n;
}

struct filepipe *
filepipe_new(struct run *run)
{
	const struct request *request = &run->request;
	size_t stages = request->through->n + (request->hash != NULL ? request->hash->n : 0);
	struct filepipe *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->request = request;
	p->cancel = &run->cancel;
	p->failure.words = STR_INIT;
	for (size_t i = 0; i < SETTINGS; i++) {
		p->settings[i] = STR_INIT;
		p->env[i].older = i > 0 ? &p->env[i - 1] : NULL;
	}
	p->run = (struct stage_run){
		.loop = loop_new(),
		.cancel = &run->cancel,
		.bufs = bufs_new(BUFS_PER_STAGE * stages + BUFS_OF_MOVERS, STREAM_BLOCK),
		.env = &p->env[SETTINGS - 1],
		.dir = AT_FDCWD,
		/* whoever sits at a terminal expects its ^C and ^Z to reach the commands too */
		.keeps_group = proc_is_tty(STDIN_FILENO) || proc_is_tty(STDOUT_FILENO) ||
			       proc_is_tty(STDERR_FILENO),
		.keeps_tail = true,
		.note = note_nothing,
	};
	if (p->run.loop != NULL && p->run.bufs != NULL)
		return p;
	filepipe_free(p);
	return NULL;
}

void
filepipe_free(struct filepipe *p)
{
	if (p == NULL)
		return;
	loop_free(p->run.loop);
	bufs_free(p->run.bufs);
	for (size_t i = 0; i < SETTINGS; i++)
		str_release(&p->settings[i]);
	str_release(&p->failure.words);
	free(p);
}

int
filepipe_descriptors(const struct request *request)
{
	if (request->through == NULL)
		return 0;
	return FDS_OF_LOOP + FDS_PER_COMMAND * (int)request->through->n;
}

const struct filepipe_failure *
filepipe_failure(const struct filepipe *p)
{
	return &p->failure;
}

/* Keep the digest that a hash stage tells. */
static void
keep_digest(void *arg, const char *algo, const char *hex, int64_t bytes)
{
	struct str *hash = arg;

	(void)bytes;
	str_addf(hash, "%s%s:%s", hash->len > 0 ? "," : "", algo, hex);
}

/* Put S, NULL = out of memory, at the end of P. */
static struct err
add_stage(struct pipeline *p, struct stage *s)
{
	return s != NULL ? pipeline_add(p, s) : err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
}

/* Put what REQUEST asks for into P; digests go to HASH. */
static struct err
add_stages(struct pipeline *p, const struct request *request, struct str *hash)
{
	const struct through_opts *through = request->through;
	const struct hash_algos *algos = request->hash;

	for (size_t i = 0; through != NULL && i < through->n; i++)
		TRY(add_stage(p, command_new((const char *const *)through->commands[i])));
	for (size_t i = 0; algos != NULL && i < algos->n; i++)
		TRY(add_stage(p, tap_hash_new(algos->algos[i], keep_digest, hash)));
	return ERR_OK;
}

/* What the commands are told of the file. */
static struct err
set_environment(struct filepipe *p, const struct filepipe_ends *ends)
{
	for (size_t i = 0; i < SETTINGS; i++)
		str_clear(&p->settings[i]);
	str_adds(&p->settings[0], "DECANT_SRC=");
	str_adds(&p->settings[0], ends->src_path);
	str_adds(&p->settings[1], "DECANT_DST=");
	str_adds(&p->settings[1], ends->dst_path);
	str_addf(&p->settings[2], "DECANT_SIZE=%" PRId64, (int64_t)ends->st->st_size);
	for (size_t i = 0; i < SETTINGS; i++) {
		TRY(str_check(&p->settings[i]));
		p->env[i].setting = p->settings[i].buf;
	}
	return ERR_OK;
}

/* Put both ends to their beginnings: an earlier try may have moved them. */
static struct err
rewind_ends(struct filepipe *p, const struct filepipe_ends *ends)
{
	struct fd_facts dst;

	TRY(fd_facts(ends->dst, &dst));
	if (dst.kind == FD_FILE) {
		TRY(file_truncate(ends->dst, 0));
		TRY(file_seek_to(ends->dst, 0, SIDE_DST));
	}
	if (S_ISREG(ends->st->st_mode))
		return file_seek_to(ends->src, 0, SIDE_SRC);
	/* a FIFO is waited for until somebody writes it, and then read by a command, which knows nothing
	 * of non-blocking descriptors */
	if (!fd_wait(ends->src, false, cancel_fd(p->cancel)))
		return err_make(ECANCELED, OP_OPEN, SIDE_SRC, -1);
	return fd_set_blocking(ends->src);
}

/* Append the last of what a command said, TAIL, in one line. */
static void
add_tail(struct str *out, const char *tail)
{
	size_t len = tail != NULL ? strlen(tail) : 0;
	const char *before = ": ";

	while (len > 0 && tail[len - 1] == '\n')
		len--;
	size_t from = len > TAIL_SHOWN ? len - TAIL_SHOWN : 0;
	while (from < len) {
		size_t line = 0;
		while (from + line < len && tail[from + line] != '\n')
			line++;
		if (line > 0) {
			str_adds(out, before);
			str_add(out, tail + from, line);
			before = "; ";
		}
		from += line + 1;
	}
}

/* What V, the end of the pipeline between SOURCE and SINK, means for the file. */
static struct err
judge(struct filepipe *p, const struct verdict *v, const char *source, const char *sink)
{
	struct filepipe_failure *f = &p->failure;

	if (v->kind == VERDICT_OK)
		return ERR_OK;
	if (v->kind == VERDICT_CANCELED || cancel_requested(p->cancel))
		return err_make(ECANCELED, OP_STAGE, SIDE_NONE, -1);
	if (v->kind == VERDICT_ERR && (v->stage == source || v->stage == sink))
		return v->err;
	f->result = verdict_kind_name(v->kind);
	f->code = v->code;
	str_clear(&f->words);
	str_adds(&f->words, "stage ");
	str_add_quoted(&f->words, v->stage, strlen(v->stage));
	str_addc(&f->words, ' ');
	verdict_words(v, &f->words);
	add_tail(&f->words, v->tail);
	return err_make(ECHILD, OP_STAGE, SIDE_SRC, -1);
}

/* Run PIPELINE between ENDS. */
static struct err
run_pipeline(struct filepipe *p, struct pipeline *pipeline, const struct filepipe_ends *ends)
{
	const struct pipeline_means means = { 0 };
	struct end source = {
		.fd = ends->src,
		.kind = end_kind(ends->src, false),
		.name = ends->src_path,
	};
	struct end sink = {
		.fd = ends->dst,
		.kind = end_kind(ends->dst, true),
		.name = ends->dst_path,
	};
	struct layout_fault fault;
	struct verdict v;

	TRY(pipeline_start(pipeline, &p->run, &means, &source, &sink, &fault));
	pipeline_wait(pipeline, &v);
	return judge(p, &v, source.name, sink.name);
}

struct err
filepipe_pass(
    struct filepipe *p, const struct filepipe_ends *ends, struct str *hash, struct moved *out)
{
	struct stat made;

	*out = (struct moved){ .method = METHOD_COMMAND };
	TRY(cancel_check(p->cancel));
	TRY(rewind_ends(p, ends));
	TRY(set_environment(p, ends));
	struct pipeline *pipeline = pipeline_new();
	struct err err = pipeline != NULL ? add_stages(pipeline, p->request, hash)
					  : err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	if (!err_failed(err))
		err = run_pipeline(p, pipeline, ends);
	pipeline_free(pipeline);
	TRY(err);
	TRY(str_check(hash));
	TRY(file_stat(ends->dst, SIDE_DST, &made));
	if (S_ISREG(made.st_mode))
		out->bytes = made.st_size;
	return ERR_OK;
}

struct err
filepipe_explain(const struct request *request, struct str *out)
{
	struct layout_pieces pieces = {
		.source = { .kind = WANT_FILE, .name = "file" },
		.sink = { .kind = WANT_FILE, .name = "file" },
	};
	struct layout layout = { 0 };
	struct layout_fault fault;
	const int none = -1; /* it is not run */
	struct pipeline *p = pipeline_new();
	struct err err =
	    p != NULL ? add_stages(p, request, NULL) : err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);

	/* what goes to several destinations passes us, but for clones */
	for (size_t i = 0; !err_failed(err) && i < request->n_to; i++)
		err = add_stage(p, tap_tee_new(request->to[i], &none));
	if (!err_failed(err)) {
		pieces.stages = pipeline_stages(p, &pieces.n_stages);
		err = layout_make(&pieces, &layout, &fault);
	}
	if (!err_failed(err))
		layout_explain(&pieces, &layout, out);
	layout_release(&layout);
	pipeline_free(p);
	return err;
}
