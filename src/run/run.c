/* SPDX-License-Identifier: BSD-2-Clause */
/* One run, whatever the verb: what it needs, the wait, and the end in its order. */
#include "base/own.h"
#include "engine/fstraits.h"
#include "run/console.h"
#include "run/fan.h"
#include "run/filepipe.h"
#include "run/likepairs.h"
#include "run/operands.h"
#include "run/sink.h"
#include "run/tell.h"
#include "sys/file.h"
#include "sys/fs.h"
#include "sys/proc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	BUF_SIZE =
	    256 << 10,  /* bytes of a worker's buffer: fits in L2 beside its copy; see engine.c */
	BATCH_CAP = 64, /* entries that wait for a worker; arbitrary, a few for each */
	TICK_MS = 200,  /* progress is redrawn five times a second (UX.md section 5) */
	/* Descriptors of a worker beside those of nodes: two files, a listing, two directories on the
	 * way to a closed one, each on both sides. */
	FDS_PER_WORKER = 6,
	FDS_OF_RUN =
	    12, /* standard ones, signals, events, base, report, list, and some leaked to us */
};

unsigned
run_crew_size(const struct run *run)
{
	int64_t type;

	/* beside what commands take, creating is nothing */
	if (run->request.through != NULL)
		return run->n_workers;
	if (run->request.jobs > 0 || run->verify != NULL || run->base->dst_fd < 0 ||
	    err_failed(file_fs_type(run->base->dst_fd, SIDE_DST, &type)))
		return run->n_workers;
	return (fs_traits(type) & FS_ONE_CREATOR) != 0 ? 1 : run->n_workers;
}

static void
retire(void *arg, unsigned number)
{
	struct run *run = arg;

	run->retire(&run->workers[number]);
}

struct err
run_start_workers(struct run *run)
{
	if (run->started)
		return ERR_OK;
	if (run->retire != NULL)
		sched_at_end(run->sched, retire, run);
	struct err err = sched_start(run->sched, run_crew_size(run));
	if (err_failed(err))
		tell_operand_error(run, run->request.report->dst, err, NULL);
	run->started = !err_failed(err);
	return err;
}

static void
handle_signal(struct run *run, int sig)
{
	if (sig == SIGUSR1) {
		report_status(run->report);
		return;
	}
	if (run->signal != 0)
		proc_exit_now(128 + sig);
	run->signal = sig;
	cancel_request(&run->cancel, err_make(ECANCELED, OP_NONE, SIDE_NONE, -1));
	bufs_wake(run->bufs);
}

/* --stop-after: the time is over. */
static void
stop_in_time(struct run *run)
{
	struct event ev = { .kind = EVENT_NOTE, .note = "stopped, as --stop-after asks" };

	run->stop_ns = 0;
	report_emit(run->report, &ev);
	report_raise(run->report, EXIT_STOPPED);
	cancel_request(&run->cancel, err_make(ECANCELED, OP_NONE, SIDE_NONE, -1));
	bufs_wake(run->bufs);
}

bool
run_pump_until(struct run *run, int fd, int timeout_ms)
{
	struct proc_wake wake = proc_wait(run->sigfd, fd, timeout_ms);
	int sig;

	while (wake.signal && (sig = proc_next_signal(run->sigfd)) != 0)
		handle_signal(run, sig);
	if (run->stop_ns > 0 && proc_now_ns() > run->stop_ns)
		stop_in_time(run);
	report_tick(run->report);
	return wake.done;
}

bool
run_pump(struct run *run, int timeout_ms)
{
	return run_pump_until(run, run->done_fd, timeout_ms);
}

static struct err
build_filter(struct run *run)
{
	const struct select_opts *select = run->request.select;

	/* a sync has rules of its own kind, but for one that is part of another verb */
	if (select->n_rules == 0 || (run->mirror != NULL && select == &run->copy->select))
		return ERR_OK;
	run->filter = filter_new();
	if (run->filter == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t i = 0; i < select->n_rules; i++) {
		const struct filter_rule *r = &select->rules[i];
		if (r->kind != RULE_FILE) {
			TRY(filter_add(
			    run->filter, r->text, strlen(r->text), r->kind == RULE_INCLUDE));
			continue;
		}
		own_mem char *text = NULL;
		size_t len;
		struct err err = fs_read_text(r->text, &text, &len);
		if (err_failed(err)) {
			tell_operand_error(run, r->text, err, NULL);
			return err_make(ECANCELED, OP_OPEN, SIDE_NONE, -1);
		}
		TRY(filter_add_file(run->filter, text, len));
	}
	return ERR_OK;
}

/* Workers and descriptors that fit in the process's limits. */
static void
fit_limits(struct run *run)
{
	const struct request *request = &run->request;
	int64_t nofile = proc_raise_nofile();
	int64_t each =
	    (int64_t)FDS_PER_WORKER * (1 + (int64_t)request->n_to) + filepipe_descriptors(request);
	int64_t of_run = FDS_OF_RUN + 2 * (int64_t)request->n_to;
	int64_t most = (nofile - of_run) / (2 * each);
	int64_t jobs = request->jobs > 0 ? request->jobs : proc_cpus();

	if (request->one_at_a_time)
		jobs = 1;
	if (jobs > most)
		jobs = most > 1 ? most : 1;
	run->n_workers = (unsigned)jobs;
	int64_t left = nofile - of_run - jobs * each;
	run->node_budget = left / 2 > 4 ? (size_t)(left / 2) : 4;
}

static struct err
make_workers(struct run *run)
{
	run->workers = calloc(run->n_workers + 1, sizeof run->workers[0]);
	if (run->workers == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (unsigned i = 0; i <= run->n_workers; i++) {
		struct worker *w = &run->workers[i];
		w->run = run;
		w->engine = &run->engine;
		w->src = w->dst = w->rel = w->why = w->hash = STR_INIT;
		w->list_buf = aligned_alloc(BUFS_ALIGN, DIR_BUF_SIZE);
		if (w->list_buf == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		TRY(bufs_borrow(run->bufs, &run->cancel, &w->buf));
		if (run->request.hash != NULL)
			TRY(hashing_init(&w->hashing, run->request.hash));
		w->hashing.observer.no_clones = run->request.hash_unshared;
		if (run->request.readback != READBACK_NONE)
			TRY(hashing_init(&w->readback, &run->request.readback_by));
		if (run->request.through == NULL)
			continue;
		w->pipe = filepipe_new(run);
		if (w->pipe == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	}
	return ERR_OK;
}

static struct err
prepare(struct run *run)
{
	struct err memory = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);

	TRY(cancel_init(&run->cancel));
	TRY(proc_eventfd(&run->done_fd));
	TRY(proc_signalfd(&run->sigfd));
	fit_limits(run);
	refusals_init(&run->refusals);
	if (run->request.bwlimit > 0) {
		pace_init(&run->pacing, run->request.bwlimit, &run->cancel);
		run->pace = &run->pacing;
	}
	run->engine = (struct engine){
		.opts = run->request.engine,
		.refusals = &run->refusals,
		.cancel = &run->cancel,
		.pace = run->pace,
	};
	run->umask = proc_umask();
	run->uid = proc_uid();
	run->gid = proc_gid();
	run->sched = sched_new(BATCH_CAP, run->done_fd);
	run->nodes = nodes_new(run->node_budget, run->sink->finish);
	run->links = run->nodes != NULL ? links_new(run->nodes) : NULL;
	run->likepairs = likepairs_new();
	run->bufs = bufs_new(run->n_workers + 1, BUF_SIZE);
	if (run->sched == NULL || run->links == NULL || run->likepairs == NULL || run->bufs == NULL)
		return memory;
	TRY(fan_make_places(run));
	TRY(make_workers(run));
	return build_filter(run);
}

static void
release(struct run *run)
{
	for (unsigned i = 0; run->workers != NULL && i <= run->n_workers; i++) {
		struct worker *w = &run->workers[i];
		if (w->buf != NULL)
			bufs_return(run->bufs, w->buf);
		free(w->list_buf);
		sides_free(w->spare);
		meta_names_release(&w->names);
		meta_names_release(&w->others);
		hashing_release(&w->hashing);
		hashing_release(&w->readback);
		filepipe_free(w->pipe);
		str_release(&w->hash);
		str_release(&w->src);
		str_release(&w->dst);
		str_release(&w->rel);
		str_release(&w->why);
	}
	free(run->workers);
	fan_free_places(run);
	links_free(run->links);
	likepairs_free(run->likepairs);
	nodes_free(run->nodes);
	sched_free(run->sched);
	bufs_free(run->bufs);
	filter_free(run->filter);
	refusals_release(&run->refusals);
	if (run->pace != NULL)
		pace_release(run->pace);
	proc_close(&run->sigfd);
	proc_close(&run->done_fd);
	cancel_release(&run->cancel);
	free(run->base_path);
	free(run->claims);
}

void
run_await(struct run *run, struct sched *s, int fd)
{
	sched_close(s);
	while (!run_pump_until(run, fd, TICK_MS))
		continue;
	sched_join(s);
}

/* The end of a run, in its order: workers done, directories finished, concluded, counted. */
static void
finish(struct run *run, const struct run_steps *steps)
{
	struct worker *w = &run->workers[run->n_workers];

	atomic_store(&run->live->walked, !run->started);
	run_await(run, run->sched, run->done_fd);
	steps->conclude(run);
	for (unsigned i = 0; i <= run->n_workers; i++)
		report_count(run->report, &run->workers[i].counts);
	if (run->base != NULL)
		nodes_drop_work(run->nodes, run->base, w);
}

int
run_carry_out(struct run *run, const struct run_steps *steps)
{
	struct report_opts *told = run->request.report;

	run->sigfd = run->done_fd = run->cancel.fd = -1;
	proc_ignore_xfsz();
	console_fill(told);
	told->jobs = run->request.jobs > 0 ? run->request.jobs : proc_cpus();
	run->report = report_new(told);
	if (run->report == NULL)
		return EXIT_STOPPED;
	run->live = report_live(run->report);
	run->wants_items = report_wants_items(run->report);
	run->wants_unchanged = report_wants_unchanged(run->report);
	report_start(run->report);
	struct err err = prepare(run);
	if (!err_failed(err)) {
		steps->give(run);
		finish(run, steps);
	} else if (err_class(err) != ERR_CLASS_CANCELED) {
		tell_operand_error(run, told->dst, err, NULL);
	}
	if (err_failed(err))
		report_raise(run->report, EXIT_STOPPED);
	release(run);
	int status = report_finish(run->report, run->signal);
	report_free(run->report);
	return status;
}
