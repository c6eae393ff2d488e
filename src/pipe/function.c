/* SPDX-License-Identifier: BSD-2-Clause */
/* A function stage: its thread, and the one way in which it ends. */
#include "pipe/function.h"

#include "sys/proc.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A function stage. */
struct function_stage {
	struct stage stage;  /* first */
	struct function f;   /* what it is */
	struct watcher done; /* its descriptor is readable when the body has returned */
	struct loop *loop;   /* where DONE waits; NULL = nowhere */
	pthread_t thread;    /* valid while THREADED */
	bool threaded;       /* to be joined */
	bool is_inline;      /* no thread is to be made */
	struct in *in;       /* never NULL once started */
	struct out *out;     /* likewise */
	struct in no_in;     /* for IN where there is no input */
	struct out no_out;   /* for OUT where there is no output */
	enum stop_why why;   /* what it was stopped for; valid if STOPPED */
	bool stopped;        /* stop() was called while it ran */
	/* --- written by the thread, read after it was joined --- */
	struct err result;  /* of the body, or of the first close that failed */
	const char *stream; /* "stdin" or "stdout" when RESULT is of a close */
	bool early;         /* it had enough */
	char name[];        /* its name */
};

static struct function_stage *
function_of(struct stage *s)
{
	return (struct function_stage *)(void *)s;
}

static void
ports(const struct stage *s, struct port *in, struct port *out)
{
	const struct function_stage *fs = (const struct function_stage *)(const void *)s;

	*in = fs->f.in;
	*out = fs->f.out;
}

/* Keep E, of closing STREAM, unless something worse has happened before it. */
static void
keep_close_error(struct function_stage *fs, struct err e, const char *stream)
{
	if (err_failed(fs->result) || !err_failed(e))
		return;
	fs->result = e;
	fs->stream = stream;
}

/* The one way in which a function ends: what it wrote leaves, its ends close, output before input. */
static void
carry_out(struct function_stage *fs)
{
	fs->result = fs->f.body(fs->f.arg, fs->in, fs->out, &fs->early);
	fs->out->cut_short = err_failed(fs->result);
	keep_close_error(fs, out_close(fs->out), "stdout");
	keep_close_error(fs, in_close(fs->in), "stdin");
}

static void *
thread_main(void *arg)
{
	struct function_stage *fs = arg;
	char name[16] = "dc-";

	strncat(name, fs->name, sizeof name - 1 - strlen(name));
	proc_name_thread(name);
	carry_out(fs);
	proc_eventfd_signal(fs->done.fd);
	return NULL;
}

static void
on_done(struct watcher *w)
{
	struct function_stage *fs =
	    (struct function_stage *)(void *)((char *)w - offsetof(struct function_stage, done));

	loop_remove(fs->loop, w);
	stage_set_ended(&fs->stage);
}

/* Have the body run in a thread, whose end the loop of RUN learns of. */
static struct err
start_thread(struct function_stage *fs, const struct stage_run *run)
{
	fs->done = (struct watcher){ .fd = -1, .ready = on_done };
	TRY(proc_eventfd(&fs->done.fd));
	TRY(loop_add(run->loop, &fs->done));
	fs->loop = run->loop;
	int code = pthread_create(&fs->thread, NULL, thread_main, fs);
	if (code != 0)
		return err_make(code, OP_THREAD, SIDE_NONE, -1);
	fs->threaded = true;
	return ERR_OK;
}

static struct err
start(struct stage *s, const struct stage_run *run, struct in *in, struct out *out)
{
	struct function_stage *fs = function_of(s);

	s->started = true;
	in_init(&fs->no_in, -1, false, run->bufs, run->cancel);
	out_init(&fs->no_out, -1, false, run->bufs, run->cancel);
	fs->in = in != NULL ? in : &fs->no_in;
	fs->out = out != NULL ? out : &fs->no_out;
	fs->in->companion = fs->out;
	if (fs->is_inline)
		return ERR_OK;
	struct err err = start_thread(fs, run);
	if (err_failed(err)) {
		fs->result = err;
		stage_set_ended(s);
	}
	return err;
}

static void
stop(struct stage *s, enum stop_why why)
{
	struct function_stage *fs = function_of(s);

	/* its streams belong to who stops it, and are canceled there */
	if (!s->started || s->ended || fs->stopped)
		return;
	fs->stopped = true;
	fs->why = why;
}

static enum verdict_kind
kind_of_end(const struct function_stage *fs)
{
	if (!err_failed(fs->result))
		return fs->early ? VERDICT_EARLY : VERDICT_OK;
	if (err_is_broken_pipe(fs->result))
		return VERDICT_PIPE;
	if (err_class(fs->result) == ERR_CLASS_CANCELED)
		return fs->stopped && fs->why == STOP_DEADLINE ? VERDICT_DEADLINE
							       : VERDICT_CANCELED;
	return VERDICT_ERR;
}

static void
verdict(struct stage *s, struct verdict *v)
{
	struct function_stage *fs = function_of(s);
	bool began = fs->threaded || fs->is_inline;

	if (fs->threaded)
		pthread_join(fs->thread, NULL);
	fs->threaded = false;
	if (fs->loop != NULL)
		loop_remove(fs->loop, &fs->done);
	proc_close(&fs->done.fd);
	/* what the body never got to see is closed here; nothing was written, nothing can be lost */
	(void)out_close(fs->out);
	(void)in_close(fs->in);
	*v = (struct verdict){
		.kind = began ? kind_of_end(fs) : VERDICT_START,
		.err = fs->result,
		.stage = s->name,
		.stream = fs->stream,
	};
}

static void
free_function(struct stage *s)
{
	struct function_stage *fs = function_of(s);

	if (fs->f.release != NULL)
		fs->f.release(fs->f.arg);
	free(fs);
}

static const struct stage_ops function_ops = {
	.ports = ports,
	.start = start,
	.feed = stage_feed_never,
	.end = stage_end_never,
	.stop = stop,
	.verdict = verdict,
	.leader = stage_no_leader,
	.free = free_function,
};

struct stage *
function_new(const struct function *f)
{
	size_t len = strlen(f->name);
	struct function_stage *fs = calloc(1, sizeof *fs + len + 1);

	if (fs == NULL)
		return NULL;
	memcpy(fs->name, f->name, len + 1);
	fs->f = *f;
	fs->f.name = fs->name;
	fs->done.fd = -1;
	fs->stage = (struct stage){
		.ops = &function_ops,
		.name = fs->name,
		.kind = STAGE_FUNCTION,
		.identity = f->identity,
	};
	return &fs->stage;
}

void
function_set_inline(struct stage *s)
{
	function_of(s)->is_inline = true;
}

void
function_run_inline(struct stage *s)
{
	carry_out(function_of(s));
	stage_set_ended(s);
}
