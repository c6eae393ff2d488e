/* SPDX-License-Identifier: BSD-2-Clause */
/* The job of one entry: what its directory's worker does not carry out itself. */
#include "run/entryjob.h"

#include "run/sink.h"
#include "run/tell.h"

#include <stdlib.h>
#include <string.h>

/* An entry that was handed over: a job of the batch lane. */
struct entry_job {
	struct job job;     /* first */
	struct worker *any; /* some worker of the run; its RUN is what counts */
	struct entry entry; /* its names are in NAMES */
	char names[];       /* name, then source name, NUL-terminated each */
};

/* Say whether a worker carries E, which was handed over. */
static void
set_claim(const struct entry *e, bool carried)
{
	if (e->claim != NULL)
		atomic_store(e->claim, carried);
}

static void
entry_job_run(struct job *job, unsigned number)
{
	struct entry_job *j = (struct entry_job *)job;
	struct worker *w = &j->any->run->workers[number];
	struct nodes *nodes = w->run->nodes;

	struct err err = nodes_hold(nodes, j->entry.dir);
	if (err_failed(err)) {
		tell_error(w, &j->entry, err, NULL);
	} else {
		w->run->sink->carry(w, &j->entry);
		nodes_release(nodes, j->entry.dir);
	}
	set_claim(&j->entry, false);
	nodes_drop_work(nodes, j->entry.dir, w);
	free(j);
}

void
entryjob_push(struct worker *w, const struct entry *e)
{
	size_t len = strlen(e->name) + 1;
	size_t src_len = strlen(e->src_name) + 1;
	struct entry_job *j = malloc(sizeof *j + len + src_len);
	struct entry now = *e;

	now.handed = true;
	if (j == NULL) {
		w->run->sink->carry(w, &now);
		return;
	}
	j->job.run = entry_job_run;
	j->any = w;
	j->entry = now;
	j->entry.name = memcpy(j->names, e->name, len);
	j->entry.src_name = memcpy(j->names + len, e->src_name, src_len);
	node_add_work(e->dir);
	set_claim(e, true);
	if (!sched_push(w->run->sched, LANE_BATCHES, &j->job)) {
		w->run->sink->carry(w, &now);
		set_claim(e, false);
		nodes_drop_work(w->run->nodes, e->dir, w);
		free(j);
	}
}
