/* SPDX-License-Identifier: BSD-2-Clause */
/* A walk in one fixed order: the names of each directory on the way are in memory. */
#include "run/packwalk.h"

#include "base/own.h"
#include "run/tell.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "tree/filter.h"
#include "tree/names.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A directory that the walk is in. */
struct level {
	struct node *node;  /* it; a work of it, its listing, is outstanding */
	char *bytes;        /* a byte of type, then the name and its NUL, for each entry; owned */
	const char **names; /* [n], into BYTES, in the order of bytes; owned */
	size_t n;           /* number of them */
	size_t at;          /* the next one */
};

struct packwalk {
	struct run *run;
	struct level *levels; /* [n], outermost first; owned */
	size_t n;
	size_t cap;
	size_t operand;      /* the next one */
	struct names *names; /* of --files-from, or NULL */
	int list;            /* its descriptor; owned unless it is standard input */
	bool noted;          /* it was said that names lose their beginning */
};

struct err
packwalk_new(struct run *run, struct packwalk **walk)
{
	const struct select_opts *select = run->request.select;
	struct packwalk *w = calloc(1, sizeof *w);
	struct err memory = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);

	if (w == NULL)
		return memory;
	w->run = run;
	w->list = STDIN_FILENO;
	*walk = w;
	if (select->files_from == NULL)
		return ERR_OK;
	if (strcmp(select->files_from, "-") != 0)
		TRY(dir_open_file(AT_FDCWD, select->files_from, true, &w->list));
	w->names = names_new(w->list, select->files_end);
	return w->names != NULL ? ERR_OK : memory;
}

/* Leave the innermost directory. */
static void
leave(struct packwalk *w, struct worker *worker)
{
	struct level *l = &w->levels[--w->n];

	free(l->names);
	free(l->bytes);
	nodes_drop_work(w->run->nodes, l->node, worker);
}

void
packwalk_free(struct packwalk *w, struct worker *worker)
{
	if (w == NULL)
		return;
	while (w->n > 0)
		leave(w, worker);
	free(w->levels);
	names_free(w->names);
	if (w->list != STDIN_FILENO)
		file_drop(&w->list);
	free(w);
}

bool
packwalk_would_wait(void *walk)
{
	const struct packwalk *w = walk;
	return w->n == 0 && w->names != NULL && !names_is_ready(w->names);
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Point L's names into the bytes BLOB, and sort them. */
static struct err
sort_names(struct level *l, struct str *blob, size_t n)
{
	char *at = blob->buf;

	l->names = calloc(n > 0 ? n : 1, sizeof l->names[0]);
	if (l->names == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t i = 0; i < n; i++) {
		l->names[i] = at + 1;
		at += strlen(at + 1) + 2;
	}
	qsort(l->names, n, sizeof l->names[0], by_bytes);
	l->n = n;
	l->bytes = blob->cap > 0 ? blob->buf : NULL;
	*blob = STR_INIT;
	return ERR_OK;
}

/* List the directory L->node, which is held, in WORKER's buffer.  What was read before a failure counts. */
static struct err
list_directory(struct level *l, struct worker *worker)
{
	struct str blob = STR_INIT;
	struct dir_list listing;
	struct dir_name name;
	size_t n = 0;

	struct err err = dir_list_start(&listing, l->node->src_fd, worker->list_buf, 0);
	while (!err_failed(err) && !cancel_requested(&worker->run->cancel)) {
		err = dir_list_next(&listing, &name);
		if (err_failed(err) || name.name == NULL)
			break;
		str_addc(&blob, (char)name.type);
		str_add(&blob, name.name, strlen(name.name) + 1);
		n++;
	}
	if (blob.failed)
		err = str_check(&blob);
	struct err sorted = blob.failed ? err : sort_names(l, &blob, n);
	str_release(&blob);
	return err_failed(err) ? err : sorted;
}

/* With -L a link may lead back to a directory that the walk is in. */
static bool
is_loop(const struct run *run, const struct node *n)
{
	if (run->request.walk->follow != FOLLOW_ALL)
		return false;
	for (const struct node *up = n->parent; up->parent != NULL; up = up->parent) {
		if (up->src.st_dev == n->src.st_dev && up->src.st_ino == n->src.st_ino)
			return true;
	}
	return false;
}

/* Open the directory of the new node N, whose parent is held, and leave it held. */
static struct err
open_node(struct packwalk *w, struct node *n)
{
	int parent = n->parent->src_fd;
	own_fd fd = -1;

	if (n->follow)
		TRY(dir_open_path(parent, n->src_name, SIDE_SRC, &fd));
	else
		TRY(dir_open(parent, n->src_name, SIDE_SRC, &fd));
	TRY(file_stat(fd, SIDE_SRC, &n->src));
	if (is_loop(w->run, n))
		return err_make(ELOOP, OP_OPEN, SIDE_SRC, -1);
	nodes_opened(w->run->nodes, n, fd, -1);
	fd = -1;
	return ERR_OK;
}

/* Be in the directory N, which is held, from now on: list it unless it is only to be made. */
static struct err
enter(struct packwalk *w, struct worker *worker, struct node *n)
{
	bool is_mount = w->run->request.walk->one_file_system && n->parent->parent != NULL &&
			n->src.st_dev != n->parent->src.st_dev;
	struct level l = { .node = n };
	struct err err = ERR_OK;

	if (w->n == w->cap) {
		size_t cap = w->cap > 0 ? w->cap * 2 : 16;
		struct level *more = reallocarray(w->levels, cap, sizeof w->levels[0]);
		if (more == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		w->levels = more;
		w->cap = cap;
	}
	/* a list names what it wants of a directory itself */
	if (!is_mount && w->names == NULL)
		err = list_directory(&l, worker);
	w->levels[w->n++] = l;
	return err;
}

/* Meet the directory E, whose parent is held. */
static enum ahead_listed
meet_directory(
    struct packwalk *w, struct worker *worker, const struct entry *e, struct pack_item *item)
{
	struct nodes *nodes = w->run->nodes;
	struct node *n = node_new(e->dir, e->src_name, e->name);

	if (n == NULL) {
		tell_error(worker, e, err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1), NULL);
		return LISTED_NOTHING;
	}
	n->follow = e->follow;
	struct err err = open_node(w, n);
	if (!err_failed(err))
		err = pack_item_set(item, e);
	if (err_failed(err)) {
		tell_error(worker, e, err, NULL);
		if (n->opened)
			nodes_release(nodes, n);
		nodes_drop_work(nodes, n, worker);
		return LISTED_NOTHING;
	}
	node_add_work(n);
	item->node = n;
	size_t before = w->n;
	err = enter(w, worker, n);
	if (err_failed(err))
		tell_error(worker, e, err, NULL);
	nodes_release(nodes, n);
	if (w->n == before)
		nodes_drop_work(nodes, n, worker);
	return LISTED_ITEM;
}

static enum ahead_listed
meet(struct packwalk *w, struct worker *worker, const struct entry *e, struct pack_item *item)
{
	atomic_fetch_add_explicit(&w->run->live->items_found, 1, memory_order_relaxed);
	if (e->type == DT_DIR)
		return meet_directory(w, worker, e, item);
	struct err err = pack_item_set(item, e);
	if (!err_failed(err))
		return LISTED_ITEM;
	tell_error(worker, e, err, NULL);
	return LISTED_NOTHING;
}

static bool
is_excluded(struct packwalk *w, struct worker *worker, const struct entry *e)
{
	const struct filter *f = w->run->filter;
	bool is_dir = e->type == DT_DIR;

	if (f == NULL)
		return false;
	if (!filter_needs_path(f))
		return filter_excludes(f, NULL, 0, e->name, is_dir);
	node_operand_path(e->dir, e->name, &worker->rel);
	return filter_excludes(f, worker->rel.buf, worker->rel.len, e->name, is_dir);
}

/* The next name of the innermost directory. */
static enum ahead_listed
next_name(struct packwalk *w, struct worker *worker, struct pack_item *item)
{
	struct level *l = &w->levels[w->n - 1];
	bool all = w->run->request.walk->follow == FOLLOW_ALL;
	struct stat st;

	if (l->at == l->n) {
		leave(w, worker);
		return LISTED_NOTHING;
	}
	const char *name = l->names[l->at++];
	struct entry e = {
		.dir = l->node, .src_name = name, .name = name, .type = (unsigned char)name[-1]
	};
	struct err err = nodes_hold(w->run->nodes, e.dir);
	if (err_failed(err)) {
		tell_error(worker, &e, err, NULL);
		return LISTED_NOTHING;
	}
	struct node *dir = e.dir;
	enum ahead_listed what = LISTED_NOTHING;
	e.follow = all && (e.type == DT_LNK || e.type == DT_UNKNOWN);
	if (e.type == DT_UNKNOWN || e.follow) {
		err = dir_stat(dir->src_fd, name, e.follow, SIDE_SRC, &st);
		e.type = err_failed(err) ? DT_UNKNOWN : (unsigned char)IFTODT(st.st_mode);
	}
	if (!is_excluded(w, worker, &e))
		what = meet(w, worker, &e, item); /* which may move the levels */
	nodes_release(w->run->nodes, dir);
	return what;
}

/* What is left of PATH, which may lead anywhere, for a name in an archive: no '/' in front, and nothing
 * up to the last "..", as with tar. */
static const char *
inside(const char *path)
{
	const char *rest = path + strspn(path, "/");

	for (const char *at = rest; *at != '\0';) {
		size_t len = strcspn(at, "/");
		bool up = len == 2 && memcmp(at, "..", 2) == 0;
		at += len;
		at += strspn(at, "/");
		if (up)
			rest = at;
	}
	return rest;
}

/* Put the name that PATH gets in the archive into NAME; say once that it is another. */
static void
name_operand(struct packwalk *w, const char *path, struct str *name)
{
	const char *rest = inside(path);
	size_t len = strlen(rest);

	while (len > 0 && rest[len - 1] == '/')
		len--;
	str_clear(name);
	str_add(name, len > 0 ? rest : ".", len > 0 ? len : 1);
	if (rest == path || w->noted)
		return;
	w->noted = true;
	struct str line = STR_INIT;
	str_adds(&line, "names in the archive begin without ");
	str_add_quoted(&line, path, (size_t)(rest - path));
	struct event ev = { .kind = EVENT_NOTE, .note = line.buf };
	report_emit(w->run->report, &ev);
	str_release(&line);
}

/* Meet the operand or listed name PATH. */
static enum ahead_listed
meet_operand(struct packwalk *w, struct worker *worker, const char *path, struct pack_item *item)
{
	struct run *run = w->run;
	struct node *base = run->base;
	struct str name = STR_INIT;
	enum ahead_listed what = LISTED_NOTHING;
	struct stat st;

	name_operand(w, path, &name);
	struct entry e = {
		.dir = base,
		.src_name = path,
		.name = name.buf,
		.operand = true,
		.follow = run->request.walk->follow != FOLLOW_NONE,
	};
	struct err err = path[0] != '\0' ? nodes_hold(run->nodes, base)
					 : err_make(ENOENT, OP_STAT, SIDE_SRC, -1);
	if (!err_failed(err)) {
		err = dir_stat(base->src_fd, path, e.follow, SIDE_SRC, &st);
		/* a slash behind a link's name means what it leads to */
		if (!err_failed(err) && S_ISDIR(st.st_mode) && path[strlen(path) - 1] == '/')
			e.follow = true;
		e.type = err_failed(err) ? DT_UNKNOWN : (unsigned char)IFTODT(st.st_mode);
		if (!err_failed(err))
			what = meet(w, worker, &e, item);
		nodes_release(run->nodes, base);
	}
	if (err_failed(err))
		tell_error(worker, &e, err, NULL);
	str_release(&name);
	return what;
}

/* The next name of the list; a list that does not come does not hold up a cancellation. */
static enum ahead_listed
next_listed(struct packwalk *w, struct worker *worker, struct pack_item *item)
{
	const struct cancel *c = &w->run->cancel;
	const char *from = w->run->request.select->files_from;
	struct err err = ERR_OK;
	const char *name = NULL;
	size_t len = 0;

	while (!err_failed(err) && !names_is_ready(w->names)) {
		proc_wait(cancel_fd(c), w->list, -1);
		err = cancel_check(c);
		if (!err_failed(err))
			err = names_fill(w->names);
	}
	if (!err_failed(err))
		err = names_next(w->names, &name, &len);
	if (err_failed(err) && err_class(err) != ERR_CLASS_CANCELED)
		tell_operand_error(w->run, from, err, NULL);
	if (err_failed(err) || name == NULL)
		return LISTED_END;
	if (strlen(name) == len)
		return meet_operand(w, worker, name, item);
	tell_operand_error(w->run, name, err_make(EINVAL, OP_REFUSE, SIDE_SRC, -1),
	    "a NUL in a listed name (use --from0 for NUL-separated lists)");
	return LISTED_NOTHING;
}

enum ahead_listed
packwalk_next(void *walk, struct worker *worker, struct pack_item *item)
{
	struct packwalk *w = walk;
	const struct request *request = &w->run->request;

	if (cancel_requested(&w->run->cancel))
		return LISTED_END;
	if (w->n > 0)
		return next_name(w, worker, item);
	if (w->names != NULL)
		return next_listed(w, worker, item);
	if (w->operand < request->n_operands)
		return meet_operand(w, worker, request->operands[w->operand++], item);
	atomic_store(&w->run->live->walked, true);
	return LISTED_END;
}
