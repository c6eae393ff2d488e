/* SPDX-License-Identifier: BSD-2-Clause */
/* The verb copy: a directory for a sink, cp's operands, durability at the end. */
#include "run/copy.h"

#include "run/operands.h"
#include "run/sink.h"

int
copy_run(struct copy_opts *opts)
{
	static const struct run_steps steps = { .give = operands_run, .conclude = operands_make_durable };
	struct run run = {
		.copy = opts,
		.sink = &sink_directory,
		.request = {
			.walk = &opts->walk,
			.select = &opts->select,
			.engine = &opts->engine,
			.report = &opts->report,
			.jobs = opts->jobs,
			.one_at_a_time = opts->plan.interactive, /* one question at a time */
			.dry_run = opts->dry_run,
			.operands = opts->operands,
			.n_operands = opts->n_operands,
		},
	};

	opts->plan.break_links = opts->keep.links && !opts->plan.attributes_only;
	if (opts->keep.xattr)
		meta_read_rules("/etc/xattr.conf");
	return run_carry_out(&run, &steps);
}
