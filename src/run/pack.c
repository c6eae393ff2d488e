/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verb pack.
 *
 *     workers: walk, prepare --> ring of entries --> writer [--> hash] [--> compressor --> hash] --> output
 *
 * The workers are those of any run; the writer and what follows it are a pipeline, which the main thread
 * waits for, handling the run's signals meanwhile.
 */
#include "run/pack.h"

#include "base/own.h"
#include "pipe/ends.h"
#include "pipe/function.h"
#include "pipe/squeeze.h"
#include "pipe/tapkinds.h"
#include "run/packing.h"
#include "run/sink.h"
#include "run/tell.h"
#include "sys/file.h"
#include "sys/proc.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	AHEAD_MOST = 16,  /* batches read ahead: 16 MiB of content; arbitrary */
	AHEAD_LEAST = 2,  /* below it nothing is ahead */
	FDS_BESIDE = 16,  /* descriptors of the run and the pipeline */
	FDS_A_WORKER = 6, /* as in run.c */
	BLOCKS = 4,       /* of streams: two outputs, and as many inputs */
	TICK_MS = 200,    /* progress is redrawn five times a second (UX.md section 5) */
};

/* What the main thread waits with. */
struct driver {
	struct packing *p;
	struct pipeline *pipeline;
	struct loop *loop;      /* of the two that follow, and of the pipeline */
	struct bufs *bufs;      /* of the streams */
	struct watcher signals; /* descriptor of the signals */
	struct watcher ticks;   /* timer of the report */
};

/* Tell that the run ends because of WHY with NAME, unless something was told. */
static void
tell_end(struct packing *p, const char *name, struct err why, const char *note)
{
	struct event ev = {
		.kind = EVENT_ERROR,
		.err = why,
		.src = why.side == SIDE_DST ? NULL : name,
		.dst = why.side == SIDE_DST ? name : NULL,
		.note = note,
		.fatal = true,
	};

	cancel_request(&p->run.cancel, why);
	if (err_class(why) != ERR_CLASS_CANCELED && !atomic_exchange(&p->run.stopped, true))
		report_emit(p->run.report, &ev);
}

static const char *
archive_name(const struct packing *p)
{
	return strcmp(p->opts->archive, "-") == 0 ? "stdout" : p->opts->archive;
}

/* Nothing is left to do for a directory when all below it is done. */
static void
finish_nothing(struct node *n, struct err why, void *worker)
{
	(void)n;
	(void)why;
	(void)worker;
}

/* An archive's entries go in their order, which is not that of the jobs that call a sink. */
static const struct sink sink_none = { .finish = finish_nothing };

static void
prepare_batch(void *arg, struct worker *w, struct pack_batch *b)
{
	const struct packing *p = arg;
	pack_batch_prepare(b, w, &p->wants);
}

static enum ahead_listed
list_item(void *arg, struct worker *w, struct pack_item *item)
{
	return packwalk_next(((struct packing *)arg)->walk, w, item);
}

static bool
list_would_wait(void *arg)
{
	return packwalk_would_wait(((struct packing *)arg)->walk);
}

/* A worker's job of the run. */
struct pack_job {
	struct job job; /* first */
	struct packing *p;
};

static void
work(struct job *job, unsigned number)
{
	struct packing *p = ((struct pack_job *)job)->p;

	ahead_work(p->ahead, &p->run.workers[number]);
	free(job);
}

/* Let all workers list and prepare. */
static struct err
start_workers(struct packing *p)
{
	for (unsigned i = 0; i < p->run.n_workers; i++) {
		struct pack_job *job = malloc(sizeof *job);
		if (job == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		*job = (struct pack_job){ .job = { .run = work }, .p = p };
		BUG_ON(!sched_push(p->run.sched, LANE_DIRS, &job->job));
	}
	return sched_start(p->run.sched, p->run.n_workers);
}

static void
keep_digest(void *arg, const char *algo, const char *hex, int64_t bytes)
{
	struct pack_digests *d = arg;
	const char *name = archive_name(d->packing);

	(void)bytes;
	str_addf(&d->values, "%s:%s\n", algo, hex);
	str_addf(&d->lines, "%s:%s  ", algo, hex);
	str_add_shown(&d->lines, name, strlen(name));
	str_addf(&d->lines, "%s%s", d->what != NULL ? d->what : "", "\n");
}

/* Put STAGE, NULL = out of memory, at the end of D's pipeline. */
static struct err
add_stage(struct driver *d, struct stage *stage)
{
	if (stage == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	return pipeline_add(d->pipeline, stage);
}

static struct err
add_digests(struct driver *d, struct pack_digests *digests)
{
	const struct hash_algos *algos = &d->p->opts->hash;

	for (size_t i = 0; i < algos->n; i++)
		TRY(add_stage(d, tap_hash_new(algos->algos[i], keep_digest, digests)));
	return ERR_OK;
}

static struct err
add_stages(struct driver *d)
{
	struct packing *p = d->p;
	const struct pack_opts *opts = p->opts;
	const struct function write = {
		.name = "pack",
		.body = packing_write,
		.arg = p,
		.in = { .want = WANT_NONE },
		.out = { .want = WANT_ANY },
	};
	const struct squeeze squeeze = {
		.module = p->module,
		.name = arc_filter_name(opts->kind.filter),
		.filter = opts->kind.filter,
		.packs = true,
		.level = opts->level,
		.threads = opts->jobs > 0 ? (unsigned)opts->jobs : (unsigned)proc_cpus(),
		.reproducible = opts->reproducible,
		.index = opts->seekable,
		.text = p->said,
	};

	TRY(add_stage(d, function_new(&write)));
	if (opts->dry_run)
		return ERR_OK;
	TRY(add_digests(d, &p->plain));
	if (!packing_deflates(p))
		return ERR_OK;
	p->plain.what = " (uncompressed)";
	TRY(add_stage(d, squeeze_new(&squeeze)));
	return add_digests(d, &p->packed);
}

/* A signal, or time for the report: whatever stopped the run, nobody is to wait for an entry then.  The
 * pipeline watches the cancellation itself, but knows nothing of the entries. */
static void
on_run(struct watcher *w)
{
	struct packing *p = w->arg;

	(void)run_pump(&p->run, 0);
	if (cancel_requested(&p->run.cancel))
		ahead_stop(p->ahead);
}

/* Tell how the pipeline ended, if not well. */
static void
tell_verdict(struct packing *p, const struct verdict *v)
{
	const char *said = p->said[0] != '\0' ? p->said : NULL;

	p->well = v->kind == VERDICT_OK;
	if (!p->well && v->kind != VERDICT_CANCELED)
		tell_end(p, archive_name(p), v->err, said);
}

/* Explain how the stages are joined, if that was asked for. */
static void
explain(struct driver *d, const struct end *sink)
{
	struct packing *p = d->p;
	struct layout_pieces pieces = {
		.source = { .kind = WANT_NONE, .name = "tree" },
		.sink = { .kind = sink->kind, .name = sink->kind == WANT_FILE ? "file" : "fd" },
	};
	struct layout_fault fault;
	struct layout layout = { 0 };
	struct str text = STR_INIT;

	if (!p->opts->report.explain || p->opts->dry_run)
		return;
	pieces.stages = pipeline_stages(d->pipeline, &pieces.n_stages);
	str_adds(&text, "pipeline: ");
	if (!err_failed(layout_make(&pieces, &layout, &fault))) {
		layout_explain(&pieces, &layout, &text);
		struct event ev = {
			.kind = EVENT_RESULT,
			.src = "pipeline",
			.note = text.buf,
			.result = text.buf,
		};
		report_emit(p->run.report, &ev);
	}
	layout_release(&layout);
	str_release(&text);
}

/* Drive the pipeline to its end; the workers run. */
static struct err
drive(struct driver *d, const struct end *sink)
{
	struct packing *p = d->p;
	struct run *run = &p->run;
	const struct stage_run stage_run = {
		.loop = d->loop,
		.cancel = &run->cancel,
		.bufs = d->bufs,
		.dir = AT_FDCWD,
	};
	const struct pipeline_means means = { 0 };
	const struct end source = { .fd = -1, .kind = WANT_NONE, .name = "tree" };
	struct layout_fault fault;
	struct verdict v;

	TRY(loop_add(d->loop, &d->signals));
	TRY(loop_add_timer(d->loop, &d->ticks, TICK_MS, TICK_MS));
	TRY(pipeline_start(d->pipeline, &stage_run, &means, &source, sink, &fault));
	pipeline_wait(d->pipeline, &v);
	tell_verdict(p, &v);
	return ERR_OK;
}

/* Write to SINK what the workers read. */
static struct err
run_pipeline(struct packing *p, const struct end *sink)
{
	struct driver d = {
		.p = p,
		.pipeline = pipeline_new(),
		.loop = loop_new(),
		.bufs = bufs_new(BLOCKS, STREAM_BLOCK),
		.signals = { .fd = p->run.sigfd, .ready = on_run, .arg = p },
		.ticks = { .fd = -1, .ready = on_run, .arg = p },
	};
	struct err err = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);

	if (d.pipeline != NULL && d.loop != NULL && d.bufs != NULL)
		err = add_stages(&d);
	if (!err_failed(err)) {
		explain(&d, sink);
		err = drive(&d, sink);
	}
	if (d.loop != NULL) {
		loop_remove(d.loop, &d.ticks);
		loop_remove(d.loop, &d.signals);
	}
	pipeline_free(d.pipeline);
	loop_free(d.loop);
	bufs_free(d.bufs);
	return err;
}

/* Open the base: the directory of -C, or the current one. */
static struct err
open_base(struct packing *p)
{
	struct run *run = &p->run;
	int fd = AT_FDCWD;

	if (p->opts->chdir != NULL)
		TRY(dir_open_path(AT_FDCWD, p->opts->chdir, SIDE_SRC, &fd));
	run->base = node_new_base(run->nodes, fd, -1, NULL);
	if (run->base == NULL) {
		if (fd >= 0)
			file_drop(&fd);
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	}
	return ERR_OK;
}

/* Begin the archive: SINK is where it goes.  It and what it replaces are to be left out. */
static struct err
open_archive(struct packing *p, struct end *sink, const char **why)
{
	const char *name = p->opts->archive;
	struct stat *seen = p->wants.archives;

	*sink = (struct end){ .fd = -1, .kind = WANT_NONE, .name = archive_name(p) };
	if (p->opts->dry_run)
		return ERR_OK;
	if (strcmp(name, "-") == 0) {
		sink->fd = STDOUT_FILENO;
		if (proc_is_tty(sink->fd)) {
			*why = "it is a terminal";
			return err_make(EINVAL, OP_REFUSE, SIDE_DST, -1);
		}
	} else {
		(void)dir_stat(AT_FDCWD, name, true, SIDE_DST, &seen[1]); /* there may be none */
		TRY(outfile_begin(&p->file, name));
		sink->fd = p->file.fd;
	}
	sink->kind = end_kind(sink->fd, true);
	return file_stat(sink->fd, SIDE_DST, &seen[0]);
}

/* Batches to read ahead, as many as descriptors allow; half of what is left is the nodes'. */
static size_t
how_far_ahead(const struct run *run)
{
	int64_t left = proc_raise_nofile() - FDS_BESIDE - (int64_t)run->n_workers * FDS_A_WORKER;
	int64_t n = left / 4 / PACK_BATCH;

	return n > AHEAD_MOST ? AHEAD_MOST : n < AHEAD_LEAST ? AHEAD_LEAST : (size_t)n;
}

/* Begin the manifest, if there is to be one.  It and what it replaces are to be left out, too. */
static struct err
open_manifest(struct packing *p)
{
	const struct pack_opts *opts = p->opts;
	struct stat *seen = p->wants.manifests;

	if (opts->manifest == NULL)
		return ERR_OK;
	(void)dir_stat(AT_FDCWD, opts->manifest, true, SIDE_DST, &seen[1]); /* there may be none */
	TRY(manifestout_begin(&p->manifest, &p->run, opts->manifest, &opts->noted, false, false));
	return file_stat(p->manifest.file.fd, SIDE_DST, &seen[0]);
}

/* Prepare everything; *CULPRIT is who failed. */
static struct err
prepare(struct packing *p, struct end *sink, const char **culprit, const char **why)
{
	const struct pack_opts *opts = p->opts;

	*culprit = ARC_MODULE_FILE;
	if (!opts->dry_run)
		TRY(arc_find(&p->module, why));
	*culprit = opts->chdir;
	TRY(open_base(p));
	*culprit = opts->select.files_from;
	TRY(packwalk_new(&p->run, &p->walk));
	*culprit = archive_name(p);
	TRY(open_archive(p, sink, why));
	*culprit = opts->manifest;
	TRY(open_manifest(p));
	p->ahead = ahead_new(how_far_ahead(&p->run), &p->ahead_ops);
	return p->ahead != NULL ? ERR_OK : err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
}

static void
give(struct run *run)
{
	struct packing *p = (struct packing *)run;
	const char *culprit = NULL;
	const char *why = NULL;
	struct end sink;

	struct err err = prepare(p, &sink, &culprit, &why);
	if (!err_failed(err)) {
		err = start_workers(p);
		if (!err_failed(err)) {
			run->started = true;
			err = run_pipeline(p, &sink);
		}
		ahead_stop(p->ahead);
	}
	if (err_failed(err))
		tell_end(p, culprit, err, why);
}

/* Print the lines of D. */
static void
tell_digests(struct packing *p, struct pack_digests *d)
{
	char *values = d->values.buf;

	if (err_failed(str_check(&d->lines)) || err_failed(str_check(&d->values)))
		return;
	for (char *rest = d->lines.buf, *line; (line = strsep(&rest, "\n")) != NULL;) {
		struct event ev = {
			.kind = EVENT_RESULT,
			.src = d->what != NULL ? "uncompressed" : "archive",
			.note = line,
			.result = strsep(&values, "\n"),
		};
		if (line[0] != '\0')
			report_emit(p->run.report, &ev);
	}
}

static void
conclude(struct run *run)
{
	struct packing *p = (struct packing *)run;
	bool well = p->well && !cancel_requested(&run->cancel);

	ahead_free(p->ahead, &run->workers[run->n_workers]);
	packwalk_free(p->walk, &run->workers[run->n_workers]);
	if (well && p->file.fd >= 0) {
		struct err err = outfile_publish(&p->file, p->opts->fsync != FSYNC_NONE);
		if (err_failed(err))
			tell_end(p, archive_name(p), err, NULL);
		well = !err_failed(err);
	}
	outfile_discard(&p->file);
	if (well)
		manifestout_publish(&p->manifest, run, p->opts->fsync != FSYNC_NONE);
	manifestout_release(&p->manifest, run);
	if (well) {
		tell_digests(p, &p->plain);
		tell_digests(p, &p->packed);
	}
	str_release(&p->plain.lines);
	str_release(&p->plain.values);
	str_release(&p->packed.lines);
	str_release(&p->packed.values);
}

int
pack_run(struct pack_opts *opts)
{
	static const struct run_steps steps = { .give = give, .conclude = conclude };
	unsigned can = arc_format_can(opts->kind.format);
	struct packing p = {
		.opts = opts,
		.file = { .fd = -1, .dir = -1 },
		.manifest = MANIFESTOUT_INIT,
		.wants = {
			.content = !opts->dry_run,
			.xattrs = !opts->dry_run && (can & ARC_CAN_XATTRS) != 0,
			/* where the holes are is a matter of the file system */
			.sparse = !opts->reproducible && (can & ARC_CAN_SPARSE) != 0,
		},
		.run = {
			.sink = &sink_none,
			.request = {
				.walk = &opts->walk,
				.select = &opts->select,
				.hash = opts->manifest != NULL ? &opts->noted : NULL,
				.report = &opts->report,
				.jobs = opts->jobs,
				.dry_run = opts->dry_run,
				.operands = opts->operands,
				.n_operands = opts->n_operands,
			},
		},
	};

	p.ahead_ops = (struct ahead_ops){
		.list = list_item,
		.would_wait = list_would_wait,
		.prepare = prepare_batch,
		.arg = &p,
	};
	pack_attrs_init(&p.attrs, opts);
	if (!opts->dry_run)
		p.wants.attrs = &p.attrs;
	p.plain = p.packed = (struct pack_digests){ &p, NULL, STR_INIT, STR_INIT };
	opts->report.io.stdout_is_data = strcmp(opts->archive, "-") == 0;
	meta_read_rules("/etc/xattr.conf");
	int status = run_carry_out(&p.run, &steps);
	pack_attrs_release(&p.attrs);
	return status;
}
