/* SPDX-License-Identifier: BSD-2-Clause */
/* Manifests of runs that do something else. */
#include "run/manifestout.h"

#include "run/tell.h"

#include <errno.h>

struct err
manifestout_begin(struct manifestout *m, struct run *run, const char *path,
    const struct hash_algos *algos, bool rooted, bool identified)
{
	const struct ledger_opts ledger = {
		.algos = algos,
		.inodes = m->inodes = inodes_new(),
		.workers = run->n_workers + 1,
		.rooted = rooted,
		.identified = identified,
	};

	m->path = path;
	run->inodes = m->inodes;
	run->ledger = ledger_new(&ledger);
	if (m->inodes == NULL || run->ledger == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	return outfile_begin(&m->file, path);
}

void
manifestout_publish(struct manifestout *m, struct run *run, bool sync)
{
	if (m->path == NULL || cancel_requested(&run->cancel))
		return;
	struct err err = ledger_write(run->ledger, m->file.fd);
	if (!err_failed(err))
		err = outfile_publish(&m->file, sync);
	if (!err_failed(err))
		return;
	tell_operand_error(run, m->path, err, NULL);
	report_raise(run->report, EXIT_STOPPED);
}

void
manifestout_release(struct manifestout *m, struct run *run)
{
	outfile_discard(&m->file);
	ledger_free(run->ledger);
	run->ledger = NULL;
	inodes_free(m->inodes);
	run->inodes = m->inodes = NULL;
}
