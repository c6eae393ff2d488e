/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb unpack: one thread decodes, the workers create; directories and digests at the end. */
#include "run/unpack.h"

#include "run/arcsync.h"
#include "run/ignores.h"
#include "run/mirror.h"
#include "run/sink.h"
#include "run/unpacking.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/fs.h"
#include "sys/owner.h"
#include "sys/proc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	BATCH_SIZE = 256 << 10, /* as the buffers of a run; see engine.c */
	/* Batches for each worker beside those of the decoder: enough that none waits where directories
	 * are small; arbitrary. */
	BATCHES_PER_WORKER = 4,
	BATCHES_MORE = 4,
	TICK_MS = 200, /* progress is redrawn five times a second (UX.md section 5) */
};

/* Users and groups that only ACLs name. */
static int64_t
id_of(void *arg, const char *name, bool group)
{
	(void)arg;
	return owner_number(name, group);
}

static void *
decode(void *arg)
{
	struct unpacking *u = arg;

	proc_name_thread("dc-decode");
	unpack_decode(u);
	proc_eventfd_signal(u->decoded_fd);
	return NULL;
}

/* Have the decoder run, and wait for it. */
static struct err
run_decoder(struct unpacking *u)
{
	TRY(proc_eventfd(&u->decoded_fd));
	int code = pthread_create(&u->thread, NULL, decode, u);
	if (code != 0)
		return err_make(code, OP_THREAD, SIDE_NONE, -1);
	while (!run_pump_until(&u->run, u->decoded_fd, TICK_MS)) {
		if (cancel_requested(&u->run.cancel))
			arcsource_wake(&u->source);
	}
	pthread_join(u->thread, NULL);
	return ERR_OK;
}

static struct err
prepare(struct unpacking *u)
{
	struct run *run = &u->run;

	u->w = &run->workers[run->n_workers];
	u->batches =
	    bufs_new((size_t)run->n_workers * BATCHES_PER_WORKER + BATCHES_MORE, BATCH_SIZE);
	if (u->batches == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	return picking_init(&u->picking, u->opts->members, u->opts->n_members, run->filter);
}

static void
give(struct run *run)
{
	struct unpacking *u = unpacking_of(run);
	const struct arc_read_options options = { .id_of = u->opts->numeric ? NULL : id_of };
	const struct arcsource_how how = {
		.path = u->opts->archive,
		.hash = u->opts->hash != NULL ? &u->algos : NULL,
		.options = &options,
		.cancel = &run->cancel,
	};
	const char *why;

	if (run->mirror != NULL && !arcsync_prepare(run)) {
		u->stop = STOP_BROKEN;
		return;
	}
	if (err_failed(u->unnamed)) {
		tell_operand_error(run, u->culprit, u->unnamed, u->why);
		report_raise(run->report, EXIT_USAGE);
		u->stop = STOP_BROKEN;
		return;
	}
	struct err err = prepare(u);
	if (err_failed(err)) {
		tell_operand_error(run, NULL, err, NULL);
		return;
	}
	err = arcsource_open(&u->source, &how, &why);
	if (err_failed(err)) {
		tell_operand_error(run, why != NULL ? ARC_MODULE_FILE : u->opts->archive, err, why);
		report_raise(run->report, EXIT_STOPPED);
		u->stop = STOP_BROKEN;
		return;
	}
	if (!unpacknote_begin(u) || !u->use->begin(u) || err_failed(run_start_workers(run))) {
		u->stop = STOP_BROKEN;
		return;
	}
	err = run_decoder(u);
	if (err_failed(err))
		tell_operand_error(run, NULL, err, NULL);
	chain_release(u->w, &u->chain);
}

/* Print the digests of the archive itself. */
static void
tell_digests(struct unpacking *u)
{
	static const char *const labels[] = { "compressed", "uncompressed" };
	bool packed = u->source.filter != ARC_PLAIN;

	for (int i = 0; i < 2; i++) {
		struct str value = STR_INIT;
		struct str line = STR_INIT;
		bool is_there = packed || i == 1;

		hashing_text(&u->source.hashing[packed ? i : 0], &value);
		str_adds(&line, labels[i]);
		str_addc(&line, ' ');
		str_add(&line, value.buf, value.len);
		struct event ev = {
			.kind = EVENT_RESULT,
			.src = labels[i],
			.note = line.buf,
			.result = value.buf,
		};
		if (is_there)
			report_emit(u->run.report, &ev);
		str_release(&value);
		str_release(&line);
	}
}

/* Tell which operands nothing matched. */
static void
tell_missing(struct unpacking *u)
{
	for (size_t i = 0; i < u->picking.n; i++) {
		struct arc_name name = { .bytes = u->picking.texts[i] };
		if (!u->picking.picks[i].used)
			unpack_tell(u, name, err_make(ENOENT, OP_REFUSE, SIDE_NONE, -1),
			    "nothing in the archive has this name");
	}
}

/* What came whole is finished, whatever ended the archive. */
void
unpack_finish(struct unpacking *u)
{
	struct run *run = &u->run;

	if (run->mirror != NULL)
		arcsync_delete(u);
	unpack_directories(u);
	unpacknote_end(u);
	if (u->opts->fsync != FSYNC_NONE && !cancel_requested(&run->cancel)) {
		struct err err = fs_sync(run->base->dst_fd);
		if (err_failed(err))
			tell_operand_error(run, run->request.report->dst, err, NULL);
	}
	owndir_end(u);
}

static void
conclude(struct run *run)
{
	struct unpacking *u = unpacking_of(run);
	bool gone = cancel_requested(&run->cancel);

	if (run->base != NULL && u->stop == STOP_NOT && !gone) {
		tell_missing(u);
		if (u->source.hashes)
			tell_digests(u);
	}
	if (run->base != NULL && u->use->end != NULL)
		u->use->end(u);
}

static void
release(struct unpacking *u)
{
	arcsource_close(&u->source);
	bufs_free(u->batches);
	picking_release(&u->picking);
	dirspool_release(&u->spool);
	madeset_release(&u->made);
	pathset_release(&u->has);
	unpacknote_release(u);
	str_release(&u->full);
	str_release(&u->path);
	str_release(&u->link);
	str_release(&u->top);
	pthread_cond_destroy(&u->idle);
	pthread_mutex_destroy(&u->lock);
	proc_close(&u->decoded_fd);
	file_drop(&u->above);
	free(u->own);
	free(u->base_strand);
	owner_map_release(&u->owners);
	free(u);
}

/* Look for what the options name.  Main thread; what is missing is told once there is a report. */
static void
find_named(struct unpacking *u)
{
	const struct unpack_opts *opts = u->opts;

	if (opts->manifest != NULL)
		hash_algos_default(&u->algos);
	if (opts->hash != NULL)
		u->unnamed = hash_algos_find(opts->hash, &u->algos, &u->culprit, &u->why);
	if (opts->owner_map != NULL && !err_failed(u->unnamed))
		u->unnamed = owner_map_read(&u->owners, opts->owner_map, &u->culprit);
}

int
unpack_run_for(struct unpack_opts *opts, const struct unpack_for *what)
{
	static const struct run_steps steps = { .give = give, .conclude = conclude };
	static const struct sink sink = { .finish = unpack_finish_directory };
	static const struct walk_opts no_walk;
	struct unpacking *u = calloc(1, sizeof *u);

	if (u == NULL)
		return EXIT_STOPPED;
	u->opts = opts;
	u->use = what->use;
	u->user = what->user;
	u->above = u->decoded_fd = u->source.fd = -1;
	u->full = u->path = u->link = u->top = STR_INIT;
	dirspool_init(&u->spool);
	unpacknote_init(&u->note);
	pthread_mutex_init(&u->lock, NULL);
	pthread_cond_init(&u->idle, NULL);
	opts->report.io.stdout_is_data = opts->to_stdout;
	find_named(u);
	u->run = (struct run){
		.sink = &sink,
		.mirror = what->mirror,
		.verify = what->verify,
		.copy = what->mirror != NULL ? &what->mirror->opts->copy : NULL,
		.request = {
			.walk = &no_walk,
			.select = &opts->select,
			.engine = &opts->engine,
			.hash = u->algos.n > 0 && !err_failed(u->unnamed) ? &u->algos : NULL,
			.report = &opts->report,
			.bwlimit = opts->bwlimit,
			.jobs = opts->jobs,
			.dry_run = opts->dry_run,
			.one_tree = what->verify != NULL,
		},
	};
	int status = run_carry_out(&u->run, &steps);
	if (what->mirror != NULL)
		ignores_release(&u->run);
	release(u);
	return status;
}

int
unpack_run(struct unpack_opts *opts)
{
	struct unpack_for what = { .use = &use_make };

	if (opts->del.on)
		return arcsync_unpack(opts);
	if (opts->list)
		what.use = &use_list;
	else if (opts->to_stdout)
		what.use = &use_print;
	else if (opts->dry_run)
		what.use = &use_tell;
	return unpack_run_for(opts, &what);
}
