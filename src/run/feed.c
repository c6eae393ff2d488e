/* SPDX-License-Identifier: BSD-2-Clause */
/* The job that reads a list of names and carries each as it comes. */
#include "run/feed.h"

#include "base/own.h"
#include "run/chain.h"
#include "run/dirjob.h"
#include "run/entryjob.h"
#include "run/sink.h"
#include "run/tell.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "tree/names.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum {
	/* Names under way are told apart by 16 bits of their hash: with the 64 that wait at most, one in
	 * a thousand names meets another one's, and waits for it as for its own. */
	CLAIMS = 1 << 16,
	CLAIM_MS = 1, /* arbitrary: how often a name that is under way is looked at */
};

/* The job of a list. */
struct feed {
	struct job job; /* first */
	struct run *run;
	int fd;              /* the list, owned unless it is standard input */
	struct names *names; /* its names */
	struct chain chain;  /* directories on the way to the last name */
	bool follow;         /* names a person vouches for: below no SOURCE */
};

/* Whether the components of PATH stay below where they start. */
static bool
stays_below(const char *path)
{
	while (*path != '\0') {
		size_t len = strcspn(path, "/");
		if (len == 2 && memcmp(path, "..", 2) == 0)
			return false;
		path += len;
		path += strspn(path, "/");
	}
	return true;
}

/* Wait until no worker carries E: of a name that is listed twice the later copy comes later, and no
 * two workers write one file. */
static void
claim(struct feed *f, struct entry *e)
{
	const struct stat *dir = &e->dir->dst;
	const struct cancel *c = &f->run->cancel;
	XXH64_hash_t h = XXH3_64bits_withSeed(e->name, strlen(e->name), dir->st_dev ^ dir->st_ino);

	e->claim = &f->run->claims[h % CLAIMS];
	while (atomic_load(e->claim) && !cancel_requested(c))
		(void)proc_wait(cancel_fd(c), -1, CLAIM_MS);
}

static void
carry_name(struct feed *f, struct worker *w, char *path)
{
	bool follow = f->run->request.walk->follow != FOLLOW_NONE;
	struct node *dir;
	const char *last;
	struct stat st;

	while (path[0] == '.' && path[1] == '/')
		path += 1 + strspn(path + 1, "/");
	if (!f->follow)
		path += strspn(path, "/");
	if (path[0] == '\0' || strcmp(path, ".") == 0)
		return;
	if (!stays_below(path)) {
		tell_operand_error(f->run, path, err_make(EINVAL, OP_REFUSE, SIDE_SRC, -1),
		    "a listed name may not contain '..'");
		return;
	}
	if (!chain_to(w, &f->chain, (struct chain_path){ path, 0 }, f->follow, &dir, &last))
		return;
	struct entry e = {
		.dir = dir,
		.src_name = last,
		.name = last + strspn(last, "/"),
		.operand = true,
		.follow = follow,
	};
	claim(f, &e);
	struct err err = nodes_hold(f->run->nodes, dir);
	if (err_failed(err)) {
		tell_error(w, &e, err, NULL);
		return;
	}
	err = dir_stat(dir->src_fd, last, follow, SIDE_SRC, &st);
	e.type = err_failed(err) ? DT_UNKNOWN : (unsigned char)IFTODT(st.st_mode);
	atomic_fetch_add_explicit(&f->run->live->items_found, 1, memory_order_relaxed);
	if (err_failed(err))
		tell_error(w, &e, err, NULL);
	else if (S_ISDIR(st.st_mode))
		/* made, as rsync does, and kept open for what follows: its content has names of its own */
		(void)chain_enter(w, &f->chain, last, e.name, follow); /* it tells its failure */
	else if (sched_is_hungry(f->run->sched))
		entryjob_push(w, &e);
	else
		w->run->sink->carry(w, &e);
	nodes_release(f->run->nodes, dir);
}

/* The next name, or NULL at the end; a list that does not come does not hold up a cancellation. */
static struct err
next_name(struct feed *f, const char **name, size_t *len)
{
	const struct cancel *c = &f->run->cancel;

	while (!names_is_ready(f->names)) {
		proc_wait(cancel_fd(c), f->fd, -1);
		TRY(cancel_check(c));
		TRY(names_fill(f->names));
	}
	TRY(cancel_check(c));
	return names_next(f->names, name, len);
}

/* Free F, whose list is read or never will be. */
static void
feed_free(struct feed *f)
{
	names_free(f->names);
	if (f->fd != STDIN_FILENO)
		file_drop(&f->fd);
	free(f);
}

static void
feed_run(struct job *job, unsigned number)
{
	struct feed *f = (struct feed *)job;
	struct run *run = f->run;
	struct worker *w = &run->workers[number];
	const char *name;
	size_t len;

	for (;;) {
		struct err err = next_name(f, &name, &len);
		if (err_failed(err) && err_class(err) != ERR_CLASS_CANCELED)
			tell_operand_error(run, run->request.select->files_from, err, NULL);
		if (err_failed(err) || name == NULL)
			break;
		own_mem char *path = strndup(name, len);
		if (path == NULL || strlen(path) != len) {
			tell_operand_error(run, name, err_make(EINVAL, OP_REFUSE, SIDE_SRC, -1),
			    "a NUL in a listed name (use --from0 for NUL-separated lists)");
			continue;
		}
		carry_name(f, w, path);
	}
	chain_release(w, &f->chain);
	feed_free(f);
}

static bool
open_list(struct run *run, struct feed *f)
{
	const char *path = run->request.select->files_from;
	struct err err = ERR_OK;

	if (strcmp(path, "-") != 0)
		err = dir_open_file(AT_FDCWD, path, true, &f->fd);
	if (!err_failed(err)) {
		f->names = names_new(f->fd, run->request.select->files_end);
		if (f->names == NULL)
			err = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	}
	if (err_failed(err))
		tell_operand_error(run, path, err, NULL);
	return !err_failed(err);
}

/* Have all bases begin at SOURCE. */
static struct err
open_source(struct run *run, const char *source)
{
	TRY(dir_open_path(AT_FDCWD, source, SIDE_SRC, &run->base->src_fd));
	for (size_t i = 0; i < run->base->n_also; i++)
		TRY(dir_open_path(AT_FDCWD, source, SIDE_SRC, &run->base->also[i]->src_fd));
	return ERR_OK;
}

void
feed_start(struct run *run, const char *source)
{
	struct feed *f = calloc(1, sizeof *f);
	struct err err = ERR_OK;

	run->claims = calloc(CLAIMS, sizeof run->claims[0]);
	if (f == NULL || run->claims == NULL)
		err = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	else if (source != NULL)
		err = open_source(run, source);
	if (err_failed(err)) {
		tell_operand_error(
		    run, source != NULL ? source : run->request.select->files_from, err, NULL);
		free(f);
		return;
	}
	f->job.run = feed_run;
	f->run = run;
	f->fd = STDIN_FILENO;
	f->follow = source == NULL;
	if (!open_list(run, f) || err_failed(run_start_workers(run))) {
		feed_free(f);
		return;
	}
	BUG_ON(!sched_push(run->sched, LANE_BATCHES, &f->job));
}
