/* SPDX-License-Identifier: BSD-2-Clause */
/* Outcomes become counts and, when somebody reads them, events. */
#include "run/tell.h"

#include "run/filepipe.h"
#include "sys/proc.h"

#include <errno.h>

enum item_kind
kind_of_mode(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return KIND_DIR;
	case S_IFLNK:
		return KIND_SYMLINK;
	case S_IFIFO:
		return KIND_FIFO;
	case S_IFSOCK:
		return KIND_SOCKET;
	case S_IFCHR:
		return KIND_CHAR;
	case S_IFBLK:
		return KIND_BLOCK;
	default:
		return KIND_FILE;
	}
}

static void
fill_paths(struct worker *w, const struct entry *e, struct event *ev)
{
	node_src_path(e->dir, e->src_name, &w->src);
	node_dst_path(e->dir, e->name, &w->dst);
	if (w->run->request.one_tree)
		node_operand_path(e->dir, e->name, &w->rel);
	else
		node_rel_path(e->dir, e->name, &w->rel);
	ev->src = w->src.buf;
	ev->dst = w->dst.buf;
	ev->path = w->rel.buf;
	if (w->run->n_places > 0) {
		const struct node *base = e->dir;
		while (base->parent != NULL)
			base = base->parent;
		ev->root = base->dst_shown;
	}
}

static void
count_content(struct counts *c, const struct carried *o)
{
	c->files[o->action]++;
	if (o->action == ACTION_UNCHANGED || o->action >= ACTION_DELETED)
		return;
	c->how[o->moved.method]++;
	c->logical += o->moved.bytes;
	c->holes += o->moved.holes;
	if (o->moved.method == METHOD_CLONE)
		c->cloned += o->moved.bytes;
	else
		c->written += o->moved.bytes - o->moved.holes - o->moved.kept;
}

void
tell_item(struct worker *w, const struct entry *e, const struct carried *o)
{
	struct run *run = w->run;

	w->counts.items[o->action]++;
	if (o->what == KIND_FILE)
		count_content(&w->counts, o);
	atomic_fetch_add_explicit(&run->live->items_done, 1, memory_order_relaxed);
	if (o->moved.method == METHOD_CLONE)
		atomic_fetch_add_explicit(
		    &run->live->bytes_cloned, o->moved.bytes, memory_order_relaxed);
	if (!(o->action == ACTION_UNCHANGED ? run->wants_unchanged : run->wants_items))
		return;
	struct event ev = {
		.kind = EVENT_ITEM,
		.what = o->what,
		.action = o->action,
		.size = o->size,
		.moved = o->moved,
		.note = o->note,
		.hash = o->hash,
		.verified = o->verified,
		.backup = o->backup,
		.seconds = o->began_ns > 0 ? (double)(proc_now_ns() - o->began_ns) / 1e9 : 0,
	};
	fill_paths(w, e, &ev);
	report_emit(run->report, &ev);
}

/* Whether E is a symbolic link that still stands: what it should lead to was never there. */
static bool
is_dangling(const struct entry *e)
{
	struct stat st;

	return e->follow &&
	       !err_failed(dir_stat(e->dir->src_fd, e->src_name, false, SIDE_SRC, &st)) &&
	       S_ISLNK(st.st_mode);
}

/* Stop what WHY is fatal for: the run, or of several destinations the one that DIR is at, as long as there
 * are others.  False: that was told before. */
static bool
stop_for(struct run *run, const struct node *dir, struct err why)
{
	if (run->n_places > 0 && why.side == SIDE_DST) {
		if (atomic_exchange(&run->places[dir->place].dead, true))
			return false;
		for (size_t i = 0; i < run->n_places; i++) {
			if (!atomic_load(&run->places[i].dead))
				return true;
		}
	}
	cancel_request(&run->cancel, why);
	return !atomic_exchange(&run->stopped, true);
}

void
tell_error(struct worker *w, const struct entry *e, struct err why, const char *note)
{
	struct run *run = w->run;
	enum err_class class = err_class(why);
	struct event ev = { .kind = EVENT_ERROR, .err = why, .note = note };

	atomic_fetch_add_explicit(&run->live->items_done, 1, memory_order_relaxed);
	if (class == ERR_CLASS_CANCELED)
		return;
	/* what changed while it was read stands all the same */
	if (why.op == OP_CHANGED && w->hash.len > 0)
		ev.hash = w->hash.buf;
	atomic_store(&run->faulty, true);
	if (why.op == OP_STAGE && w->pipe != NULL) {
		const struct filepipe_failure *f = filepipe_failure(w->pipe);
		ev.note = f->words.buf;
		ev.result = f->result;
		ev.code = f->code;
	}
	if (class == ERR_CLASS_VANISHED && !e->operand && !is_dangling(e))
		ev.kind = EVENT_VANISHED;
	if (class == ERR_CLASS_FATAL) {
		ev.fatal = true;
		if (!stop_for(run, e->dir, why))
			return;
	}
	fill_paths(w, e, &ev);
	report_emit(run->report, &ev);
}

void
tell_lost(struct worker *w, const struct entry *e, struct err why, const char *name)
{
	struct event ev = { .kind = EVENT_LOST, .err = why, .note = name };

	fill_paths(w, e, &ev);
	report_emit(w->run->report, &ev);
}

void
tell_operand_error(struct run *run, const char *src, struct err why, const char *note)
{
	struct event ev = {
		.kind = EVENT_ERROR,
		.src = src,
		.dst = src,
		.path = src,
		.err = why,
		.note = note,
	};

	atomic_store(&run->faulty, true);
	report_emit(run->report, &ev);
}
