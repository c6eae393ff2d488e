/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nodes: references, outstanding work, and a budget of descriptors.
 *
 * Idle open nodes stand in a list, oldest first.  When a node is opened over the budget, the oldest
 * idle ones are closed.  A closed one that is wanted again is opened from the nearest open ancestor
 * downwards; a finished child opens its closed parent through "..", so that a chain of any depth
 * unwinds in one step a level.
 */
#include "tree/node.h"

#include "base/own.h"
#include "sys/dir.h"
#include "sys/file.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

struct nodes {
	size_t budget;
	node_finish *finish;
	pthread_mutex_t lock;
	/* --- guarded by lock --- */
	size_t open;         /* descriptors that nodes hold */
	struct node *oldest; /* idle open nodes */
	struct node *newest;
};

struct nodes *
nodes_new(size_t budget, node_finish *finish)
{
	struct nodes *p = calloc(1, sizeof *p);
	if (p == NULL)
		return NULL;
	p->budget = budget;
	p->finish = finish;
	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void
nodes_free(struct nodes *p)
{
	if (p == NULL)
		return;
	BUG_ON(p->oldest != NULL);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static struct node *
alloc_node(const char *src_name, const char *name)
{
	size_t name_len = strlen(name) + 1;
	size_t src_len = src_name != NULL ? strlen(src_name) + 1 : 0;
	struct node *n = calloc(1, sizeof *n + name_len + src_len);

	if (n == NULL)
		return NULL;
	memcpy(n->name, name, name_len);
	n->src_name = n->name;
	if (src_name != NULL)
		n->src_name = memcpy(n->name + name_len, src_name, src_len);
	n->src_fd = -1;
	n->dst_fd = -1;
	n->refs = 1;
	n->work = 1;
	n->other = SIDE_NOT_ASKED;
	return n;
}

struct node *
node_new_base(struct nodes *p, int src_fd, int dst_fd, const char *dst_shown)
{
	struct node *n = alloc_node(NULL, "");

	(void)p; /* a pinned node takes no part in the budget */
	if (n == NULL)
		return NULL;
	n->src_fd = src_fd;
	n->dst_fd = dst_fd;
	n->dst_shown = dst_shown;
	n->pinned = true;
	n->opened = true;
	return n;
}

struct node *
node_new(struct node *parent, const char *src_name, const char *name)
{
	struct node *n = alloc_node(src_name, name);

	if (n == NULL)
		return NULL;
	node_ref(parent);
	node_add_work(parent);
	n->parent = parent;
	n->number = parent->number;
	n->place = parent->place;
	return n;
}

static void
unlist_locked(struct nodes *p, struct node *n)
{
	*(n->older != NULL ? &n->older->newer : &p->oldest) = n->newer;
	*(n->newer != NULL ? &n->newer->older : &p->newest) = n->older;
	n->older = n->newer = NULL;
}

static bool
is_open(const struct node *n)
{
	return n->pinned || n->src_fd >= 0;
}

/* Take the descriptors out of N into FDS[2]. */
static void
take_locked(struct nodes *p, struct node *n, int fds[2])
{
	fds[0] = n->src_fd;
	fds[1] = n->dst_fd;
	p->open -= (size_t)(fds[0] >= 0) + (size_t)(fds[1] >= 0);
	n->src_fd = n->dst_fd = -1;
}

/* Close idle nodes while the budget is exceeded. */
static void
trim(struct nodes *p)
{
	for (;;) {
		int fds[2] = { -1, -1 };

		pthread_mutex_lock(&p->lock);
		struct node *n = p->open > p->budget ? p->oldest : NULL;
		if (n != NULL) {
			unlist_locked(p, n);
			take_locked(p, n, fds);
		}
		pthread_mutex_unlock(&p->lock);
		if (n == NULL)
			return;
		file_drop(&fds[0]);
		file_drop(&fds[1]);
	}
}

void
nodes_opened(struct nodes *p, struct node *n, int src_fd, int dst_fd)
{
	pthread_mutex_lock(&p->lock);
	n->src_fd = src_fd;
	n->dst_fd = dst_fd;
	n->users = 1;
	n->opened = true;
	p->open += (size_t)(src_fd >= 0) + (size_t)(dst_fd >= 0);
	pthread_mutex_unlock(&p->lock);
	trim(p);
}

/* Hold N if its descriptors are open. */
static bool
hold_open(struct nodes *p, struct node *n)
{
	pthread_mutex_lock(&p->lock);
	bool open = is_open(n);
	if (open && n->users++ == 0 && !n->pinned)
		unlist_locked(p, n);
	pthread_mutex_unlock(&p->lock);
	return open;
}

void
nodes_release(struct nodes *p, struct node *n)
{
	pthread_mutex_lock(&p->lock);
	if (--n->users == 0 && !n->pinned) {
		n->older = p->newest;
		*(p->newest != NULL ? &p->newest->newer : &p->oldest) = n;
		p->newest = n;
	}
	bool over = p->open > p->budget;
	pthread_mutex_unlock(&p->lock);
	if (over)
		trim(p);
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Check that FD is the directory WANT. */
static struct err
check_same(int fd, const struct stat *want, enum err_side side)
{
	struct stat st;

	TRY(file_stat(fd, side, &st));
	return is_same(&st, want) ? ERR_OK : err_make(ESTALE, OP_OPEN, side, -1);
}

/* Give N, which is closed, the descriptors of FDS and hold it; if another thread was faster, its
 * descriptors stay and those of FDS are closed. */
static void
adopt(struct nodes *p, struct node *n, int fds[2])
{
	pthread_mutex_lock(&p->lock);
	if (!is_open(n)) {
		n->src_fd = fds[0];
		n->dst_fd = fds[1];
		p->open += (size_t)(fds[0] >= 0) + (size_t)(fds[1] >= 0);
		fds[0] = fds[1] = -1;
		n->users++;
	} else if (n->users++ == 0) {
		unlist_locked(p, n);
	}
	pthread_mutex_unlock(&p->lock);
	file_drop(&fds[0]);
	file_drop(&fds[1]);
	trim(p);
}

/* Open N's two directories below the descriptors AT of its parent into FDS. */
static struct err
open_below(const struct node *n, const int at[2], int fds[2])
{
	if (n->follow)
		TRY(dir_open_path(at[0], n->src_name, SIDE_SRC, &fds[0]));
	else
		TRY(dir_open(at[0], n->src_name, SIDE_SRC, &fds[0]));
	if (n->dst.st_ino == 0)
		return ERR_OK;
	if (n->follow_dst)
		return dir_open_path(at[1], n->name, SIDE_DST, &fds[1]);
	return dir_open(at[1], n->name, SIDE_DST, &fds[1]);
}

/* As open_below(), and make sure that both are what they were; on failure FDS are closed. */
static struct err
open_again(const struct node *n, const int at[2], int fds[2])
{
	struct err e = open_below(n, at, fds);

	if (!err_failed(e))
		e = check_same(fds[0], &n->src, SIDE_SRC);
	if (!err_failed(e) && fds[1] >= 0)
		e = check_same(fds[1], &n->dst, SIDE_DST);
	if (err_failed(e)) {
		file_drop(&fds[0]);
		file_drop(&fds[1]);
	}
	return e;
}

/* Open the closed nodes CHAIN[0 .. len), outermost first, below the held node FROM; FDS are those
 * of the last. */
static struct err
open_chain(struct node *from, struct node *const *chain, size_t len, int fds[2])
{
	int at[2] = { from->src_fd, from->dst_fd };

	for (size_t i = 0; i < len; i++) {
		int next[2] = { -1, -1 };
		struct err e = open_again(chain[i], at, next);
		if (i > 0) {
			file_drop(&at[0]);
			file_drop(&at[1]);
		}
		TRY(e);
		at[0] = next[0];
		at[1] = next[1];
	}
	fds[0] = at[0];
	fds[1] = at[1];
	return ERR_OK;
}

struct err
nodes_hold(struct nodes *p, struct node *n)
{
	int fds[2] = { -1, -1 };
	size_t len = 0;
	struct node *from = n;

	while (!hold_open(p, from)) {
		from = from->parent;
		len++;
	}
	if (len == 0)
		return ERR_OK;
	own_mem struct node **chain = calloc(len, sizeof(struct node *));
	struct err e = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	if (chain != NULL) {
		struct node *at = n;
		for (size_t i = len; i-- > 0; at = at->parent)
			chain[i] = at;
		e = open_chain(from, chain, len, fds);
	}
	nodes_release(p, from);
	if (!err_failed(e))
		adopt(p, n, fds);
	return e;
}

void
node_add_work(struct node *n)
{
	atomic_fetch_add(&n->work, 1);
}

void
node_ref(struct node *n)
{
	atomic_fetch_add(&n->refs, 1);
}

/* Close what finished node N, which nobody knows any more, was opened again for. */
static void
close_forgotten(struct nodes *p, struct node *n)
{
	int fds[2] = { -1, -1 };

	pthread_mutex_lock(&p->lock);
	if (is_open(n) && !n->pinned) {
		unlist_locked(p, n);
		take_locked(p, n, fds);
	}
	pthread_mutex_unlock(&p->lock);
	file_drop(&fds[0]);
	file_drop(&fds[1]);
}

void
nodes_unref(struct nodes *p, struct node *n)
{
	while (n != NULL && atomic_fetch_sub(&n->refs, 1) == 1) {
		struct node *parent = n->parent;
		close_forgotten(p, n);
		free((void *)n->also);
		sides_free(n->sides);
		if (n->scope != NULL)
			n->free_scope(n->scope);
		free(n);
		n = parent;
	}
}

/* Open N's closed parent through N's own descriptors, which are held: one step where the way from
 * the top would take as many as N is deep.  Only a hint: nodes_hold() does it the long way. */
static void
reopen_parent(struct nodes *p, struct node *n)
{
	struct node *parent = n->parent;
	int fds[2] = { -1, -1 };

	if (n->follow || n->follow_dst || hold_open(p, parent)) {
		if (!n->follow && !n->follow_dst)
			nodes_release(p, parent);
		return;
	}
	struct err e = dir_open_parent(n->src_fd, SIDE_SRC, &fds[0]);
	if (!err_failed(e))
		e = check_same(fds[0], &parent->src, SIDE_SRC);
	if (!err_failed(e) && parent->dst.st_ino != 0) {
		e = dir_open_parent(n->dst_fd, SIDE_DST, &fds[1]);
		if (!err_failed(e))
			e = check_same(fds[1], &parent->dst, SIDE_DST);
	}
	if (err_failed(e)) {
		file_drop(&fds[0]);
		file_drop(&fds[1]);
		return;
	}
	adopt(p, parent, fds);
	nodes_release(p, parent);
}

/* Finish N, whose work is all done, and close it. */
static void
finish(struct nodes *p, struct node *n, void *worker)
{
	int fds[2] = { -1, -1 };

	if (n->pinned) {
		if (n->src_fd >= 0)
			file_drop(&n->src_fd);
		file_drop(&n->dst_fd);
		return;
	}
	if (!n->opened)
		return;
	struct err why = nodes_hold(p, n);
	bool held = !err_failed(why);
	/* while N stands where it stood, and may be searched */
	if (held && n->parent != NULL && n->src_fd >= 0)
		reopen_parent(p, n);
	p->finish(n, why, worker);
	pthread_mutex_lock(&p->lock);
	if (held && --n->users == 0)
		take_locked(p, n, fds); /* else a hard link is made from it now; it is idle later */
	pthread_mutex_unlock(&p->lock);
	file_drop(&fds[0]);
	file_drop(&fds[1]);
}

/* End what stands for N at several destinations. */
static void
drop_also(struct nodes *p, struct node *n, void *worker)
{
	for (size_t i = 0; i < n->n_also; i++)
		nodes_drop_work(p, n->also[i], worker);
}

void
nodes_drop_work(struct nodes *p, struct node *n, void *worker)
{
	while (n != NULL && atomic_fetch_sub(&n->work, 1) == 1) {
		struct node *parent = n->parent; /* lives: its work counts N */
		finish(p, n, worker);
		drop_also(p, n, worker);
		nodes_unref(p, n);
		n = parent;
	}
}

/* The part of a path that N contributes for the path that WHICH asks for; NULL ends the path. */
enum which { PATH_SRC, PATH_DST, PATH_REL, PATH_OPERAND };

static const char *
part_of(const struct node *n, enum which which)
{
	bool base = n->parent == NULL;
	bool operand = !base && n->parent->parent == NULL;

	switch (which) {
	case PATH_SRC:
		return base ? NULL : n->src_name;
	case PATH_DST:
		return base ? n->dst_shown : n->name;
	case PATH_REL:
		return base ? NULL : n->name;
	case PATH_OPERAND:
		return base || operand ? NULL : n->name;
	}
	return NULL;
}

/* The directory itself, which says nothing before a name in it. */
static bool
is_here(const char *part)
{
	return part[0] == '.' && part[1] == '\0';
}

/* Build the path from its end: paths may be longer than PATH_MAX, and chains deeper than a stack. */
static void
build_path(const struct node *n, const char *name, enum which which, struct str *s)
{
	size_t len = name != NULL ? strlen(name) + 1 : 0;

	str_clear(s);
	for (const struct node *at = n; at != NULL; at = at->parent) {
		const char *part = part_of(at, which);
		len += part != NULL ? strlen(part) + 1 : 0;
	}
	own_mem char *path = malloc(len + 1);
	if (path == NULL) {
		str_adds(s, name != NULL ? name : n->name);
		return;
	}
	char *end = path + len;
	char *start = end;
	for (const struct node *at = n; name != NULL || at != NULL;) {
		const char *part = name;
		if (part == NULL) {
			part = part_of(at, which);
			at = at->parent;
		}
		name = NULL;
		bool there = which == PATH_DST || which == PATH_REL;
		if (part == NULL || part[0] == '\0' || (there && start != end && is_here(part)))
			continue;
		size_t part_len = strlen(part);
		if (start != end && part[part_len - 1] != '/')
			*--start = '/';
		start -= part_len;
		memcpy(start, part, part_len); /* NOLINT(bugprone-not-null-terminated-result) */
	}
	str_add(s, start, (size_t)(end - start));
}

void
node_src_path(const struct node *n, const char *name, struct str *s)
{
	build_path(n, name, PATH_SRC, s);
}

void
node_dst_path(const struct node *n, const char *name, struct str *s)
{
	build_path(n, name, PATH_DST, s);
}

void
node_rel_path(const struct node *n, const char *name, struct str *s)
{
	build_path(n, name, PATH_REL, s);
}

void
node_operand_path(const struct node *n, const char *name, struct str *s)
{
	build_path(n, name, PATH_OPERAND, s);
}
