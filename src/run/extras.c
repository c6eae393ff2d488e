/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extras, in two phases.
 *
 * While the walk goes on, each directory that has extras is kept: its node, and of the names of its
 * destination those that had no source.  Nothing is deleted until all has been compared and copied,
 * because only then it is known how much would go (UX.md section 3: the brakes).  A directory is
 * finished, and so gets its times, after its extras are gone.
 */
#include "run/extras.h"

#include "base/own.h"
#include "base/size.h"
#include "run/carry.h"
#include "run/ignores.h"
#include "run/lastsource.h"
#include "run/mirror.h"
#include "run/prune.h"
#include "run/sink.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

enum {
	FEW = 100,        /* so few entries are deleted whatever their share (UX.md section 3) */
	MOST_PERCENT = 50 /* the share of more that is deleted unasked, likewise */
};

/* An entry in whose way a directory is. */
struct deferred {
	struct deferred *next;
	struct entry entry; /* its names are in NAMES; a work of its DIR is outstanding */
	bool gone;          /* nothing is in its way any more */
	char names[];       /* name and source name, NUL-terminated each */
};

struct extras {
	pthread_mutex_t lock;
	/* --- guarded by lock --- */
	struct node **dirs; /* directories with extras [n_dirs]; a work of each is outstanding */
	size_t n_dirs;
	size_t cap;
	struct deferred *deferred; /* the latest first */
	int64_t standing;          /* names at the destination, of directories that were compared */
	const char *empty; /* a source root that has nothing, as it was typed; NULL = none */
};

struct extras *
extras_new(void)
{
	struct extras *x = calloc(1, sizeof *x);

	if (x != NULL)
		pthread_mutex_init(&x->lock, NULL);
	return x;
}

void
extras_free(struct extras *x)
{
	if (x == NULL)
		return;
	BUG_ON(x->n_dirs > 0 || x->deferred != NULL);
	free(x->dirs);
	pthread_mutex_destroy(&x->lock);
	free(x);
}

static bool
is_protected(struct worker *w, const struct node *n, const struct side_name *name)
{
	enum rules_side side = w->run->mirror->opts->del.excluded ? RULES_PROTECT : RULES_DEST;

	return ignores_ask(w, n, name->name, name->type == DT_DIR, side, NULL);
}

/* Whether N has extras that filters protect, or such that they do not. */
static bool
has_extras(struct worker *w, const struct node *n, bool protected)
{
	struct side_name name;

	if (sides_unmet(n->sides) == 0)
		return false;
	for (size_t at = 0; sides_extra(n->sides, &at, &name), name.name != NULL;) {
		if (is_protected(w, n, &name) == protected)
			return true;
	}
	return false;
}

static struct err
keep_locked(struct extras *x, struct node *n)
{
	if (x->n_dirs == x->cap) {
		size_t cap = x->cap == 0 ? 64 : x->cap * 2;
		struct node **dirs = reallocarray(x->dirs, cap, sizeof(struct node *));
		if (dirs == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		x->dirs = dirs;
		x->cap = cap;
	}
	x->dirs[x->n_dirs++] = n;
	node_add_work(n);
	return ERR_OK;
}

void
extras_listed(struct worker *w, struct node *n)
{
	const struct delete_opts *del = &w->run->mirror->opts->del;
	struct entry self = { .dir = n->parent, .src_name = n->src_name, .name = n->name };
	struct extras *x = w->run->mirror->extras;
	struct err err = ERR_OK;

	if (n->sides == NULL)
		return;
	bool keep = del->on && !n->partial && sides_are_whole(n->sides) && has_extras(w, n, false);
	if (w->run->mirror->opts->prune_empty && has_extras(w, n, true))
		atomic_store(&n->held, true);
	pthread_mutex_lock(&x->lock);
	x->standing += (int64_t)sides_count(n->sides);
	if (keep && n->met == 0 && n->parent->parent == NULL)
		x->empty = n->src_name;
	if (keep)
		err = keep_locked(x, n);
	pthread_mutex_unlock(&x->lock);
	if (err_failed(err))
		tell_error(w, &self, err, NULL);
	if (keep && !err_failed(err))
		sides_keep_extras(n->sides);
	else
		sink_drop_sides(w, n);
}

struct err
extras_defer(struct extras *x, const struct entry *e)
{
	size_t len = strlen(e->name) + 1;
	size_t src_len = strlen(e->src_name) + 1;
	struct deferred *d = malloc(sizeof *d + len + src_len);

	if (d == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	d->entry = *e;
	d->entry.name = memcpy(d->names, e->name, len);
	d->entry.src_name = memcpy(d->names + len, e->src_name, src_len);
	d->entry.handed = true;
	d->entry.claim = NULL;
	node_add_work(e->dir);
	pthread_mutex_lock(&x->lock);
	d->next = x->deferred;
	x->deferred = d;
	pthread_mutex_unlock(&x->lock);
	return ERR_OK;
}

/* A walk over what is to go. */
struct round {
	struct extras *x;
	size_t at;             /* the next of its directories */
	struct deferred *next; /* the next of its entries, after them */
};

static bool
next_names(void *arg, struct prune_names *names)
{
	struct round *r = arg;

	if (r->at < r->x->n_dirs) {
		*names = (struct prune_names){ .dir = r->x->dirs[r->at++] };
		return true;
	}
	struct deferred *d = r->next;
	if (d == NULL)
		return false;
	r->next = d->next;
	*names = (struct prune_names){ d->entry.dir, d->entry.name, &d->gone };
	return true;
}

/* What would go, and of how many. */
struct toll {
	int64_t doomed;
	int64_t standing;
};

/* Do HOW with all that is in X. */
static struct toll
prune_all(struct run *run, struct extras *x, enum prune_how how)
{
	struct round round = { .x = x, .next = x->deferred };
	struct prune p = { .run = run, .how = how, .next = next_names, .arg = &round };

	prune_run(&p);
	return (struct toll){ p.count, x->standing + p.deeper };
}

static bool
is_too_much(const struct delete_opts *del, struct toll toll)
{
	if (del->max_given && !del->percent)
		return toll.doomed > del->max;
	if (!del->max_given && toll.standing <= FEW)
		return false;
	int64_t percent = del->max_given ? del->max : MOST_PERCENT;
	return toll.doomed * 100 > percent * toll.standing;
}

/* Say that nothing is deleted, WHY being more than the figures say, or NULL. */
static void
brake(struct run *run, struct toll toll, const char *why, const char *hint)
{
	const char *dst = run->request.report->dst;
	struct str line = STR_INIT;
	char doomed[SIZE_TEXT], standing[SIZE_TEXT];

	str_addf(&line, "refusing to delete %s of %s files in ", count_format(doomed, toll.doomed),
	    count_format(standing, toll.standing));
	str_add_quoted(&line, dst, strlen(dst));
	str_addf(
	    &line, " (%d%%)", (int)(toll.doomed * 100 / (toll.standing > 0 ? toll.standing : 1)));
	if (why != NULL)
		str_addf(&line, ": %s", why);
	struct event ev = { .kind = EVENT_BRAKE, .note = line.buf, .result = hint };
	report_emit(run->report, &ev);
	str_release(&line);
}

/* Whether all may go, however much it is. */
static bool
insists(const struct delete_opts *del)
{
	return del->max_given && del->percent && del->max >= 100;
}

/* Whether a brake could hold. */
static bool
needs_count(const struct run *run)
{
	const struct delete_opts *del = &run->mirror->opts->del;

	return !insists(del) || (atomic_load(&run->unread) > 0 && !del->ignore_errors);
}

/* Whether a brake holds, which has been said then. */
static bool
is_braked(struct run *run, struct extras *x, struct toll toll)
{
	const struct delete_opts *del = &run->mirror->opts->del;
	const char *src = run->request.report->n_srcs > 0 ? run->request.report->srcs[0] : "";
	struct str hint = STR_INIT;
	struct str why = STR_INIT;
	const char *moved;
	bool held = false;

	str_adds(&hint, "is ");
	str_add_quoted(&hint, src, strlen(src));
	str_adds(&hint, " mounted? use --dry-run to look, --max-delete=100% to insist");
	if (toll.doomed > 0 && atomic_load(&run->unread) > 0 && !del->ignore_errors) {
		brake(run, toll, "a directory of the source could not be read",
		    "--ignore-errors deletes what has no source in the directories that were read");
		held = true;
	} else if (toll.doomed > 0 && x->empty != NULL && !insists(del)) {
		str_add_quoted(&why, x->empty, strlen(x->empty));
		str_adds(&why, " is empty");
		brake(run, toll, why.buf, hint.buf);
		held = true;
	} else if (toll.doomed > 0 && !insists(del) && (moved = lastsource_moved(run)) != NULL) {
		str_add_quoted(&why, moved, strlen(moved));
		str_adds(&why, " is on another file system than last time");
		brake(run, toll, why.buf, hint.buf);
		held = true;
	} else if (is_too_much(del, toll)) {
		brake(run, toll, NULL, hint.buf);
		held = true;
	}
	str_release(&hint);
	str_release(&why);
	return held;
}

/* Carry D, in whose way nothing is any more. */
static void
carry_deferred(struct worker *w, const struct deferred *d)
{
	struct entry e = d->entry;

	e.other = SIDE_ABSENT;
	struct err err = nodes_hold(w->run->nodes, e.dir);
	if (err_failed(err)) {
		tell_error(w, &e, err, NULL);
		return;
	}
	w->run->sink->carry(w, &e);
	nodes_release(w->run->nodes, e.dir);
	run_pump(w->run, 0);
}

static void
delete_all(struct worker *w, struct extras *x)
{
	for (struct deferred *d = x->deferred; d != NULL; d = d->next)
		d->gone = false;
	(void)prune_all(w->run, x, w->run->request.dry_run ? PRUNE_TELL : PRUNE_REMOVE);
	for (const struct deferred *d = x->deferred; d != NULL; d = d->next) {
		if (d->gone && !cancel_requested(&w->run->cancel))
			carry_deferred(w, d);
	}
}

/* Give up what was kept, which finishes its directories. */
static void
let_go(struct worker *w, struct extras *x, bool held)
{
	struct deferred *next;

	for (size_t i = 0; i < x->n_dirs; i++) {
		sink_drop_sides(w, x->dirs[i]);
		nodes_drop_work(w->run->nodes, x->dirs[i], w);
	}
	x->n_dirs = 0;
	for (struct deferred *d = x->deferred; d != NULL; d = next) {
		next = d->next;
		if (held)
			tell_error(w, &d->entry, err_make(EEXIST, OP_REFUSE, SIDE_DST, -1),
			    "a directory is in the way, and nothing is deleted");
		nodes_drop_work(w->run->nodes, d->entry.dir, w);
		free(d);
	}
	x->deferred = NULL;
}

void
extras_conclude(struct run *run)
{
	struct worker *w = &run->workers[run->n_workers];
	struct extras *x = run->mirror->extras;
	bool held = false;

	if ((x->n_dirs > 0 || x->deferred != NULL) && !cancel_requested(&run->cancel)) {
		held = needs_count(run) && is_braked(run, x, prune_all(run, x, PRUNE_COUNT));
		if (!held && !cancel_requested(&run->cancel))
			delete_all(w, x);
	}
	let_go(w, x, held);
	run->mirror->braked = held;
}
