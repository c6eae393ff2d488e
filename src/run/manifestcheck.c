/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A manifest against a tree.
 *
 * The manifest is in the order of a walk that takes the names of each directory sorted.  So one job walks
 * the tree in that order, beside the manifest, and needs to know no more than the names of the directories
 * that it is in.  What both have goes to the workers in batches.
 */
#include "run/manifestcheck.h"

#include "base/own.h"
#include "run/manifestbatch.h"
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

/* A name of a directory; it ends at a NUL. */
struct listed {
	size_t at; /* in the level's TEXT */
	unsigned char type;
};

/* A directory that the walk is in. */
struct level {
	struct str text; /* all names */
	struct listed *names;
	size_t n;
	size_t cap;
	size_t next;     /* the first name that is not done */
	size_t path_len; /* of the directory in the walk's PATH; 0 = the root */
	bool listed;     /* the manifest has the directory: what else is in it is extra */
};

/* The walk. */
struct walk {
	struct job job; /* first */
	struct run *run;
	struct worker *w;
	struct manifestcheck *check;
	int root;
	struct str path; /* of the innermost level, relative to the root, then a name */
	struct level *levels;
	size_t depth;
	size_t cap;
	struct manifestbatch *batch;
	struct manifest_entry e; /* the next entry; its NAME is NULL at the end */
	struct str skipped;      /* directory whose entries are left out; "" = none */
};

bool
manifestcheck_is_one(const char *path)
{
	char start[sizeof MANIFEST_MAGIC];
	own_fd fd = -1;
	struct stat st;
	size_t got;

	return !err_failed(dir_stat(AT_FDCWD, path, true, SIDE_SRC, &st)) && S_ISREG(st.st_mode) &&
	       !err_failed(dir_open_file(AT_FDCWD, path, true, &fd)) &&
	       !err_failed(file_pread(fd, start, sizeof start, 0, &got)) &&
	       manifest_is_one(start, got);
}

/* Put in words where and why the manifest is damaged. */
static void
damaged(struct manifestcheck *c, const struct manifest_fault *fault)
{
	if (c->why.code == EBADMSG)
		str_addf(&c->words, "the manifest is damaged at line %" PRId64 ": %s", fault->line,
		    fault->why);
}

/* Find the algorithms of the manifest. */
static struct err
find_algos(struct manifestcheck *c)
{
	const struct manifest_algos *algos = manifest_algos(c->m);
	const char *why = NULL;

	for (size_t i = 0; i < algos->n; i++) {
		struct err err = digest_find(algos->names[i], &c->algos.algos[i], &why);
		if (err_failed(err)) {
			str_addf(&c->words, "no way to make %s digests", algos->names[i]);
			return err;
		}
		c->algos.n++;
	}
	return ERR_OK;
}

void
manifestcheck_open(struct manifestcheck *c)
{
	struct manifest_fault fault;

	c->fd = -1;
	c->words = STR_INIT;
	c->why = dir_open_file(AT_FDCWD, c->path, true, &c->fd);
	if (!err_failed(c->why))
		c->why = file_stat(c->fd, SIDE_SRC, &c->st);
	if (!err_failed(c->why) && S_ISDIR(c->st.st_mode)) {
		c->why = err_make(EISDIR, OP_READ, SIDE_SRC, -1);
		str_adds(&c->words, "a single operand has to be a manifest");
	}
	if (err_failed(c->why))
		return;
	c->why = manifest_open(c->fd, &c->m, &fault);
	if (err_failed(c->why))
		damaged(c, &fault);
	else
		c->why = find_algos(c);
}

void
manifestcheck_release(struct manifestcheck *c)
{
	manifest_free(c->m);
	file_drop(&c->fd);
	str_release(&c->words);
}

/* Tell that the manifest itself is of no use. */
static void
tell_useless(struct run *run, const struct manifestcheck *c)
{
	tell_operand_error(run, c->path, c->why, c->words.len > 0 ? c->words.buf : NULL);
	report_raise(run->report, c->why.code == EBADMSG ? EXIT_INTEGRITY : EXIT_STOPPED);
}

/* Whether E is below the directory PREFIX[len]; every entry is below "". */
static bool
is_below(const struct manifest_entry *e, const char *prefix, size_t len)
{
	return e->name != NULL && (len == 0 || (e->name_len > len && e->name[len] == '/' &&
						   memcmp(e->name, prefix, len) == 0));
}

/* Whether the filter leaves out NAME, the last component of PATH[len]. */
static bool
excludes(const struct walk *w, const char *path, size_t len, bool is_dir)
{
	const struct filter *f = w->run->filter;
	const char *slash = memrchr(path, '/', len);

	return f != NULL && strcmp(path, ".") != 0 &&
	       filter_excludes(f, path, len, slash != NULL ? slash + 1 : path, is_dir);
}

/* Step to the next entry that is to be looked at. */
static struct err
next_entry(struct walk *w)
{
	struct manifest_fault fault;

	for (;;) {
		struct err err = manifest_next(w->check->m, &w->e, &fault);
		if (err_failed(err)) {
			w->check->why = err;
			damaged(w->check, &fault);
			tell_useless(w->run, w->check);
			return err_make(ECANCELED, OP_READ, SIDE_SRC, -1);
		}
		if (w->e.name == NULL)
			return ERR_OK;
		if (w->skipped.len > 0 && is_below(&w->e, w->skipped.buf, w->skipped.len))
			continue;
		str_clear(&w->skipped);
		if (!excludes(w, w->e.name, w->e.name_len, w->e.type == 'd'))
			break;
		if (w->e.type == 'd')
			str_add(&w->skipped, w->e.name, w->e.name_len);
		TRY(str_check(&w->skipped));
	}
	atomic_fetch_add_explicit(&w->run->live->items_found, 1, memory_order_relaxed);
	return ERR_OK;
}

/* Leave the entries below the one at hand out, and step on. */
static struct err
skip_entry(struct walk *w)
{
	str_clear(&w->skipped);
	if (w->e.type == 'd')
		str_add(&w->skipped, w->e.name, w->e.name_len);
	TRY(str_check(&w->skipped));
	return next_entry(w);
}

static int
by_name(const void *a, const void *b, void *text)
{
	const struct listed *one = a;
	const struct listed *other = b;

	return strcmp((char *)text + one->at, (char *)text + other->at);
}

/* Read the names of FD into L. */
static struct err
list_names(struct walk *w, int fd, struct level *l)
{
	struct dir_list listing;
	struct dir_name name;

	TRY(dir_list_start(&listing, fd, w->w->list_buf, 0));
	for (;;) {
		TRY(dir_list_next(&listing, &name));
		if (name.name == NULL)
			break;
		if (l->n == l->cap) {
			size_t cap = l->cap == 0 ? 64 : 2 * l->cap; /* arbitrary */
			struct listed *grown = reallocarray(l->names, cap, sizeof grown[0]);
			if (grown == NULL)
				return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
			l->names = grown;
			l->cap = cap;
		}
		l->names[l->n++] = (struct listed){ l->text.len, name.type };
		str_add(&l->text, name.name, strlen(name.name) + 1);
	}
	TRY(str_check(&l->text));
	if (l->n > 0)
		qsort_r(l->names, l->n, sizeof l->names[0], by_name, l->text.buf);
	return ERR_OK;
}

/* Tell what went wrong with the directory that the walk's PATH names. */
static void
tell_directory(struct walk *w, struct err err)
{
	const char *name = w->path.len > 0 ? w->path.buf : ".";
	struct entry e = { .dir = w->run->base, .src_name = name, .name = name };

	if (err.side == SIDE_SRC)
		err.side = SIDE_DST;
	tell_error(w->w, &e, err, NULL);
}

static void
release_level(struct level *l)
{
	str_release(&l->text);
	free(l->names);
}

/* Go into the directory that the walk's PATH names; LISTED: the manifest has it. */
static struct err
push_level(struct walk *w, bool listed)
{
	const char *path = w->path.len > 0 ? w->path.buf : ".";
	own_fd fd = -1;

	if (w->depth == w->cap) {
		size_t cap = w->cap == 0 ? 16 : 2 * w->cap; /* arbitrary */
		struct level *grown = reallocarray(w->levels, cap, sizeof grown[0]);
		if (grown == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		w->levels = grown;
		w->cap = cap;
	}
	struct level *l = &w->levels[w->depth];
	*l = (struct level){ .text = STR_INIT, .path_len = w->path.len, .listed = listed };
	struct err err =
	    dir_open_below(w->root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, SIDE_DST, &fd);
	if (!err_failed(err))
		err = list_names(w, fd, l);
	if (err_failed(err)) {
		/* what could not be listed has nothing that is missing or extra */
		tell_directory(w, err);
		str_clear(&w->skipped);
		str_add(&w->skipped, w->path.buf, w->path.len);
		release_level(l);
		if (err.op == OP_MEMORY)
			return err_make(ECANCELED, OP_MEMORY, SIDE_NONE, -1);
		return is_below(&w->e, w->path.buf, w->path.len) ? next_entry(w) : ERR_OK;
	}
	w->depth++;
	return ERR_OK;
}

/* Hand what has been collected to the workers. */
static void
push_batch(struct walk *w)
{
	if (w->batch != NULL)
		manifestbatch_push(w->batch, w->w);
	w->batch = NULL;
}

/* Collect the entry at hand, which is TYPE in the tree. */
static struct err
collect(struct walk *w, unsigned char type)
{
	if (w->batch == NULL)
		w->batch = manifestbatch_new(w->run, w->root);
	if (w->batch == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	TRY(manifestbatch_add(w->batch, &w->e, type));
	if (manifestbatch_is_full(w->batch))
		push_batch(w);
	return ERR_OK;
}

/* The type of the walk's PATH where the listing does not say. */
static unsigned char
type_of(struct walk *w, unsigned char type)
{
	own_fd fd = -1;
	struct stat st;

	if (type != DT_UNKNOWN ||
	    err_failed(dir_open_below(w->root, w->path.buf, O_PATH | O_NOFOLLOW, SIDE_DST, &fd)) ||
	    err_failed(file_stat(fd, SIDE_DST, &st)))
		return type;
	return (unsigned char)IFTODT(st.st_mode);
}

/* Tell that only the tree has the walk's PATH, of TYPE; the manifest itself may stand in the tree. */
static void
tell_extra(struct walk *w, unsigned char type)
{
	struct entry e = { .dir = w->run->base, .src_name = w->path.buf, .name = w->path.buf };
	struct stat st = { .st_mode = DTTOIF(type) };
	own_fd fd = -1;

	if (type == DT_REG &&
	    (err_failed(dir_open_below(w->root, w->path.buf, O_PATH | O_NOFOLLOW, SIDE_DST, &fd)) ||
		err_failed(file_stat(fd, SIDE_DST, &st))))
		return;
	if (st.st_ino != w->check->st.st_ino || st.st_dev != w->check->st.st_dev)
		unlike_tell(w->w, &e, &st, ACTION_EXTRA, NULL);
}

/* Put NAME behind the directory of L in the walk's PATH. */
static struct err
set_path(struct walk *w, const struct level *l, const char *name)
{
	w->path.len = l->path_len;
	w->path.buf[w->path.len] = '\0';
	if (l->path_len > 0)
		str_addc(&w->path, '/');
	str_adds(&w->path, name);
	return str_check(&w->path);
}

/* The tree and the manifest both have the walk's PATH, which is TYPE; or, unless EXACT, the manifest has
 * something below it. */
static struct err
meet(struct walk *w, unsigned char type, bool exact)
{
	bool is_dir = type == DT_DIR;
	bool enters = is_dir && (!exact || w->e.type == 'd');

	if (!exact && !is_dir) {
		manifestbatch_tell(w->w, &w->e, ACTION_MISSING, NULL);
		return skip_entry(w);
	}
	if (exact) {
		TRY(collect(w, type));
		if (!enters)
			return skip_entry(w);
		TRY(next_entry(w));
	}
	return push_level(w, exact);
}

/* Do the next thing in the innermost level. */
static struct err
step(struct walk *w)
{
	struct level *l = &w->levels[w->depth - 1];
	const char *name = l->next < l->n ? l->text.buf + l->names[l->next].at : NULL;
	bool below = is_below(&w->e, w->path.buf, l->path_len);
	size_t from = l->path_len > 0 ? l->path_len + 1 : 0;
	int order = name == NULL ? -1 : 1;

	w->path.len = l->path_len;
	if (!below && name == NULL) {
		release_level(l);
		w->depth--;
		if (w->depth > 0)
			w->path.len = w->levels[w->depth - 1].path_len;
		w->path.buf[w->path.len] = '\0';
		return ERR_OK;
	}
	const char *wanted = below ? w->e.name + from : "";
	size_t len = strcspn(wanted, "/");
	if (below && name != NULL) {
		order = strncmp(wanted, name, len);
		if (order == 0 && name[len] != '\0')
			order = -1;
	}
	if (order < 0) {
		manifestbatch_tell(w->w, &w->e, ACTION_MISSING, NULL);
		return skip_entry(w);
	}
	unsigned char type = l->names[l->next++].type;
	TRY(set_path(w, l, name));
	type = type_of(w, type);
	if (order == 0)
		return meet(w, type, wanted[len] == '\0');
	if (l->listed && !w->run->verify->opts->ignore_extra &&
	    !excludes(w, w->path.buf, w->path.len, type == DT_DIR))
		tell_extra(w, type);
	return ERR_OK;
}

static struct err
walk_all(struct walk *w)
{
	bool rooted;

	TRY(next_entry(w));
	rooted = w->e.name != NULL && strcmp(w->e.name, ".") == 0;
	if (rooted) {
		TRY(collect(w, DT_DIR));
		rooted = w->e.type == 'd';
		TRY(next_entry(w));
	}
	str_addc(&w->path, '\0');
	str_clear(&w->path);
	TRY(push_level(w, rooted));
	while (w->depth > 0) {
		TRY(cancel_check(&w->run->cancel));
		TRY(step(w));
	}
	return ERR_OK;
}

static void
run_walk(struct job *job, unsigned number)
{
	struct walk *w = (struct walk *)job;

	w->w = &w->run->workers[number];
	struct err err = walk_all(w);
	if (err_failed(err) && err_class(err) != ERR_CLASS_CANCELED)
		tell_operand_error(w->run, w->check->path, err, NULL);
	push_batch(w);
	while (w->depth > 0)
		release_level(&w->levels[--w->depth]);
	free(w->levels);
	str_release(&w->path);
	str_release(&w->skipped);
	free(w);
}

/* Open the tree as the base's destination. */
static struct err
make_base(struct run *run, const char *dir)
{
	int fd = -1;

	TRY(dir_open_path(AT_FDCWD, dir, SIDE_DST, &fd));
	run->base = node_new_base(run->nodes, AT_FDCWD, fd, strcmp(dir, ".") == 0 ? "" : dir);
	if (run->base != NULL)
		return ERR_OK;
	file_drop(&fd);
	return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
}

void
manifestcheck_give(struct run *run)
{
	struct manifestcheck *c = run->verify->list;

	if (err_failed(c->why)) {
		tell_useless(run, c);
		return;
	}
	struct walk *w = calloc(1, sizeof *w);
	struct err err = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	if (w != NULL)
		err = make_base(run, c->dir);
	if (!err_failed(err))
		err = run_start_workers(run);
	if (err_failed(err)) {
		free(w);
		tell_operand_error(run, c->dir, err, NULL);
		report_raise(run->report, EXIT_STOPPED);
		return;
	}
	w->job.run = run_walk;
	w->run = run;
	w->check = c;
	w->root = run->base->dst_fd;
	w->path = w->skipped = STR_INIT;
	BUG_ON(!sched_push(run->sched, LANE_DIRS, &w->job));
}
