/* SPDX-License-Identifier: BSD-2-Clause */
/* A run's manifest from its beginning to its place, and the digests that need no reading. */
#include "run/inventory.h"

#include "base/own.h"
#include "run/known.h"
#include "run/reading.h"
#include "run/tell.h"
#include "sys/file.h"

#include <errno.h>

static void
stop(struct run *run, const char *path, struct err err, const char *note)
{
	tell_operand_error(run, path, err, note);
	report_raise(run->report, err.code == EBADMSG ? EXIT_INTEGRITY : EXIT_STOPPED);
	cancel_request(&run->cancel, err);
}

struct err
inventory_learn(struct run *run, const char *path, const struct hash_algos *algos)
{
	struct str why = STR_INIT;

	if (path == NULL)
		return ERR_OK;
	struct err err = known_load(path, algos, &run->known, &why);
	if (err_failed(err))
		stop(run, path, err, why.len > 0 ? why.buf : NULL);
	str_release(&why);
	return err;
}

bool
inventory_begin(struct inventory *v, struct run *run, const struct inventory_opts *opts)
{
	v->opts = *opts;
	run->rooted = opts->rooted;
	if (err_failed(inventory_learn(run, opts->known, opts->algos)))
		return false;
	if (opts->manifest == NULL)
		return true;
	struct err err = manifestout_begin(
	    &v->manifest, run, opts->manifest, opts->algos, opts->rooted, opts->known != NULL);
	if (err_failed(err))
		stop(run, opts->manifest, err, NULL);
	return !err_failed(err);
}

void
inventory_publish(struct inventory *v, struct run *run)
{
	manifestout_publish(&v->manifest, run, v->opts.durable);
}

void
inventory_release(struct inventory *v, struct run *run)
{
	manifestout_release(&v->manifest, run);
	known_free(run->known);
}

bool
inventory_knows(struct worker *w, const struct entry *e, const struct stat *st)
{
	const struct run *run = w->run;

	if (run->known == NULL || !S_ISREG(st->st_mode))
		return false;
	ledger_path(run->rooted, e, &w->rel);
	return known_find(run->known, &w->rel, st, &w->hashing);
}

static bool
is_as_before(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Have W's digests made of E, which has attributes ST. */
static struct err
read_content(struct worker *w, const struct entry *e, const struct stat *st)
{
	own_fd fd = -1;
	struct stat now;

	TRY(dir_open_file(e->dir->src_fd, e->src_name, e->follow, &fd));
	TRY(file_stat(fd, SIDE_SRC, &now));
	if (!is_as_before(&now, st))
		return err_make(ESTALE, OP_CHANGED, SIDE_SRC, -1);
	atomic_fetch_add_explicit(&w->run->live->bytes_found, st->st_size, memory_order_relaxed);
	return reading_hash(w, fd, &now);
}

static struct err
note_equal(struct worker *w, const struct entry *e, const struct stat *st, bool hashed)
{
	enum known_content content = CONTENT_HASHED;
	bool first = true;

	if (!S_ISREG(st->st_mode)) {
		content = CONTENT_UNKNOWN;
	} else if (!hashed && !inventory_knows(w, e, st)) {
		if (st->st_nlink > 1)
			TRY(inodes_claim(w->run->inodes, inode_id_of(st), &first));
		if (first)
			TRY(read_content(w, e, st));
		else
			content = CONTENT_LINKED;
	}
	ledger_note(w, e, st, content);
	return ERR_OK;
}

void
inventory_note_equal(struct worker *w, const struct entry *e, const struct stat *st, bool hashed)
{
	if (w->run->ledger == NULL)
		return;
	struct err err = note_equal(w, e, st, hashed);
	if (err_failed(err))
		tell_error(w, e, err, NULL);
}
