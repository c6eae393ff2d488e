/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb copy: a directory for a sink, cp's operands, durability at the end. */
#include "run/copy.h"

#include "run/filepipe.h"
#include "run/operands.h"
#include "run/sink.h"
#include "run/tell.h"

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
conclude(struct run *run)
{
	explain(run);
	operands_make_durable(run);
}

int
copy_run(struct copy_opts *opts)
{
	static const struct run_steps steps = { .give = operands_run, .conclude = conclude };
	struct run run = {
		.copy = opts,
		.sink = &sink_directory,
		.request = {
			.walk = &opts->walk,
			.select = &opts->select,
			.engine = &opts->engine,
			.hash = opts->hash.n > 0 ? &opts->hash : NULL,
			.through = opts->through.n > 0 ? &opts->through : NULL,
			.report = &opts->report,
			.jobs = opts->jobs,
			.one_at_a_time = opts->plan.interactive, /* one question at a time */
			.dry_run = opts->dry_run,
			.operands = opts->operands,
			.n_operands = opts->n_operands,
		},
	};

	opts->plan.break_links = opts->keep.links && !opts->plan.attributes_only;
	/* what a command leaves when it fails is nobody's copy */
	opts->plan.atomic |= opts->through.n > 0;
	if (opts->keep.xattr)
		meta_read_rules("/etc/xattr.conf");
	return run_carry_out(&run, &steps);
}
