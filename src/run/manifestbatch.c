/* SPDX-License-Identifier: BSD-2-Clause */
/* Checking entries of a manifest, some at a time. */
#include "run/manifestbatch.h"

#include "base/own.h"
#include "run/manifestcheck.h"
#include "run/reading.h"
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

enum {
	ENTRIES_MAX = 64, /* entries of a batch; arbitrary: small files enough to be worth a job */
	BYTES_MAX = 64 << 20 /* content of a batch: after so much it is full; arbitrary */
};

/* One entry; its names are in the batch's TEXT. */
struct item {
	struct manifest_entry e;
	size_t name;        /* where it begins */
	size_t target;      /* likewise, if it has one */
	unsigned char type; /* DT_* in the tree */
};

struct manifestbatch {
	struct job job; /* first */
	struct run *run;
	int root;
	size_t n;
	int64_t bytes;
	struct str text; /* NUL-terminated names and targets */
	struct item items[ENTRIES_MAX];
};

struct manifestbatch *
manifestbatch_new(struct run *run, int root)
{
	struct manifestbatch *b = malloc(sizeof *b);

	if (b == NULL)
		return NULL;
	b->run = run;
	b->root = root;
	b->n = 0;
	b->bytes = 0;
	b->text = STR_INIT;
	return b;
}

void
manifestbatch_free(struct manifestbatch *b)
{
	if (b == NULL)
		return;
	str_release(&b->text);
	free(b);
}

struct err
manifestbatch_add(struct manifestbatch *b, const struct manifest_entry *e, unsigned char type)
{
	struct item *i = &b->items[b->n];

	i->e = *e;
	i->type = type;
	i->name = b->text.len;
	str_add(&b->text, e->name, e->name_len + 1);
	i->target = b->text.len;
	if (e->target != NULL)
		str_add(&b->text, e->target, e->target_len + 1);
	TRY(str_check(&b->text));
	b->bytes += e->size;
	b->n++;
	return ERR_OK;
}

bool
manifestbatch_is_full(const struct manifestbatch *b)
{
	return b->n == ENTRIES_MAX || b->bytes >= BYTES_MAX;
}

mode_t
manifestbatch_type(const struct manifest_entry *e)
{
	switch (e->type) {
	case 'd':
		return S_IFDIR;
	case 'l':
		return S_IFLNK;
	case 'p':
		return S_IFIFO;
	case 's':
		return S_IFSOCK;
	case 'b':
		return S_IFBLK;
	case 'c':
		return S_IFCHR;
	default:
		return S_IFREG;
	}
}

/* The attributes that E speaks of. */
static struct stat
stat_of(const struct manifest_entry *e)
{
	return (struct stat){
		.st_mode = manifestbatch_type(e) | e->mode,
		.st_uid = e->uid,
		.st_gid = e->gid,
		.st_size = e->size,
		.st_mtim = e->mtime,
		.st_rdev = makedev(e->major, e->minor),
	};
}

static struct entry
entry_of(const struct run *run, const char *name)
{
	return (struct entry){ .dir = run->base, .src_name = name, .name = name };
}

void
manifestbatch_tell(struct worker *w, const struct manifest_entry *e, enum item_action action,
    const struct str *why)
{
	struct stat st = stat_of(e);
	struct entry at = entry_of(w->run, e->name);

	unlike_tell(w, &at, &st, action, why);
}

/* Compare the digests that W has made with those of E. */
static void
compare_digests(struct worker *w, const struct manifest_entry *e, struct str *why)
{
	const struct hash_algos *algos = w->run->request.hash;

	for (size_t i = 0; i < algos->n; i++) {
		unsigned char digest[DIGEST_MAX];
		hashing_get(&w->hashing, i, digest);
		if (memcmp(digest, e->digests[i], algos->algos[i]->size) != 0)
			unlike_add(why, "%s differs", algos->algos[i]->name);
	}
}

/* Compare the content of regular file FD, which has attributes ST, with E. */
static struct err
compare_content(
    struct worker *w, const struct manifest_entry *e, int fd, struct stat *st, struct str *why)
{
	if (st->st_size != e->size)
		unlike_add(why, "size %lld -> %lld", (long long)e->size, (long long)st->st_size);
	if (st->st_size != e->size)
		return ERR_OK;
	if (w->run->verify->opts->quick) {
		if (st->st_mtim.tv_sec != e->mtime.tv_sec ||
		    st->st_mtim.tv_nsec != e->mtime.tv_nsec)
			unlike_add(why, "mtime");
		return ERR_OK;
	}
	if (!e->hashed)
		return ERR_OK;
	atomic_fetch_add_explicit(&w->run->live->bytes_found, st->st_size, memory_order_relaxed);
	struct err err = reading_hash_once(w, fd, st);
	err.side = SIDE_DST;
	TRY(err);
	w->counts.logical += st->st_size;
	compare_digests(w, e, why);
	return ERR_OK;
}

/* Compare what is open as FD with E: all but a file's content. */
static struct err
compare_rest(const struct manifest_entry *e, int fd, const struct stat *st, struct str *why)
{
	char target[PATH_MAX];

	if (S_ISLNK(st->st_mode)) {
		struct err err = dir_read_symlink(fd, "", target, sizeof target);
		err.side = SIDE_DST;
		TRY(err);
		if (e->target != NULL && strcmp(target, e->target) != 0)
			unlike_add(why, "target %s -> %s", e->target, target);
	} else if ((S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) &&
		   st->st_rdev != makedev(e->major, e->minor)) {
		unlike_add(why, "device");
	}
	return ERR_OK;
}

/* Compare the item with what is open as FD. */
static struct err
compare_opened(struct worker *w, const struct item *i, int fd, struct str *why)
{
	const struct stat a = stat_of(&i->e);
	enum item_action action = ACTION_UNCHANGED;
	struct stat b;

	TRY(file_stat(fd, SIDE_DST, &b));
	if ((a.st_mode & S_IFMT) != (b.st_mode & S_IFMT))
		unlike_add(why, "type %s -> %s", unlike_type(a.st_mode), unlike_type(b.st_mode));
	else if (S_ISREG(b.st_mode))
		TRY(compare_content(w, &i->e, fd, &b, why));
	else
		TRY(compare_rest(&i->e, fd, &b, why));
	if (why->len > 0)
		action = ACTION_CHANGED;
	if ((a.st_mode & S_IFMT) == (b.st_mode & S_IFMT))
		unlike_stat(&w->run->verify->opts->keep, &a, &b, why);
	if (action == ACTION_UNCHANGED && why->len > 0)
		action = ACTION_ATTRIBUTES;
	if (action == ACTION_UNCHANGED && i->e.type == 'f' && !i->e.hashed && i->e.size > 0)
		unlike_add(why, "no digest of it");
	manifestbatch_tell(w, &i->e, action, why);
	return ERR_OK;
}

static struct err
check_item(struct worker *w, int root, const struct item *i, struct str *why)
{
	/* opening anything but a file may do something to it */
	int flags =
	    i->type == DT_REG && i->e.type == 'f' ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH;
	own_fd fd = -1;

	struct err err = dir_open_below(root, i->e.name, flags | O_NOFOLLOW, SIDE_DST, &fd);
	if (err.code == ENOENT) {
		manifestbatch_tell(w, &i->e, ACTION_MISSING, NULL);
		return ERR_OK;
	}
	TRY(err);
	return compare_opened(w, i, fd, why);
}

static void
carry_out(struct manifestbatch *b, struct worker *w)
{
	struct str why = STR_INIT;

	for (size_t k = 0; k < b->n && !cancel_requested(&b->run->cancel); k++) {
		struct item *i = &b->items[k];
		i->e.name = b->text.buf + i->name;
		i->e.target = i->e.type == 'l' ? b->text.buf + i->target : NULL;
		str_clear(&why);
		struct err err = check_item(w, b->root, i, &why);
		if (err_failed(err)) {
			struct entry e = entry_of(b->run, i->e.name);
			tell_error(w, &e, err, NULL);
		}
	}
	str_release(&why);
	manifestbatch_free(b);
}

static void
run_batch(struct job *job, unsigned number)
{
	struct manifestbatch *b = (struct manifestbatch *)job;

	carry_out(b, &b->run->workers[number]);
}

void
manifestbatch_push(struct manifestbatch *b, struct worker *w)
{
	b->job.run = run_batch;
	if (!sched_push(w->run->sched, LANE_BATCHES, &b->job))
		carry_out(b, w);
}
