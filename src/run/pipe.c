/* SPDX-License-Identifier: BSD-2-Clause */
/* One run of pipe: stages made, laid out, opened, started, waited for, concluded. */
#include "run/pipe.h"

#include "base/size.h"
#include "run/console.h"
#include "run/piping.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "thread/bufs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BUF_SIZE = 256 << 10, /* bytes of a block; see engine.c for where it comes from */
	/* Blocks that one stage may hold at once: its input, its output, and a tap's own output. */
	BUFS_PER_STAGE = 3,
	BUFS_OF_MOVERS = 6, /* movers at both ends, likewise */
	PIPES_KEPT = 2,     /* to splice through; a pipeline has at most two such movers */
	TICK_MS = 200,      /* progress is redrawn five times a second (UX.md section 5) */
};

/* What drives a run: the loop, the signals, the clock. */
struct driver {
	struct piping p;
	struct stage_run run;
	struct pipeline_means means;
	struct engine engine;
	struct engine_opts engine_opts;
	struct refusals refusals;
	struct cancel cancel;
	struct stage_env *env;   /* the options' settings, [n_env], the newest last; owned */
	struct watcher signals;  /* descriptor of the signals */
	struct watcher ticks;    /* timer of the report */
	struct watcher deadline; /* timer of --timeout */
	int dir;                 /* of --chdir, or AT_FDCWD; owned unless that */
	int signal;              /* the signal that ended the run, 0 = none */
	bool running;            /* the pipeline was started and not yet waited for */
};

void
piping_tell(struct piping *p, const char *name, struct err why, const char *note)
{
	bool fatal = err_class(why) == ERR_CLASS_FATAL;
	struct event ev = {
		.kind = EVENT_ERROR,
		.err = why,
		.src = why.side == SIDE_DST ? NULL : name,
		.dst = why.side == SIDE_DST ? name : NULL,
		.note = note,
		.fatal = fatal,
	};
	report_emit(p->report, &ev);
}

/* Tell that stage NAME ended as V says. */
static void
tell_stage(struct piping *p, const char *name, const struct verdict *v)
{
	struct str words = STR_INIT;

	verdict_words(v, &words);
	struct event ev = {
		.kind = EVENT_STAGE,
		.src = name,
		.note = words.buf,
		.result = verdict_kind_name(v->kind),
		.code = v->code,
		.status = verdict_status(v),
	};
	report_emit(p->report, &ev);
	str_release(&words);
}

static void
note_stage(void *arg, const struct stage_note *n)
{
	struct piping *p = arg;
	char peak[SIZE_TEXT];
	char limit[SIZE_TEXT];
	struct str line = STR_INIT;

	size_format(peak, n->peak);
	str_adds(&line, "stage ");
	str_add_quoted(&line, n->stage, strlen(n->stage));
	switch (n->kind) {
	case NOTE_PEAK:
		str_addf(&line, " had at most %s of memory", peak);
		break;
	case NOTE_OVER:
		size_format(limit, n->limit);
		str_addf(
		    &line, " has %s of memory, more than its limit of %s: killed", peak, limit);
		break;
	case NOTE_NO_SAMPLE:
		str_adds(&line, ": its memory cannot be read");
		break;
	}
	struct event ev = { .kind = EVENT_NOTE, .note = line.buf };
	report_emit(p->report, &ev);
	str_release(&line);
}

static void
on_signal(struct watcher *w)
{
	struct driver *d = w->arg;
	int sig;

	while ((sig = proc_next_signal(w->fd)) != 0) {
		if (sig == SIGUSR1) {
			report_status(d->p.report);
			continue;
		}
		if (d->signal != 0)
			proc_exit_now(128 + sig);
		d->signal = sig;
		cancel_request(&d->cancel, err_make(ECANCELED, OP_NONE, SIDE_NONE, -1));
	}
}

static void
on_tick(struct watcher *w)
{
	struct driver *d = w->arg;
	report_tick(d->p.report);
}

static void
on_deadline(struct watcher *w)
{
	struct driver *d = w->arg;

	if (d->running) {
		pipeline_stop(d->p.pipeline, STOP_DEADLINE);
		return;
	}
	d->p.expired = true;
	cancel_request(&d->cancel, err_make(ECANCELED, OP_NONE, SIDE_NONE, -1));
}

/* Have signals, ticks and the deadline waited for. */
static struct err
watch(struct driver *d)
{
	const struct pipe_opts *opts = d->p.opts;

	d->signals = (struct watcher){ .fd = -1, .ready = on_signal, .arg = d };
	d->ticks = (struct watcher){ .fd = -1, .ready = on_tick, .arg = d };
	d->deadline = (struct watcher){ .fd = -1, .ready = on_deadline, .arg = d };
	TRY(proc_signalfd(&d->signals.fd));
	TRY(loop_add(d->run.loop, &d->signals));
	TRY(loop_add_timer(d->run.loop, &d->ticks, TICK_MS, TICK_MS));
	if (opts->timeout_ms > 0)
		TRY(loop_add_timer(d->run.loop, &d->deadline, opts->timeout_ms, 0));
	return ERR_OK;
}

/* The options' settings as commands want them. */
static struct err
fill_environment(struct driver *d)
{
	const struct pipe_opts *opts = d->p.opts;

	if (opts->n_env == 0)
		return ERR_OK;
	d->env = calloc(opts->n_env, sizeof d->env[0]);
	if (d->env == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t i = 0; i < opts->n_env; i++) {
		d->env[i].setting = opts->env[i];
		d->env[i].older = i > 0 ? &d->env[i - 1] : NULL;
	}
	d->run.env = &d->env[opts->n_env - 1];
	return ERR_OK;
}

static struct err
prepare(struct driver *d)
{
	const struct pipe_opts *opts = d->p.opts;
	size_t blocks = BUFS_PER_STAGE * opts->n_stages + BUFS_OF_MOVERS;

	refusals_init(&d->refusals);
	TRY(cancel_init(&d->cancel));
	d->engine = (struct engine){
		.opts = &d->engine_opts,
		.refusals = &d->refusals,
		.cancel = &d->cancel,
	};
	d->run = (struct stage_run){
		.loop = loop_new(),
		.cancel = &d->cancel,
		.bufs = bufs_new(blocks, BUF_SIZE),
		.dir = AT_FDCWD,
		/* whoever sits at a terminal expects its ^C and ^Z to reach the commands too */
		.keeps_group = proc_is_tty(STDIN_FILENO) || proc_is_tty(STDOUT_FILENO) ||
			       proc_is_tty(STDERR_FILENO),
		.note = note_stage,
		.note_arg = &d->p,
	};
	d->means = (struct pipeline_means){
		.engine = &d->engine,
		.pipes = pipepool_new(PIPES_KEPT),
		.live = &report_live(d->p.report)->bytes_done,
	};
	d->p.cancel = &d->cancel;
	d->p.pipeline = pipeline_new();
	if (d->run.loop == NULL || d->run.bufs == NULL || d->means.pipes == NULL ||
	    d->p.pipeline == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	TRY(fill_environment(d));
	return watch(d);
}

static void
release(struct driver *d)
{
	piping_release(&d->p);
	if (d->run.loop != NULL) {
		loop_remove(d->run.loop, &d->deadline);
		loop_remove(d->run.loop, &d->ticks);
		loop_remove(d->run.loop, &d->signals);
	}
	proc_close(&d->signals.fd);
	loop_free(d->run.loop);
	bufs_free(d->run.bufs);
	pipepool_free(d->means.pipes);
	refusals_release(&d->refusals);
	cancel_release(&d->cancel);
	free(d->env);
	if (d->dir >= 0)
		file_drop(&d->dir);
}

/* What P is made of, as the planner sees it. */
static struct layout_pieces
pieces_of(const struct piping *p)
{
	struct layout_pieces pieces = {
		.source = { .kind = p->source.end.kind, .name = p->source.end.name },
		.sink = { .kind = p->sink.end.kind, .name = p->sink.end.name },
	};

	pieces.stages = pipeline_stages(p->pipeline, &pieces.n_stages);
	return pieces;
}

/* Tell that the stage FAULT is about cannot stand where it does. */
static void
tell_fault(struct piping *p, const struct layout_pieces *pieces, const struct layout_fault *fault)
{
	struct str words = STR_INIT;

	str_addf(&words, "cannot be joined: its %s %s", fault->stream, fault->why);
	struct event ev = {
		.kind = EVENT_STAGE,
		.src = fault->stage < pieces->n_stages ? pieces->stages[fault->stage]->name : "",
		.note = words.buf,
		.result = "layout",
		.status = EXIT_USAGE,
	};
	report_emit(p->report, &ev);
	str_release(&words);
}

/* Lay the stages out and explain how, before anything is opened.  False: they cannot be. */
static bool
explain(struct piping *p)
{
	struct layout_pieces pieces = pieces_of(p);
	struct layout_fault fault;
	struct layout layout = { 0 };
	struct str text = STR_INIT;

	struct err err = layout_make(&pieces, &layout, &fault);
	if (err.op == OP_REFUSE)
		tell_fault(p, &pieces, &fault);
	else if (err_failed(err))
		piping_tell(p, NULL, err, NULL);
	else if (p->opts->report.explain) {
		str_adds(&text, "pipeline: ");
		layout_explain(&pieces, &layout, &text);
		str_addc(&text, '\n');
		layout_explain_joints(&pieces, &layout, &text);
		text.buf[text.len - 1] = '\0'; /* the last line gets its end with the event */
		struct event ev = {
			.kind = EVENT_RESULT,
			.src = "pipeline",
			.note = text.buf,
			.result = text.buf,
		};
		report_emit(p->report, &ev);
	}
	str_release(&text);
	layout_release(&layout);
	return !err_failed(err);
}

/* Tell how the pipeline ended, if not well. */
static void
tell_verdict(struct driver *d, const struct verdict *v)
{
	struct piping *p = &d->p;
	bool at_source = v->stage == p->source.end.name;
	bool at_sink = v->stage == p->sink.end.name;

	if (v->kind == VERDICT_OK || (v->kind == VERDICT_CANCELED && d->signal != 0))
		return;
	/* a reader who has seen enough of our output is nobody's failure */
	if (v->kind == VERDICT_PIPE && at_sink && p->sink.is_std)
		return;
	if ((at_source || at_sink) && (v->kind == VERDICT_ERR || v->kind == VERDICT_PIPE))
		piping_tell(p, v->stage, v->err, NULL);
	else
		tell_stage(p, v->stage, v);
}

/* Tell what the run has moved. */
static void
tell_moved(struct driver *d)
{
	struct piping *p = &d->p;
	const struct mover *m = pipeline_mover(p->pipeline);
	struct counts counts = { 0 };

	if (m == NULL)
		return;
	counts.logical = counts.written = m->bytes;
	report_count(p->report, &counts);
}

/* Have progress know how much there is to move, if that can be known. */
static void
expect_bytes(struct driver *d)
{
	const struct end *source = &d->p.source.end;
	struct live *live = report_live(d->p.report);
	struct stat st;

	if (source->kind == WANT_FILE && !err_failed(file_stat(source->fd, SIDE_SRC, &st)))
		atomic_store(&live->bytes_found, st.st_size);
	atomic_store(&live->walked, true);
}

/* Run the pipeline between its open ends; true when it ended well. */
static bool
run_pipeline(struct driver *d)
{
	struct piping *p = &d->p;
	struct layout_fault fault;
	struct verdict v;

	expect_bytes(d);
	struct err err =
	    pipeline_start(p->pipeline, &d->run, &d->means, &p->source.end, &p->sink.end, &fault);
	p->source.end.fd = -1; /* the pipeline's, whatever came of it */
	if (err_failed(err)) {
		piping_tell(p, NULL, err, NULL);
		return false;
	}
	d->running = true;
	pipeline_wait(p->pipeline, &v);
	d->running = false;
	tell_verdict(d, &v);
	tell_moved(d);
	return v.kind == VERDICT_OK;
}

/* Open the directory that commands are to run in. */
static bool
open_chdir(struct driver *d)
{
	const char *path = d->p.opts->chdir;

	if (path == NULL)
		return true;
	struct err err = dir_open_place(AT_FDCWD, path, &d->dir);
	if (err_failed(err))
		piping_tell(&d->p, path, err, NULL);
	d->run.dir = d->dir;
	return !err_failed(err);
}

/* Ends that are waited for, in a thread of their own, because signals are heard in this one. */
struct opener {
	struct driver *driver;
	struct watcher opened; /* of an eventfd */
	bool done;             /* OPENED was readable */
	bool well;             /* everything is open; the thread's, until it was joined */
};

static void *
open_all(void *arg)
{
	struct opener *o = arg;

	o->well = piping_open(&o->driver->p);
	proc_eventfd_signal(o->opened.fd);
	return NULL;
}

static void
on_opened(struct watcher *w)
{
	struct opener *o = w->arg;
	o->done = true;
}

/* Open all in a thread, hearing signals meanwhile. */
static struct err
open_hearing(struct opener *o)
{
	struct loop *loop = o->driver->run.loop;
	pthread_t thread;

	TRY(proc_eventfd(&o->opened.fd));
	TRY(loop_add(loop, &o->opened));
	int code = pthread_create(&thread, NULL, open_all, o);
	if (code != 0)
		return err_make(code, OP_THREAD, SIDE_NONE, -1);
	while (!o->done)
		loop_step(loop, -1);
	pthread_join(thread, NULL);
	return ERR_OK;
}

static bool
open_ends(struct driver *d)
{
	struct opener o = {
		.driver = d,
		.opened = { .fd = -1, .ready = on_opened, .arg = &o },
	};

	if (!piping_open_waits(&d->p))
		return piping_open(&d->p);
	struct err err = open_hearing(&o);
	loop_remove(d->run.loop, &o.opened);
	proc_close(&o.opened.fd);
	if (err_failed(err))
		piping_tell(&d->p, NULL, err, NULL);
	return o.well;
}

static void
carry_out(struct driver *d)
{
	struct piping *p = &d->p;

	if (!open_chdir(d) || !piping_make_stages(p) || !piping_look_at_ends(p) || !explain(p))
		return;
	if (p->opts->report.dry_run)
		return;
	piping_conclude(p, open_ends(d) && run_pipeline(d));
}

int
pipe_run(struct pipe_opts *opts)
{
	struct driver d = {
		.p = {
			.opts = opts,
			.source = { .file = { .fd = -1, .dir = -1 }, .peer = -1 },
			.sink = { .file = { .fd = -1, .dir = -1 }, .peer = -1 },
		},
		.cancel = { .fd = -1 },
		.signals = { .fd = -1 },
		.dir = AT_FDCWD,
	};

	proc_ignore_xfsz();
	console_fill(&opts->report);
	opts->report.io.stdout_is_data = pipe_ends_on_stdout(opts);
	d.p.report = report_new(&opts->report);
	if (d.p.report == NULL)
		return EXIT_STOPPED;
	report_start(d.p.report);
	struct err err = prepare(&d);
	if (err_failed(err)) {
		piping_tell(&d.p, NULL, err, NULL);
		report_raise(d.p.report, EXIT_STOPPED);
	} else {
		carry_out(&d);
	}
	release(&d);
	int status = report_finish(d.p.report, d.signal);
	report_free(d.p.report);
	return status;
}
