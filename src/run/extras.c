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

/* Whether N has extras that no filter protects. */
static bool
has_extras(struct worker *w, const struct node *n)
{
	struct side_name name;

	if (sides_unmet(n->sides) == 0)
		return false;
	for (size_t at = 0; sides_extra(n->sides, &at, &name), name.name != NULL;) {
		if (!is_protected(w, n, &name))
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
	bool keep = del->on && !n->partial && sides_are_whole(n->sides) && has_extras(w, n);
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

/* Do HOW with the extras of N; returns how many that were. */
static int64_t
prune_extras(struct worker *w, struct node *n, enum prune_how how)
{
	struct entry self = { .dir = n->parent, .src_name = n->src_name, .name = n->name };
	struct prune p = { .w = w, .dir = n, .how = how };
	struct side_name name;

	struct err err = nodes_hold(w->run->nodes, n);
	if (err_failed(err)) {
		tell_error(w, &self, err, NULL);
		return 0;
	}
	for (size_t at = 0; !cancel_requested(&w->run->cancel);) {
		sides_extra(n->sides, &at, &name);
		if (name.name == NULL)
			break;
		if (!is_protected(w, n, &name))
			prune_name(&p, name.name, name.type);
	}
	nodes_release(w->run->nodes, n);
	run_pump(w->run, 0);
	return p.count;
}

/* Do HOW with the directory in the way of D; false if it stays. */
static bool
prune_deferred(struct worker *w, const struct deferred *d, enum prune_how how, int64_t *count)
{
	struct prune p = { .w = w, .dir = d->entry.dir, .how = how, .all = true };

	struct err err = nodes_hold(w->run->nodes, d->entry.dir);
	if (err_failed(err)) {
		tell_error(w, &d->entry, err, NULL);
		return false;
	}
	bool gone = prune_name(&p, d->entry.name, DT_DIR);
	nodes_release(w->run->nodes, d->entry.dir);
	*count += p.count;
	return gone;
}

/* What would go, and of how many. */
struct toll {
	int64_t doomed;
	int64_t standing;
};

static struct toll
count_doomed(struct worker *w, struct extras *x)
{
	struct toll toll = { 0, x->standing };

	for (size_t i = 0; i < x->n_dirs; i++) {
		int64_t top = (int64_t)sides_count(x->dirs[i]->sides);
		int64_t count = prune_extras(w, x->dirs[i], PRUNE_COUNT);
		toll.doomed += count;
		toll.standing += count > top ? count - top : 0;
	}
	for (const struct deferred *d = x->deferred; d != NULL; d = d->next) {
		int64_t count = 0;
		(void)prune_deferred(w, d, PRUNE_COUNT, &count);
		toll.doomed += count;
		toll.standing += count > 1 ? count - 1 : 0;
	}
	if (toll.standing < toll.doomed)
		toll.standing = toll.doomed;
	return toll;
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

/* Whether a brake holds, which has been said then. */
static bool
is_braked(struct run *run, struct extras *x, struct toll toll)
{
	const struct delete_opts *del = &run->mirror->opts->del;
	bool insists = del->max_given && del->percent && del->max >= 100;
	const char *src = run->request.report->n_srcs > 0 ? run->request.report->srcs[0] : "";
	struct str hint = STR_INIT;
	struct str why = STR_INIT;
	bool held = false;

	str_adds(&hint, "is ");
	str_add_quoted(&hint, src, strlen(src));
	str_adds(&hint, " mounted? use --dry-run to look, --max-delete=100% to insist");
	if (toll.doomed > 0 && atomic_load(&run->unread) > 0 && !del->ignore_errors) {
		brake(run, toll, "a directory of the source could not be read",
		    "--ignore-errors deletes what has no source in the directories that were read");
		held = true;
	} else if (toll.doomed > 0 && x->empty != NULL && !insists) {
		str_add_quoted(&why, x->empty, strlen(x->empty));
		str_adds(&why, " is empty");
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

/* Delete what is in D's way, and carry it. */
static void
carry_deferred(struct worker *w, const struct deferred *d)
{
	bool dry = w->run->request.dry_run;
	struct entry e = d->entry;
	int64_t count = 0;

	if (!prune_deferred(w, d, dry ? PRUNE_TELL : PRUNE_REMOVE, &count))
		return;
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
	bool dry = w->run->request.dry_run;

	for (size_t i = 0; i < x->n_dirs; i++)
		(void)prune_extras(w, x->dirs[i], dry ? PRUNE_TELL : PRUNE_REMOVE);
	for (const struct deferred *d = x->deferred; d != NULL; d = d->next) {
		if (!cancel_requested(&w->run->cancel))
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
		struct toll toll = count_doomed(w, x);
		held = is_braked(run, x, toll);
		if (!held)
			delete_all(w, x);
	}
	let_go(w, x, held);
}
