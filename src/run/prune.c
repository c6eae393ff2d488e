/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Removing trees, on all workers.
 *
 * A directory that is to go is a node of a pool of its own, with the destination as its source side: so
 * it is held open while it may be, else opened again and known by its inode.  Its job removes its names
 * but for those of directories, which become jobs in turn; when the last of them is done the pool
 * finishes it, and it goes from its parent.  The names in a directory that itself stays are below a base.
 */
#include "run/prune.h"

#include "base/own.h"
#include "engine/commit.h"
#include "run/ignores.h"
#include "run/mirror.h"
#include "run/places.h"
#include "run/tell.h"
#include "sys/file.h"
#include "sys/meta.h"
#include "sys/proc.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum {
	AT_ONCE =
	    1024 /* jobs of one directory at a time, as in dirjob.c; a node is larger than a name */
};

struct crew;

/* What one worker needs to pick names. */
struct picker {
	struct job job; /* first */
	struct crew *crew;
};

/* A removal under way. */
struct crew {
	struct prune *p;
	struct sched *sched;    /* locks itself */
	struct nodes *nodes;    /* locks itself */
	struct picker *pickers; /* one a worker */
	pthread_mutex_t lock;   /* one at a time asks P->next */
};

/* What a node in the pool is besides; its scope. */
struct doomed {
	struct crew *crew;
	struct prune_names of; /* the directory that stays, and what goes from it */
	struct str dirs;       /* names of directories in it, NUL-terminated each */
	size_t at;             /* the next of them */
	atomic_bool kept;      /* something in it stays */
};

static struct doomed *
doomed_of(const struct node *n)
{
	return n->scope;
}

static void
free_doomed(void *scope)
{
	struct doomed *d = scope;

	str_release(&d->dirs);
	free(d);
}

/* Make what N is besides, as the names OF demand. */
static struct err
doom(struct node *n, struct crew *crew, const struct prune_names *of, job_run *run)
{
	struct doomed *d = malloc(sizeof *d);

	if (d == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	*d = (struct doomed){ .crew = crew, .of = *of, .dirs = STR_INIT };
	n->scope = d;
	n->free_scope = free_doomed;
	n->job.run = run;
	return ERR_OK;
}

/* A name at hand, by whom. */
struct victim {
	struct worker *w;
	const struct node *in; /* the directory that it is in; held */
	const char *name;
	unsigned char type; /* DT_* */
};

static enum prune_how
how(const struct victim *v)
{
	return doomed_of(v->in)->crew->p->how;
}

static void
tell_kept(const struct victim *v, struct err err, const char *note)
{
	struct str path = STR_INIT;

	if (how(v) == PRUNE_COUNT)
		return;
	node_rel_path(v->in, v->name, &path);
	struct entry e = { .dir = doomed_of(v->in)->of.dir,
		.src_name = path.buf,
		.name = path.buf,
		.operand = true };
	tell_error(v->w, &e, err_make(err.code, OP_UNLINK, SIDE_DST, -1), note);
	str_release(&path);
}

static void
tell_gone(const struct victim *v, int64_t size)
{
	struct prune *p = doomed_of(v->in)->crew->p;
	struct entry e = { .dir = doomed_of(v->in)->of.dir, .src_name = v->name, .name = v->name };
	struct carried o = {
		.what = kind_of_mode(DTTOIF(v->type)), .action = ACTION_DELETED, .size = size
	};
	struct str path = STR_INIT;

	atomic_fetch_add_explicit(&p->count, 1, memory_order_relaxed);
	if (v->in->parent != NULL)
		atomic_fetch_add_explicit(&p->deeper, 1, memory_order_relaxed);
	if (p->how == PRUNE_COUNT)
		return;
	if (v->w->run->wants_items) {
		node_rel_path(v->in, v->name, &path);
		e.src_name = e.name = path.buf;
	}
	tell_item(v->w, &e, &o);
	str_release(&path);
}

/* Remove NAME below DIR; who owns a directory that may not be written may all the same. */
static struct err
remove_name(const struct run *run, int dir, const char *name, bool is_dir)
{
	struct stat st;
	struct err err = is_dir ? dir_remove(dir, name) : dir_unlink(dir, name);

	if (err.code != EACCES || err_failed(file_stat(dir, SIDE_DST, &st)) ||
	    st.st_uid != run->uid || (st.st_mode & 0300) == 0300 ||
	    err_failed(meta_chmod(dir, st.st_mode | 0300)))
		return err;
	return is_dir ? dir_remove(dir, name) : dir_unlink(dir, name);
}

/* Whether what is removed is to be saved. */
static bool
saves(const struct run *run)
{
	return run->copy->plan.backup != BACKUP_NONE;
}

/* Save V: elsewhere, or under another name. */
static struct err
save(const struct victim *v)
{
	const struct run *run = v->w->run;
	char backup[NAME_MAX + 1];

	if (run->mirror->backup_fd >= 0) {
		struct str path = STR_INIT;
		node_rel_path(v->in, v->name, &path);
		struct err err = str_check(&path);
		if (!err_failed(err))
			err = places_move(
			    v->w, doomed_of(v->in)->of.dir, path.buf, v->in->src_fd, v->name);
		str_release(&path);
		return err;
	}
	int len = snprintf(backup, sizeof backup, "%s%s", v->name, run->copy->suffix);
	if ((size_t)len >= sizeof backup)
		return err_make(ENAMETOOLONG, OP_RENAME, SIDE_DST, -1);
	return dir_rename(v->in->src_fd, v->name, backup, false);
}

/* Whether NAME is that of a backup beside what it is of: no extra. */
static bool
is_backup(const struct run *run, const char *name)
{
	size_t len = strlen(name);
	size_t suffix = strlen(run->copy->suffix);

	return saves(run) && run->mirror->backup_fd < 0 && len > suffix &&
	       strcmp(name + len - suffix, run->copy->suffix) == 0;
}

/* Remove V, an empty directory if it is one; false if it stays. */
static bool
drop(const struct victim *v)
{
	const struct run *run = v->w->run;
	bool is_dir = v->type == DT_DIR;
	bool saved = !is_dir && saves(run) && !commit_is_aside(v->name);
	struct stat st = { 0 };

	if (how(v) != PRUNE_COUNT && run->wants_items && !is_dir &&
	    err_failed(dir_stat(v->in->src_fd, v->name, false, SIDE_DST, &st)))
		st.st_size = 0;
	if (how(v) == PRUNE_REMOVE) {
		struct err err = saved ? save(v) : remove_name(run, v->in->src_fd, v->name, is_dir);
		if (err.code == ENOENT)
			return true; /* somebody else was faster */
		if (err_failed(err)) {
			tell_kept(v, err, NULL);
			return false;
		}
	}
	tell_gone(v, v->type == DT_REG ? st.st_size : 0);
	/* a backup beside what it is of keeps its directory */
	return !(how(v) == PRUNE_REMOVE && saved && run->mirror->backup_fd < 0);
}

/* Whether a rule, or what it is, protects V. */
static bool
is_protected(const struct victim *v)
{
	const struct run *run = v->w->run;
	enum rules_side side = run->mirror->opts->del.excluded ? RULES_PROTECT : RULES_DEST;
	const struct doomed *d = doomed_of(v->in);
	struct str path = STR_INIT;

	if (v->type != DT_DIR && is_backup(run, v->name))
		return true;
	if (d->of.name != NULL || !ignores_any(run))
		return false;
	node_rel_path(v->in, v->name, &path);
	/* what cannot be asked about stays */
	bool held = err_failed(str_check(&path)) ||
		    ignores_ask(v->w, d->of.dir, path.buf, v->type == DT_DIR, side, NULL);
	str_release(&path);
	return held;
}

/* Whether V, inode INO as its directory lists it, is a file that the run itself needs. */
static bool
is_needed(const struct victim *v, uint64_t ino)
{
	const struct mirror *m = v->w->run->mirror;
	struct stat st;

	for (size_t i = 0; i < m->n_needed; i++) {
		if (m->needed[i].st_ino == ino &&
		    !err_failed(dir_stat(v->in->src_fd, v->name, false, SIDE_DST, &st)) &&
		    st.st_dev == m->needed[i].st_dev && st.st_ino == ino)
			return true;
	}
	return false;
}

static unsigned char
type_of(int dir, const char *name, unsigned char type)
{
	struct stat st;

	if (type != DT_UNKNOWN || err_failed(dir_stat(dir, name, false, SIDE_DST, &st)))
		return type;
	return (unsigned char)IFTODT(st.st_mode);
}

/* Deal with FOUND in N, which is held: it stays, is a directory for later, or goes. */
static void
meet(struct worker *w, struct node *n, const struct dir_name *found)
{
	struct doomed *d = doomed_of(n);
	const char *name = found->name;
	struct victim v = { w, n, name, type_of(n->src_fd, name, found->type) };

	bool held = is_protected(&v) || is_needed(&v, found->ino);
	if (!held && v.type == DT_DIR)
		str_add(&d->dirs, name, strlen(name) + 1);
	else if (held || !drop(&v))
		atomic_store(&d->kept, true);
}

/* Meet all names of N, which is held. */
static struct err
sweep(struct worker *w, struct node *n)
{
	struct dir_list list;
	struct dir_name found;

	TRY(dir_list_start(&list, n->src_fd, w->list_buf, 0));
	for (;;) {
		TRY(cancel_check(&w->run->cancel));
		TRY(dir_list_next(&list, &found));
		if (found.name == NULL)
			return str_check(&doomed_of(n)->dirs);
		meet(w, n, &found);
	}
}

/* Open directory V as N and hold it. */
static struct err
enter(const struct victim *v, struct node *n)
{
	struct nodes *nodes = doomed_of(n)->crew->nodes;
	own_fd fd = -1;

	TRY(nodes_hold(nodes, n->parent));
	struct err err = dir_open_unmounted(v->in->src_fd, v->name, &fd);
	nodes_release(nodes, n->parent);
	TRY(err);
	TRY(file_stat(fd, SIDE_DST, &n->src));
	/* where backups go is no extra */
	if (places_is_backup(v->w->run, &n->src))
		return err_make(ECANCELED, OP_NONE, SIDE_NONE, -1);
	nodes_opened(nodes, n, fd, -1);
	fd = -1;
	return ERR_OK;
}

static void expand(struct worker *w, struct node *n);

/* N is not there any more: if it was the name to go, say so. */
static void
note_gone(const struct node *n)
{
	const struct doomed *d = doomed_of(n);

	if (d->of.gone != NULL && n->parent->parent == NULL)
		*d->of.gone = true;
}

/* The job of a directory that goes; again as often as it has further directories. */
static void
remove_directory(struct job *job, unsigned number)
{
	struct node *n = (struct node *)job;
	struct crew *crew = doomed_of(n)->crew;
	struct worker *w = &crew->p->run->workers[number];
	const struct victim v = { w, n->parent, n->name, DT_DIR };
	struct err err = ERR_OK;

	if (!n->opened) {
		err = cancel_check(&w->run->cancel);
		if (!err_failed(err))
			err = enter(&v, n);
		if (!err_failed(err))
			err = sweep(w, n);
		if (n->opened)
			nodes_release(crew->nodes, n);
	}
	if (err.code == ENOENT && !n->opened) {
		note_gone(n); /* somebody else was faster */
	} else if (err_failed(err)) {
		atomic_store(&doomed_of(n->opened ? n : n->parent)->kept, true);
		if (err_class(err) != ERR_CLASS_CANCELED)
			tell_kept(
			    &v, err, err.code == EXDEV ? "a file system is mounted there" : NULL);
	}
	expand(w, n);
}

static void
push(struct crew *crew, struct job *job)
{
	/* the directory lane has no bound: it takes every job */
	BUG_ON(!sched_push(crew->sched, LANE_DIRS, job));
}

/* Make jobs of the directories in N, at most AT_ONCE, and one of N below them if there are more; else its own
 * work is done. */
static void
expand(struct worker *w, struct node *n)
{
	struct doomed *d = doomed_of(n);
	struct crew *crew = d->crew;
	struct job *made = NULL;

	for (unsigned i = 0; i < AT_ONCE && d->at < d->dirs.len; i++) {
		const char *name = d->dirs.buf + d->at;
		struct node *child = node_new(n, NULL, name);
		struct err err = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		if (child != NULL)
			err = doom(child, crew, &d->of, remove_directory);
		if (err_failed(err)) {
			tell_kept(&(struct victim){ w, n, name, DT_DIR }, err, NULL);
			atomic_store(&d->kept, true);
			if (child != NULL)
				nodes_drop_work(crew->nodes, child, w);
		} else {
			child->job.next = made;
			made = &child->job;
		}
		d->at += strlen(name) + 1;
	}
	bool end = d->at >= d->dirs.len;
	if (!end)
		push(crew, &n->job);
	while (made != NULL) {
		struct job *next = made->next;
		push(crew, made);
		made = next;
	}
	if (end)
		nodes_drop_work(crew->nodes, n, w);
}

/* Nothing below N is left to do: it goes from its parent, unless something in it stays. */
static void
finish(struct node *n, struct err why, void *worker)
{
	struct doomed *d = doomed_of(n);
	struct nodes *nodes = d->crew->nodes;
	const struct victim v = { worker, n->parent, n->name, DT_DIR };
	bool gone = false;

	if (!atomic_load(&d->kept)) {
		struct err err = why;
		if (!err_failed(err))
			err = nodes_hold(nodes, n->parent);
		if (!err_failed(err)) {
			gone = drop(&v);
			nodes_release(nodes, n->parent);
		} else {
			tell_kept(&v, err, "it was moved away meanwhile");
		}
	}
	if (!gone)
		atomic_store(&doomed_of(n->parent)->kept, true);
	else
		note_gone(n);
}

/* The job of a base that has more directories. */
static void
expand_base(struct job *job, unsigned number)
{
	struct node *base = (struct node *)job;

	expand(&doomed_of(base)->crew->p->run->workers[number], base);
}

/* Make the base of what goes from OF->dir, whose destination is open as FD, which it takes. */
static struct node *
new_base(struct crew *crew, const struct prune_names *of, int fd)
{
	struct node *base = node_new_base(crew->nodes, fd, -1, "");

	if (base == NULL || err_failed(doom(base, crew, of, expand_base))) {
		if (base != NULL)
			nodes_drop_work(crew->nodes, base, NULL);
		else
			file_drop(&fd);
		return NULL;
	}
	return base;
}

/* Start on OF. */
static struct err
start(struct crew *crew, struct worker *w, const struct prune_names *of)
{
	int fd;
	struct side_name name;

	TRY(nodes_hold(w->run->nodes, of->dir));
	struct err err = dir_open(of->dir->dst_fd, ".", SIDE_DST, &fd);
	nodes_release(w->run->nodes, of->dir);
	TRY(err);
	struct node *base = new_base(crew, of, fd);
	if (base == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	if (of->name != NULL)
		meet(w, base, &(struct dir_name){ .name = of->name, .type = DT_DIR });
	for (size_t at = 0; of->name == NULL && !cancel_requested(&w->run->cancel);) {
		sides_extra(of->dir->sides, &at, &name);
		if (name.name == NULL)
			break;
		meet(w, base, &(struct dir_name){ name.name, name.type, name.ino });
	}
	err = str_check(&doomed_of(base)->dirs);
	expand(w, base);
	return err;
}

/* A job of each worker: take the next names, and come back when what became of them is taken. */
static void
pick(struct job *job, unsigned number)
{
	struct crew *crew = ((struct picker *)job)->crew;
	struct worker *w = &crew->p->run->workers[number];
	struct prune_names of = { 0 };

	pthread_mutex_lock(&crew->lock);
	bool more = !cancel_requested(&w->run->cancel) && crew->p->next(crew->p->arg, &of);
	pthread_mutex_unlock(&crew->lock);
	if (!more)
		return;
	push(crew, job);
	struct entry self = {
		.dir = of.dir->parent, .src_name = of.dir->src_name, .name = of.dir->name
	};
	struct err err = start(crew, w, &of);
	if (err_failed(err))
		tell_error(w, &self, err, NULL);
}

static struct err
carry_out(struct crew *crew)
{
	struct run *run = crew->p->run;
	own_fd done = -1;

	TRY(proc_eventfd(&done));
	crew->sched = sched_new(0, done);
	crew->nodes = nodes_new(run->node_budget, finish);
	crew->pickers = calloc(run->n_workers, sizeof crew->pickers[0]);
	if (crew->sched == NULL || crew->nodes == NULL || crew->pickers == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	TRY(sched_start(crew->sched, run_crew_size(run)));
	for (unsigned i = 0; i < run->n_workers; i++) {
		crew->pickers[i] = (struct picker){ { .run = pick }, crew };
		push(crew, &crew->pickers[i].job);
	}
	run_await(run, crew->sched, done);
	return ERR_OK;
}

void
prune_run(struct prune *p)
{
	struct crew crew = { .p = p };

	pthread_mutex_init(&crew.lock, NULL);
	struct err err = carry_out(&crew);
	if (err_failed(err))
		tell_operand_error(p->run, p->run->request.report->dst, err, NULL);
	sched_free(crew.sched);
	nodes_free(crew.nodes);
	free(crew.pickers);
	pthread_mutex_destroy(&crew.lock);
}
