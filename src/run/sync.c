/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb sync: sources looked at, destination made, both walked, extras removed. */
#include "run/sync.h"

#include "run/arcsync.h"
#include "run/extras.h"
#include "run/hollow.h"
#include "run/ignores.h"
#include "run/inventory.h"
#include "run/lastsource.h"
#include "run/mirror.h"
#include "run/operands.h"
#include "run/places.h"
#include "run/readback.h"
#include "run/sink.h"
#include "run/tell.h"
#include "run/why.h"
#include "sys/proc.h"

#include <errno.h>
#include <string.h>

/* Look at all sources before anything is touched; those that are missing and may be are left out. */
static bool
look_at_sources(struct run *run)
{
	struct sync_opts *opts = run->mirror->opts;
	char **at = opts->copy.operands;
	size_t n = opts->copy.n_operands - 1;
	size_t kept = 0;
	struct stat st;

	for (size_t i = 0; i < n; i++) {
		struct err err = dir_stat(AT_FDCWD, at[i], true, SIDE_SRC, &st);
		if (err.code == ENOENT && opts->ignore_missing)
			continue;
		/* a link that leads nowhere is a source like another */
		if (err.code == ENOENT)
			err = dir_stat(AT_FDCWD, at[i], false, SIDE_SRC, &st);
		if (err_failed(err)) {
			tell_operand_error(run, at[i], err, NULL);
			report_raise(run->report, EXIT_STOPPED);
			return false;
		}
		opts->copy.contents = opts->copy.contents && S_ISDIR(st.st_mode);
		at[kept++] = at[i];
	}
	at[kept] = at[n];
	opts->copy.n_operands = kept + 1;
	return kept > 0;
}

/* A run of the verb. */
struct sync_run {
	struct run run; /* first: the steps find it */
	struct inventory inventory;
};

static bool
begin_inventory(struct run *run)
{
	const struct copy_opts *copy = run->copy;
	const struct inventory_opts inventory = {
		.manifest = copy->manifest,
		.known = copy->known,
		.algos = &copy->hash,
		.rooted = copy->n_operands == 2 && copy->select.files_from == NULL,
		.durable = copy->fsync != FSYNC_NONE,
	};

	return inventory_begin(&((struct sync_run *)(void *)run)->inventory, run, &inventory);
}

static void
give(struct run *run)
{
	if (!look_at_sources(run) || !begin_inventory(run) || !ignores_build(run))
		return;
	if (run->mirror->opts->why != NULL)
		why_run(run, run->mirror->opts->why);
	else
		operands_run(run);
}

/* --require-sharing: new files, and not one of them linked or cloned, are a backup that grows. */
static void
require_sharing(struct run *run)
{
	struct counts all = { 0 };

	if (!run->mirror->opts->require_sharing || run->request.dry_run)
		return;
	for (unsigned i = 0; i <= run->n_workers; i++)
		counts_add(&all, &run->workers[i].counts);
	if (atomic_load(&run->mirror->linked) > 0 || all.how[METHOD_CLONE] > 0 ||
	    all.files[ACTION_NEW] == 0)
		return;
	tell_operand_error(run, run->request.report->dst,
	    err_make(ENOLINK, OP_REFUSE, SIDE_DST, -1),
	    "no new file could be linked or cloned, as --require-sharing asks");
}

/* What has no source goes; what was written is made durable, if that was asked for. */
static void
conclude(struct run *run)
{
	extras_conclude(run);
	hollow_conclude(run);
	lastsource_note(run);
	places_close(run);
	ignores_release(run);
	require_sharing(run);
	operands_make_durable(run);
	inventory_publish(&((struct sync_run *)(void *)run)->inventory, run);
	if (run->base != NULL)
		mark_remove(run);
}

int
sync_run(struct sync_opts *opts)
{
	static const struct run_steps steps = { .give = give, .conclude = conclude };
	struct copy_opts *copy = &opts->copy;
	struct mirror mirror = { .opts = opts };
	struct hash_algos algos;
	struct sync_run sync = { .inventory = INVENTORY_INIT };

	sync.run = (struct run){
		.copy = copy,
		.mirror = &mirror,
		.sink = &sink_mirror,
		.retire = ledger_retire,
		.request = {
			.walk = &copy->walk,
			.select = &copy->select,
			.engine = &copy->engine,
			.hash = copy->hash.n > 0 ? &copy->hash : NULL,
			.report = &copy->report,
			.bwlimit = copy->bwlimit,
			.jobs = copy->jobs,
			.dry_run = copy->dry_run,
			.operands = copy->operands,
			.n_operands = copy->n_operands,
		},
	};

	if (opts->archive != NULL)
		return arcsync_run(opts);
	readback_prepare(&sync.run, copy->verify, &algos);
	if (opts->stop_after_ms > 0)
		sync.run.stop_ns = proc_now_ns() + opts->stop_after_ms * 1000000;
	if (copy->keep.xattr)
		meta_read_rules("/etc/xattr.conf");
	int status = EXIT_STOPPED;
	if (!err_failed(mirror_init(&mirror)))
		status = run_carry_out(&sync.run, &steps);
	inventory_release(&sync.inventory, &sync.run);
	mirror_release(&mirror);
	return status;
}
