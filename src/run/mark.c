/* SPDX-License-Identifier: BSD-2-Clause */
/* The mark: "SECONDS DIGEST", the time of the wall clock and the digest of the operands. */
#include "run/mark.h"

#include "run/mirror.h"
#include "sys/proc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

enum {
	MARK_TEXT = 64, /* bytes for its text: 20 digits, 16 more */
	/* Seconds before the wall clock from which on files count as written since: the file system's
	 * clock is a tick late at most, that of a server on the same network perhaps a second. */
	SLACK_S = 2,
};

/* What tells runs of different trees into one directory apart: their operands, as they were typed. */
static uint64_t
digest_of(const struct run *run)
{
	XXH64_hash_t sum = 0;

	for (size_t i = 0; i < run->request.n_operands; i++) {
		const char *text = run->request.operands[i];
		sum = XXH3_64bits_withSeed(text, strlen(text), sum);
	}
	return sum;
}

void
mark_find(struct run *run)
{
	struct mark *m = &run->mirror->mark;
	char text[MARK_TEXT];
	char *end;
	size_t len;

	if (err_failed(meta_get_xattr(run->base->dst_fd, META_MARK, text, sizeof text - 1, &len)))
		return;
	text[len] = '\0';
	int64_t since = strtoll(text, &end, 10);
	if (end == text || *end != ' ')
		return;
	run->mirror->opts->compare.suspect_s = since;
	m->found = strtoull(end + 1, NULL, 16) == digest_of(run);
	/* it stays what it is: also what the earlier run wrote is to be compared if this one ends early */
	atomic_store(&m->settled, true);
}

void
mark_set(struct run *run)
{
	struct mark *m = &run->mirror->mark;
	struct timespec now;
	char text[MARK_TEXT];

	if (atomic_load(&m->settled))
		return;
	pthread_mutex_lock(&m->lock);
	if (!atomic_load(&m->settled)) {
		proc_real_time(&now);
		int len = snprintf(text, sizeof text, "%" PRId64 " %016" PRIx64,
		    (int64_t)now.tv_sec - SLACK_S, digest_of(run));
		m->set =
		    !err_failed(meta_set_xattr(run->base->dst_fd, META_MARK, text, (size_t)len));
		atomic_store(&m->settled, true);
	}
	pthread_mutex_unlock(&m->lock);
}

void
mark_remove(struct run *run)
{
	struct mark *m = &run->mirror->mark;
	bool whole = !cancel_requested(&run->cancel) && !atomic_load(&run->faulty) &&
		     atomic_load(&run->unread) == 0 && !run->request.dry_run;

	/* what cannot be removed makes the next run compare more than it has to */
	if (m->set || (m->found && whole))
		(void)meta_drop_xattr(run->base->dst_fd, META_MARK);
}
