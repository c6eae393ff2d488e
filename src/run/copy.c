/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb copy: a directory for a sink, cp's operands, durability at the end. */
#include "run/copy.h"

#include "run/filepipe.h"
#include "run/inventory.h"
#include "run/operands.h"
#include "run/readback.h"
#include "run/sink.h"
#include "run/tell.h"
#include "sys/fs.h"

#include <errno.h>

/* A run of the verb. */
struct copy_run {
	struct run run; /* first: the steps find it */
	struct inventory inventory;
};

static void
give(struct run *run)
{
	struct copy_run *c = (struct copy_run *)(void *)run;
	const struct copy_opts *opts = run->copy;
	size_t sources = opts->n_operands - (opts->target_dir == NULL ? 1 : 0);
	const struct inventory_opts inventory = {
		.manifest = opts->manifest,
		.known = opts->known,
		.algos = &opts->hash,
		.rooted = sources == 1 && !opts->parents && opts->select.files_from == NULL,
		.durable = opts->fsync != FSYNC_NONE,
	};

	if (inventory_begin(&c->inventory, run, &inventory))
		operands_run(run);
}

/* Say, once, by which pipeline content went. */
static void
explain(struct run *run)
{
	struct str text = STR_INIT;

	if (!run->request.report->explain)
		return;
	str_adds(&text, "pipeline: ");
	struct err err = filepipe_explain(&run->request, &text);
	if (!err_failed(err))
		err = str_check(&text);
	struct event ev = {
		.kind = EVENT_RESULT,
		.src = "pipeline",
		.note = text.buf,
		.result = text.buf,
	};
	if (err_failed(err))
		tell_operand_error(run, run->request.report->dst, err, NULL);
	else
		report_emit(run->report, &ev);
	str_release(&text);
}

static void
sync_base(struct run *run, const struct node *base)
{
	struct err err = fs_sync(base->dst_fd);

	if (!err_failed(err))
		err = dir_sync(base->dst_fd);
	if (err_failed(err))
		tell_operand_error(run, base->dst_shown, err, NULL);
}

/* Make what was written durable, if that was asked for. */
static void
sync_all(struct run *run)
{
	if (run->base == NULL || run->copy->fsync == FSYNC_NONE || run->request.dry_run)
		return;
	if (run->base->also == NULL) {
		sync_base(run, run->base);
		return;
	}
	for (size_t i = 0; i < run->base->n_also; i++) {
		if (run->base->also[i] != NULL)
			sync_base(run, run->base->also[i]);
	}
}

static void
conclude(struct run *run)
{
	explain(run);
	sync_all(run);
	inventory_publish(&((struct copy_run *)(void *)run)->inventory, run);
}

int
copy_run(struct copy_opts *opts)
{
	struct hash_algos algos;
	static const struct run_steps steps = { .give = give, .conclude = conclude };
	struct copy_run c = { .inventory = INVENTORY_INIT };

	c.run = (struct run){
		.copy = opts,
		.retire = ledger_retire,
		.sink = opts->n_to > 0 ? &sink_several : &sink_directory,
		.request = {
			.walk = &opts->walk,
			.select = &opts->select,
			.engine = &opts->engine,
			.hash = opts->hash.n > 0 ? &opts->hash : NULL,
			.through = opts->through.n > 0 ? &opts->through : NULL,
			.report = &opts->report,
			.bwlimit = opts->bwlimit,
			.jobs = opts->jobs,
			.one_at_a_time = opts->plan.interactive, /* one question at a time */
			.dry_run = opts->dry_run,
			.to = opts->to,
			.n_to = opts->n_to,
			.operands = opts->operands,
			.n_operands = opts->n_operands,
		},
	};

	readback_prepare(&c.run, opts->verify, &algos);
	opts->plan.break_links = opts->keep.links && !opts->plan.attributes_only;
	/* what a command leaves when it fails is nobody's copy */
	opts->plan.atomic |= opts->through.n > 0;
	if (opts->keep.xattr)
		meta_read_rules("/etc/xattr.conf");
	int status = run_carry_out(&c.run, &steps);
	inventory_release(&c.inventory, &c.run);
	return status;
}
