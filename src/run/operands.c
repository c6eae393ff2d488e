/* SPDX-License-Identifier: BSD-2-Clause */
/* cp's operands: where each source goes, and what is refused before the first write. */
#include "run/operands.h"

#include "base/map.h"
#include "base/own.h"
#include "run/chain.h"
#include "run/dirjob.h"
#include "run/entryjob.h"
#include "run/feed.h"
#include "run/places.h"
#include "run/sink.h"
#include "run/tell.h"
#include "sys/file.h"
#include "sys/fs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
	/* A single file smaller than this is copied by the main thread: no thread is worth starting
	 * for it.  Arbitrary; a tenth of a second at the slowest, so that a signal is answered. */
	INLINE_MAX = 16 << 20
};

/* The operands of a run, on their way. */
struct operands {
	bool names_directory; /* DEST ended in a slash: only a directory can get that name */
	unsigned number;      /* of the operand at hand */
	bool alone; /* the last operand may share directories with the next: wait for it */
	struct run *run;
	struct worker *w;      /* the main thread's */
	char **sources;        /* sources [n] */
	size_t n;              /* number of them */
	const char *rename_to; /* the one source's new name, or NULL */
	struct map seen;       /* names that this run gave away in the base */
	struct chain chain;    /* --parents */
};

static void
strip_slashes(char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
}

/* The last component of PATH, trailing slashes left out, in BUF; "." for what is its own name. */
static struct err
last_component(const char *path, char *buf)
{
	size_t end = strlen(path);

	while (end > 0 && path[end - 1] == '/')
		end--;
	size_t start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	size_t len = end - start;
	if (len > NAME_MAX)
		return err_make(ENAMETOOLONG, OP_STAT, SIDE_SRC, -1);
	memcpy(buf, path + start, len);
	buf[len] = '\0';
	if (len == 0 || strcmp(buf, "..") == 0)
		memcpy(buf, ".", 2);
	return ERR_OK;
}

/* Whether the sources need DEST to be a directory: one that is none, or several things, go into it. */
static bool
needs_directory(const struct operands *o, const char *dest)
{
	struct stat st;

	if (o->n != 1 || o->run->copy->contents || o->run->copy->parents ||
	    o->run->copy->select.files_from != NULL || dest[strlen(dest) - 1] == '/')
		return true;
	return !err_failed(dir_stat(AT_FDCWD, o->sources[0], true, SIDE_SRC, &st)) &&
	       S_ISDIR(st.st_mode);
}

/* Make the directory DEST, which is not there, for a base; a dry run has a base of nothing. */
static struct err
make_dest(struct operands *o, const char *dest)
{
	struct run *run = o->run;

	if (!run->request.dry_run)
		return dir_make(AT_FDCWD, dest, run->copy->keep.mode ? 0700 : 0777);
	run->base = node_new_base(run->nodes, AT_FDCWD, -1, dest);
	if (run->base == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	run->base->fresh = true;
	return ERR_OK;
}

/* Make a base, *BASE: DIR below directory AT, shown as SHOWN. */
static struct err
make_one_base(struct run *run, int at, const char *dir, const char *shown, struct node **base)
{
	own_fd fd = -1;

	TRY(dir_open_place(at, dir, &fd));
	*base = node_new_base(run->nodes, AT_FDCWD, fd, shown);
	if (*base == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	fd = -1;
	TRY(file_stat((*base)->dst_fd, SIDE_DST, &(*base)->dst));
	(*base)->default_acl = run->copy->keep.mode && meta_has_default_acl((*base)->dst_fd);
	return ERR_OK;
}

/* Make the run's base. */
static struct err
make_base(struct run *run, const char *dir, const char *shown)
{
	return make_one_base(run, AT_FDCWD, dir, shown, &run->base);
}

static bool
refuse(struct run *run, const char *name, struct err why, const char *note)
{
	tell_operand_error(run, name, why, note);
	return false;
}

/* Make the base at place I: directory DIR, or for the first one the run's base itself.  False: it was
 * told why not. */
static bool
make_place(struct run *run, size_t i, const char *dir)
{
	struct node *base = run->base;
	const char *shown = i == 0 ? base->dst_shown : dir;
	int at = i == 0 ? base->dst_fd : AT_FDCWD;

	struct err err = make_one_base(run, at, i == 0 ? "." : dir, shown, &base->also[i]);
	if (err_failed(err))
		return refuse(run, shown, err, "the target must be a directory");
	base->also[i]->place = (unsigned)i;
	for (size_t k = 0; k < i; k++) {
		const struct stat *there = &base->also[k]->dst;
		if (there->st_dev == base->also[i]->dst.st_dev &&
		    there->st_ino == base->also[i]->dst.st_ino)
			return refuse(run, shown, err_make(EINVAL, OP_REFUSE, SIDE_DST, -1),
			    "it is named twice as a destination");
	}
	return true;
}

/* Make the bases at several destinations, if there are, the first of which the run's own base is. */
static bool
make_places(struct run *run)
{
	struct node *base = run->base;

	if (run->n_places == 0)
		return true;
	base->also = calloc(run->n_places, sizeof(struct node *));
	if (base->also == NULL)
		return refuse(
		    run, base->dst_shown, err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1), NULL);
	base->n_also = run->n_places;
	for (size_t i = 0; i < run->n_places; i++) {
		if (!make_place(run, i, i > 0 ? run->request.to[i - 1] : NULL))
			return false;
	}
	return true;
}

/* The base for a destination that is the thing itself: its parent, and the name in it. */
static struct err
base_of_name(struct operands *o, char *dest)
{
	char *slash;

	o->names_directory = dest[strlen(dest) - 1] == '/';
	strip_slashes(dest);
	slash = strrchr(dest, '/');
	o->rename_to = slash != NULL ? slash + 1 : dest;
	if (o->rename_to[0] == '\0')
		o->rename_to = ".";
	if (slash == NULL)
		return make_base(o->run, ".", "");
	if (slash == dest)
		return make_base(o->run, "/", "/");
	*slash = '\0';
	struct err err = make_base(o->run, dest, dest);
	return err;
}

/* Find the base from -t, or from the last operand. */
static bool
find_base(struct operands *o)
{
	const struct copy_opts *opts = o->run->copy;
	const char *dest = opts->target_dir != NULL ? opts->target_dir : opts->operands[o->n];
	bool several =
	    o->n > 1 || opts->contents || opts->parents || opts->select.files_from != NULL;
	struct stat st;

	struct err err = dir_stat(AT_FDCWD, dest, true, SIDE_DST, &st);
	bool made =
	    opts->makes_dest && err.code == ENOENT && dest[0] != '\0' && needs_directory(o, dest);
	if (made) {
		err = make_dest(o, dest);
		if (err_failed(err))
			return refuse(o->run, dest, err, NULL);
		if (o->run->base != NULL)
			return true;
		err = dir_stat(AT_FDCWD, dest, true, SIDE_DST, &st);
	}
	bool is_dir = !err_failed(err) && S_ISDIR(st.st_mode);
	if (is_dir && !opts->no_target_dir) {
		err = make_base(o->run, dest, dest);
		if (err_failed(err))
			return refuse(o->run, dest, err, NULL);
		o->run->base->fresh = made;
		return true;
	}
	if (several || opts->target_dir != NULL) {
		if (!err_failed(err))
			err = err_make(ENOTDIR, OP_OPEN, SIDE_DST, -1);
		return refuse(o->run, dest, err, "the target must be a directory");
	}
	if (dest[0] == '\0')
		return refuse(o->run, dest, err_make(ENOENT, OP_CREATE, SIDE_DST, -1), NULL);
	own_mem char *copy = strdup(dest);
	if (copy == NULL)
		return refuse(o->run, dest, err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1), NULL);
	err = base_of_name(o, copy);
	o->run->base_path = copy; /* the base and the new name point into it */
	copy = NULL;
	if (err_failed(err))
		return refuse(o->run, dest, err_make(err.code, OP_CREATE, SIDE_DST, -1), NULL);
	return true;
}

/* Whether directory ST is BASE or one above it. */
static struct err
holds(const struct node *base, const struct stat *st, bool *holds)
{
	struct stat at = base->dst;
	struct stat above;
	own_fd fd = -1;

	*holds = false;
	TRY(dir_open_place(base->dst_fd, ".", &fd));
	for (;;) {
		if (at.st_dev == st->st_dev && at.st_ino == st->st_ino) {
			*holds = true;
			return ERR_OK;
		}
		own_fd up = -1;
		TRY(dir_open_place(fd, "..", &up));
		TRY(file_stat(up, SIDE_DST, &above));
		if (above.st_dev == at.st_dev && above.st_ino == at.st_ino)
			return ERR_OK;
		at = above;
		file_drop(&fd);
		fd = up;
		up = -1;
	}
}

/* A destination that is the source itself under its new name is the same mistake. */
static bool
is_itself(const struct node *base, const struct entry *e, const struct stat *st)
{
	struct stat there;

	return !err_failed(dir_stat(base->dst_fd, e->name, true, SIDE_DST, &there)) &&
	       there.st_dev == st->st_dev && there.st_ino == st->st_ino;
}

/* Whether directory E with attributes ST would be copied into itself, at any destination. */
static struct err
goes_into_itself(struct run *run, const struct entry *e, const struct stat *st, bool *inside)
{
	struct node *const *bases = run->base->also != NULL ? run->base->also : &run->base;
	size_t n = run->base->also != NULL ? run->base->n_also : 1;

	*inside = false;
	for (size_t i = 0; i < n && !*inside; i++) {
		TRY(holds(bases[i], st, inside));
		*inside |= is_itself(bases[i], e, st);
	}
	return ERR_OK;
}

/* Hand directory operand E over, unless it would be copied into itself. */
static void
give_directory(struct operands *o, const struct entry *e, const struct stat *st)
{
	struct run *run = o->run;
	bool inside = false;

	if (!run->request.walk->recursive) {
		tell_operand_error(run, e->src_name, err_make(EISDIR, OP_REFUSE, SIDE_SRC, -1),
		    "it is a directory (use -r or -a to copy directories)");
		return;
	}
	/* "src/." into src's own parent merges into what is there: only the base itself matters; and a run
	 * that compares may go into a part of its source, which the walk leaves out */
	struct err err = ERR_OK;
	if (run->mirror != NULL)
		inside =
		    (run->base->dst.st_dev == st->st_dev && run->base->dst.st_ino == st->st_ino) ||
		    is_itself(run->base, e, st);
	else
		err = goes_into_itself(run, e, st, &inside);
	if (err_failed(err)) {
		tell_error(o->w, e, err, NULL);
		return;
	}
	if (inside) {
		tell_operand_error(run, e->src_name, err_make(EINVAL, OP_REFUSE, SIDE_SRC, -1),
		    "the destination is the source itself, or inside it");
		return;
	}
	if (err_failed(run_start_workers(run)))
		return;
	dirjob_push(o->w, e->dir, e);
}

static void
give_file(struct operands *o, const struct entry *e, const struct stat *st)
{
	bool small = S_ISREG(st->st_mode) && st->st_size < INLINE_MAX &&
		     o->run->request.through == NULL && o->run->pace == NULL;

	/* what blocks, or takes long, is left to a worker: this thread has the signals; threads cost
	 * more than a clone, whose 2.3 ms on xfs were 1.3 times cp's with them */
	if (!small && o->n == 1 && o->run->sink->carry_at_once(o->w, e, st))
		return;
	if (small || err_failed(run_start_workers(o->run)))
		o->run->sink->carry(o->w, e);
	else
		entryjob_push(o->w, e);
}

/* Wait until all that was handed over is done. */
static void
wait_idle(struct run *run)
{
	while (!sched_is_idle(run->sched) && !cancel_requested(&run->cancel))
		run_pump(run, 10);
}

/* Give NAME of the base away; false when another source of this run has it already. */
static bool
claim(struct operands *o, const struct entry *e, bool is_dir)
{
	XXH128_hash_t h = XXH3_128bits(e->name, strlen(e->name));
	struct map_key key = { .hi = h.high64, .lo = h.low64 };

	if (e->dir != o->run->base)
		return true;
	if (map_get(&o->seen, key) == NULL) {
		struct err err = map_put(&o->seen, key, o);
		if (err_failed(err))
			tell_operand_error(o->run, e->src_name, err, NULL);
		return !err_failed(err);
	}
	/* two directories are merged, the later over the earlier: so the earlier has to be done */
	if (is_dir) {
		wait_idle(o->run);
		return true;
	}
	tell_error(
	    o->w, e, err_make(EEXIST, OP_REFUSE, SIDE_DST, -1), plan_reason(REASON_JUST_MADE));
	return false;
}

/* Carry the operand SRC_NAME below DIR's source to NAME below its destination. */
static void
give(struct operands *o, struct node *dir, const char *src_name, const char *name)
{
	struct run *run = o->run;
	struct stat st;
	struct entry e = {
		.dir = dir,
		.src_name = src_name,
		.name = name,
		.number = o->number,
		.operand = true,
		.follow = run->request.walk->follow != FOLLOW_NONE,
	};

	/* operands that may meet in one directory go one after the other: the later wins, whole */
	bool shares = run->copy->parents || strcmp(name, ".") == 0;
	if (o->alone || shares)
		wait_idle(run);
	o->alone = shares;
	struct err err = nodes_hold(run->nodes, dir);
	if (err_failed(err)) {
		tell_error(o->w, &e, err, NULL);
		return;
	}
	err = dir_stat(dir->src_fd, src_name, e.follow, SIDE_SRC, &st);
	/* a slash behind a link's name means what it leads to */
	if (!err_failed(err) && S_ISDIR(st.st_mode) && src_name[strlen(src_name) - 1] == '/')
		e.follow = true;
	e.type = err_failed(err) ? DT_UNKNOWN : (unsigned char)IFTODT(st.st_mode);
	atomic_fetch_add_explicit(&run->live->items_found, 1, memory_order_relaxed);
	if (!err_failed(err) && o->names_directory && !S_ISDIR(st.st_mode))
		err = err_make(ENOTDIR, OP_CREATE, SIDE_DST, -1);
	if (err_failed(err))
		tell_error(o->w, &e, err, NULL);
	else if (claim(o, &e, S_ISDIR(st.st_mode))) {
		if (S_ISDIR(st.st_mode))
			give_directory(o, &e, &st);
		else
			give_file(o, &e, &st);
	}
	nodes_release(run->nodes, dir);
}

/* Carry SOURCE with the directories of its path, in a sync with those behind a "/./" in it alone. */
static void
give_path(struct operands *o, const char *source)
{
	struct node *dir;
	const char *last;
	own_mem char *text = strdup(source);
	const char *pivot = o->run->mirror != NULL ? strstr(source, "/./") : NULL;
	struct chain_path path = { text, pivot != NULL ? (size_t)(pivot - source) + 3 : 0 };

	if (text == NULL) {
		refuse(o->run, source, err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1), NULL);
		return;
	}
	if (!chain_to(o->w, &o->chain, path, true, &dir, &last))
		return;
	const char *name = last == text ? last + path.skip : last;
	name += strspn(name, "/");
	give(o, dir, last, name[0] == '\0' && pivot != NULL ? "." : name);
}

static void
give_source(struct operands *o, char *source)
{
	const struct copy_opts *opts = o->run->copy;
	char name[NAME_MAX + 1];

	if (opts->strip_slashes)
		strip_slashes(source);
	if (source[0] == '\0') {
		refuse(o->run, source, err_make(ENOENT, OP_STAT, SIDE_SRC, -1), NULL);
		return;
	}
	if (opts->parents) {
		give_path(o, source);
		return;
	}
	struct err err = last_component(source, name);
	if (opts->contents)
		memcpy(name, ".", 2);
	if (err_failed(err))
		refuse(o->run, source, err, NULL);
	else
		give(o, o->run->base, source, o->rename_to != NULL ? o->rename_to : name);
}

void
operands_make_durable(struct run *run)
{
	if (run->base == NULL || run->copy->fsync == FSYNC_NONE || run->request.dry_run)
		return;
	struct err err = fs_sync(run->base->dst_fd);
	if (!err_failed(err))
		err = dir_sync(run->base->dst_fd);
	if (err_failed(err))
		tell_operand_error(run, run->request.report->dst, err, NULL);
}

void
operands_run(struct run *run)
{
	const struct copy_opts *opts = run->copy;
	struct operands o = {
		.run = run,
		.w = &run->workers[run->n_workers],
		.sources = opts->operands,
		.n = opts->n_operands - (opts->target_dir == NULL ? 1 : 0),
	};

	map_init(&o.seen);
	if (find_base(&o) && make_places(run) && (run->mirror == NULL || places_open(run))) {
		if (opts->select.files_from != NULL) {
			feed_start(run, o.n == 1 ? o.sources[0] : NULL);
		} else {
			for (size_t i = 0; i < o.n && !cancel_requested(&run->cancel); i++) {
				o.number = (unsigned)i;
				give_source(&o, o.sources[i]);
				run_pump(run, 0);
			}
		}
	}
	chain_release(o.w, &o.chain);
	map_release(&o.seen);
}
