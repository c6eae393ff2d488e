/* SPDX-License-Identifier: BSD-2-Clause */
/* Preparing entries of an archive: attributes, and content that is small. */
#include "run/packitem.h"

#include "engine/extent.h"
#include "run/pack.h"
#include "run/packattrs.h"
#include "run/tell.h"
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

enum {
	TRIES = 2 /* a file that changes while it is read is read once more (UX.md section 3) */
};

void
pack_batch_init(struct pack_batch *b, char *room)
{
	b->room = room;
	for (size_t i = 0; i < PACK_BATCH; i++) {
		struct pack_item *item = &b->items[i];
		item->fd = -1;
		item->name = item->src_name = item->target = item->bytes = STR_INIT;
	}
}

struct err
pack_item_set(struct pack_item *item, const struct entry *e)
{
	str_clear(&item->name);
	str_clear(&item->src_name);
	str_adds(&item->name, e->name);
	str_adds(&item->src_name, e->src_name);
	TRY(str_check(&item->name));
	TRY(str_check(&item->src_name));
	item->entry = *e;
	item->entry.name = item->name.buf;
	item->entry.src_name = item->src_name.buf;
	node_add_work(e->dir);
	item->node = NULL;
	item->failed = item->changed = item->sparse = false;
	item->head = item->len = item->n_xattrs = item->n_ranges = 0;
	return ERR_OK;
}

static void
drop_item(struct pack_item *item, struct worker *w)
{
	struct nodes *nodes = w->run->nodes;

	file_drop(&item->fd);
	if (item->node != NULL)
		nodes_drop_work(nodes, item->node, w);
	nodes_drop_work(nodes, item->entry.dir, w);
	item->node = NULL;
	item->entry.dir = NULL;
}

void
pack_batch_drop(struct pack_batch *b, struct worker *w)
{
	for (size_t i = 0; i < b->n; i++)
		drop_item(&b->items[i], w);
	b->n = 0;
}

void
pack_batch_release(struct pack_batch *b)
{
	for (size_t i = 0; i < PACK_BATCH; i++) {
		struct pack_item *item = &b->items[i];
		str_release(&item->name);
		str_release(&item->src_name);
		str_release(&item->target);
		str_release(&item->bytes);
		free(item->xattrs);
		free(item->ranges);
	}
}

/* Have room for one more piece of SIZE bytes behind the first N of *MEM. */
static struct err
make_room(void **mem, size_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return ERR_OK;
	size_t want = *cap > 0 ? *cap * 2 : 4;
	void *more = reallocarray(*mem, want, size);
	if (more == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	*mem = more;
	*cap = want;
	return ERR_OK;
}

/* Keep one attribute; pointers are made when all are there, for BYTES moves as it grows. */
static struct err
keep_xattr(void *arg, const char *name, const void *value, size_t len)
{
	struct pack_item *item = arg;

	TRY(make_room(
	    (void **)&item->xattrs, &item->xattrs_cap, item->n_xattrs, sizeof item->xattrs[0]));
	item->xattrs[item->n_xattrs++] = (struct arc_xattr){ .len = len };
	str_add(&item->bytes, name, strlen(name) + 1);
	str_add(&item->bytes, value, len);
	return str_check(&item->bytes);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct arc_xattr *)a)->name, ((const struct arc_xattr *)b)->name);
}

/* Point at what was kept, in an order that does not depend on the file system. */
static void
settle_xattrs(struct pack_item *item)
{
	const char *at = item->bytes.buf;

	for (size_t i = 0; i < item->n_xattrs; i++) {
		struct arc_xattr *x = &item->xattrs[i];
		x->name = at;
		x->value = at + strlen(at) + 1;
		at = (const char *)x->value + x->len;
	}
	if (item->n_xattrs > 1)
		qsort(item->xattrs, item->n_xattrs, sizeof item->xattrs[0], by_name);
}

/* Get the attributes of FD, or with FD -1 of the name below directory DIR. */
static struct err
read_xattrs(struct pack_item *item, struct worker *w, int fd, int dir)
{
	static const struct keep keep = { .mode = true, .xattr = true };
	struct meta_visit v = { .each = keep_xattr, .arg = item };

	str_clear(&item->bytes);
	struct err err =
	    fd >= 0 ? meta_visit_xattrs(&w->names, fd, &keep, &v)
		    : meta_visit_xattrs_at(&w->names, dir, item->entry.src_name, &keep, &v);
	/* what cannot be read of a name through /proc is no reason to leave it out */
	if (err_failed(err) && err.op == OP_XATTR) {
		tell_lost(w, &item->entry, err, NULL);
		return ERR_OK;
	}
	TRY(err);
	if (v.loss.lost > 0)
		tell_lost(w, &item->entry, v.loss.first, v.loss.name);
	settle_xattrs(item);
	return ERR_OK;
}

/* Find out where the data of a file with fewer blocks than bytes is. */
static struct err
find_ranges(struct pack_item *item)
{
	struct extents x;
	struct range r;

	item->sparse = false;
	item->n_ranges = 0;
	if (!extents_missing(&item->st))
		return ERR_OK;
	extents_init(&x, item->fd, 0, item->st.st_size, true);
	while (extents_next(&x, &r)) {
		if (item->n_ranges == PACK_RANGES) {
			struct arc_range *last = &item->ranges[PACK_RANGES - 1];
			last->len = item->st.st_size - last->off;
			break;
		}
		TRY(make_room((void **)&item->ranges, &item->ranges_cap, item->n_ranges,
		    sizeof item->ranges[0]));
		item->ranges[item->n_ranges++] = (struct arc_range){ .off = r.off, .len = r.len };
	}
	item->sparse = item->n_ranges != 1 || item->ranges[0].off != 0 ||
		       item->ranges[0].len != item->st.st_size;
	return ERR_OK;
}

/* Whether a file with BEFORE's attributes stood still until it had AFTER's. */
static bool
stood_still(const struct stat *before, const struct stat *after)
{
	return before->st_size == after->st_size &&
	       before->st_mtim.tv_sec == after->st_mtim.tv_sec &&
	       before->st_mtim.tv_nsec == after->st_mtim.tv_nsec;
}

/* Who prepares, and with what. */
struct preparing {
	struct worker *w;
	const struct pack_wants *wants;
	struct pack_recent *recent;
};

/* Put ITEM's header into its block, if the member needs no writer. */
static void
put_head(struct pack_item *item, const struct preparing *with)
{
	struct pack_attrs *a = with->wants->attrs;
	struct worker *w = with->w;
	struct arc_member m;

	item->head = 0;
	if (a == NULL || pack_has_names(a, &item->st))
		return;
	node_rel_path(item->entry.dir, item->entry.name, &w->rel);
	pack_attrs_fill(a, with->recent, item, &w->rel, &m);
	item->head = tar_head_put(&m, a->opts->kind.format, item->block);
}

/* Read the small content of ITEM's descriptor once; LEN is what was there. */
static struct err
read_content(struct pack_item *item)
{
	char *to = item->block + item->head;

	item->len = 0;
	while ((int64_t)item->len < item->st.st_size) {
		size_t got;
		TRY(file_pread(item->fd, to + item->len, (size_t)item->st.st_size - item->len,
		    (int64_t)item->len, &got));
		if (got == 0)
			break;
		item->len += got;
	}
	return ERR_OK;
}

size_t
pack_item_room(const struct pack_item *item)
{
	size_t all = item->head + item->len;
	return item->head > 0 ? (all + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK : all;
}

/* Read a small file until it stands still, or has changed each time; what is missing then is zeros. */
static struct err
read_small(struct pack_item *item, const struct preparing *with)
{
	struct stat after;
	size_t got;

	for (int i = 0; i < TRIES; i++) {
		item->head = item->len = 0;
		if (item->st.st_size > PACK_SMALL)
			return ERR_OK; /* grown: it is streamed */
		put_head(item, with);
		TRY(read_content(item));
		TRY(file_stat(item->fd, SIDE_SRC, &after));
		item->changed =
		    !stood_still(&item->st, &after) || (int64_t)item->len < item->st.st_size;
		if (!item->changed || i + 1 == TRIES)
			break;
		item->st = after;
		if (with->wants->sparse)
			TRY(find_ranges(item));
	}
	got = item->head + item->len;
	item->len = (size_t)item->st.st_size;
	memset(item->block + got, 0, pack_item_room(item) - got);
	file_drop(&item->fd);
	return ERR_OK;
}

/* Whether ITEM's file is one of the two of FILES. */
static bool
is_one_of(const struct pack_item *item, const struct stat files[2])
{
	for (size_t i = 0; i < 2; i++) {
		const struct stat *f = &files[i];
		if (f->st_ino != 0 && f->st_ino == item->st.st_ino && f->st_dev == item->st.st_dev)
			return true;
	}
	return false;
}

/* Tell that ITEM is left out, and why; nobody's failure. */
static void
leave_out(struct pack_item *item, struct worker *w, const char *why)
{
	struct str line = STR_INIT;

	node_src_path(item->entry.dir, item->entry.src_name, &w->src);
	str_add_quoted(&line, w->src.buf, w->src.len);
	str_addf(&line, " is left out: %s", why);
	struct event ev = { .kind = EVENT_NOTE, .note = line.buf };
	report_emit(w->run->report, &ev);
	str_release(&line);
	item->failed = true;
}

/* Prepare a regular file, or what turns out to be one.  *IS_FILE: it is. */
static struct err
prepare_file(struct pack_item *item, const struct preparing *with, int dir, bool *is_file)
{
	const struct pack_wants *wants = with->wants;
	struct worker *w = with->w;
	const struct entry *e = &item->entry;

	*is_file = false;
	if (!wants->content) {
		TRY(dir_stat(dir, e->src_name, e->follow, SIDE_SRC, &item->st));
		*is_file = S_ISREG(item->st.st_mode);
		return ERR_OK;
	}
	TRY(dir_open_file(dir, e->src_name, e->follow, &item->fd));
	TRY(file_stat(item->fd, SIDE_SRC, &item->st));
	if (!S_ISREG(item->st.st_mode)) {
		file_drop(&item->fd);
		return ERR_OK;
	}
	*is_file = true;
	bool is_archive = is_one_of(item, wants->archives);
	if (is_archive || is_one_of(item, wants->manifests)) {
		leave_out(item, w, is_archive ? "it is the archive" : "it is the manifest");
		return ERR_OK;
	}
	if (wants->xattrs)
		TRY(read_xattrs(item, w, item->fd, -1));
	if (wants->sparse)
		TRY(find_ranges(item));
	return item->st.st_size <= PACK_SMALL ? read_small(item, with) : ERR_OK;
}

/* Prepare what is no regular file, by its name. */
static struct err
prepare_special(struct pack_item *item, struct worker *w, const struct pack_wants *wants, int dir)
{
	const struct entry *e = &item->entry;
	char target[PATH_MAX];

	TRY(dir_stat(dir, e->src_name, e->follow, SIDE_SRC, &item->st));
	if (S_ISREG(item->st.st_mode) || S_ISDIR(item->st.st_mode)) /* it was not, a moment ago */
		return err_make(ESTALE, OP_CHANGED, SIDE_SRC, -1);
	if (S_ISSOCK(item->st.st_mode)) {
		leave_out(item, w, "archives have no sockets");
		return ERR_OK;
	}
	if (S_ISLNK(item->st.st_mode)) {
		TRY(dir_read_symlink(dir, e->src_name, target, sizeof target));
		str_clear(&item->target);
		str_adds(&item->target, target);
		TRY(str_check(&item->target));
	}
	return wants->xattrs && !e->follow ? read_xattrs(item, w, -1, dir) : ERR_OK;
}

static struct err
prepare(struct pack_item *item, const struct preparing *with, int dir)
{
	const struct pack_wants *wants = with->wants;
	struct worker *w = with->w;
	const struct entry *e = &item->entry;
	bool is_file = false;

	if (item->node != NULL) {
		item->st = item->node->src;
		return wants->xattrs ? read_xattrs(item, w, dir, -1) : ERR_OK;
	}
	/* a device that was not known to be one is not opened */
	if (e->type == DT_UNKNOWN)
		TRY(dir_stat(dir, e->src_name, e->follow, SIDE_SRC, &item->st));
	if (e->type == DT_REG || (e->type == DT_UNKNOWN && S_ISREG(item->st.st_mode)))
		TRY(prepare_file(item, with, dir, &is_file));
	return is_file ? ERR_OK : prepare_special(item, w, wants, dir);
}

void
pack_item_note(const struct pack_item *item, struct worker *w, enum known_content content)
{
	if (item->node != NULL)
		ledger_note_directory(w, item->node);
	else
		ledger_note(w, &item->entry, &item->st, content);
}

/* Note ITEM, which is whole: nothing is left to be done but to write it. */
static void
note_whole(const struct pack_item *item, struct worker *w)
{
	struct observer *o = &w->hashing.observer;

	if (S_ISREG(item->st.st_mode)) {
		o->begin(o);
		o->see(o, item->block + item->head, item->len);
	}
	pack_item_note(item, w, CONTENT_HASHED);
}

static void
prepare_item(struct pack_item *item, const struct preparing *with)
{
	struct worker *w = with->w;
	struct node *at = item->node != NULL ? item->node : item->entry.dir;

	struct err err = nodes_hold(w->run->nodes, at);
	if (!err_failed(err)) {
		err = prepare(item, with, at->src_fd);
		if (!err_failed(err) && !item->failed && !S_ISREG(item->st.st_mode))
			put_head(item, with);
		if (!err_failed(err) && item->head > 0 && w->run->ledger != NULL)
			note_whole(item, w);
		nodes_release(w->run->nodes, at);
	}
	if (err_failed(err)) {
		file_drop(&item->fd);
		tell_error(w, &item->entry, err, NULL);
		item->failed = true;
	} else if (!item->failed && S_ISREG(item->st.st_mode)) {
		atomic_fetch_add_explicit(
		    &w->run->live->bytes_found, item->st.st_size, memory_order_relaxed);
	}
	if (item->failed)
		item->head = item->len = 0;
}

void
pack_batch_prepare(struct pack_batch *b, struct worker *w, const struct pack_wants *wants)
{
	const struct preparing with = { .w = w, .wants = wants, .recent = &b->recent };
	size_t used = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct pack_item *item = &b->items[i];
		item->block = b->room + used;
		if (!item->failed)
			prepare_item(item, &with);
		used += pack_item_room(item);
	}
}
