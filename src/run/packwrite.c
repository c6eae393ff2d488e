/* SPDX-License-Identifier: BSD-2-Clause */
/* The writer of an archive: entries in their order become members. */
#include "base/own.h"
#include "run/packattrs.h"
#include "run/packing.h"
#include "run/packout.h"
#include "run/tell.h"
#include "sys/file.h"

#include <errno.h>
#include <string.h>

/* The first name of a file with several. */
struct first_name {
	nlink_t left; /* names that may still come */
	char name[];  /* in the archive, NUL-terminated */
};

/* A drain that only counts. */
struct counter {
	struct arc_drain drain; /* first */
	size_t bytes;
};

/* Content that the module leaves to us. */
struct handed {
	int64_t bytes; /* of content */
	unsigned pad;  /* zeros behind it */
};

/* The writer at work. */
struct writing {
	struct packing *p;
	struct worker *w;            /* what tells needs */
	const struct arc_writing *a; /* the module's; NULL = a dry run */
	struct arc_writer *writer;
	struct packout out;
	struct arc_writer *measure; /* with --align: writes headers only, to COUNTER; else NULL */
	struct counter counter;
	unsigned can;             /* what the format can hold */
	struct pack_attrs *attrs; /* how members are made, borrowed */
	struct pack_recent recent;
	struct map firsts; /* from device and inode to a struct first_name, owned */
	struct str name;   /* of the member at hand */
	bool open;         /* the writer has a member that may not be complete */
};

bool
packing_deflates(const struct packing *p)
{
	return p->opts->kind.filter != ARC_PLAIN;
}

static struct arc_name
name_of(const char *text)
{
	return (struct arc_name){ .bytes = text, .len = text != NULL ? strlen(text) : 0 };
}

static struct map_key
key_of(const struct stat *st)
{
	return (struct map_key){ .hi = st->st_dev, .lo = st->st_ino };
}

/* The name under which the file of ST is in the archive already; NULL = it is not. */
static const char *
first_name(const struct writing *wr, const struct stat *st)
{
	const struct first_name *first =
	    pack_has_names(wr->attrs, st) ? map_get(&wr->firsts, key_of(st)) : NULL;
	return first != NULL ? first->name : NULL;
}

/* The file of ST now stands in the archive under one more name, the member's. */
static struct err
note_name(struct writing *wr, const struct stat *st)
{
	struct first_name *first;

	if (!pack_has_names(wr->attrs, st))
		return ERR_OK;
	first = map_get(&wr->firsts, key_of(st));
	if (first != NULL) {
		if (--first->left == 0) {
			(void)map_remove(&wr->firsts, key_of(st));
			free(first);
		}
		return ERR_OK;
	}
	first = malloc(sizeof *first + wr->name.len + 1);
	if (first == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	first->left = st->st_nlink - 1;
	memcpy(first->name, wr->name.buf, wr->name.len + 1);
	struct err err = map_put(&wr->firsts, key_of(st), first);
	if (err_failed(err))
		free(first);
	return err;
}

/* The member that ITEM becomes; borrows from both. */
static void
fill_member(struct writing *wr, const struct pack_item *item, struct arc_member *m)
{
	const char *first = first_name(wr, &item->st);

	pack_attrs_fill(wr->attrs, &wr->recent, item, &wr->name, m);
	if (first != NULL) {
		m->type = ARC_HARD_LINK;
		m->size = 0;
		m->link = name_of(first);
	}
}

/* Give the writer what [R] of ITEM's content is, from the block or the file. */
static struct err
write_range(struct writing *wr, struct pack_item *item, struct arc_range r, struct carried *o,
    struct err *read)
{
	while (r.len > 0) {
		const char *bytes = item->block + r.off;
		size_t got = (size_t)r.len;

		TRY(cancel_check(wr->out.cancel));
		if (item->fd >= 0) {
			size_t want =
			    r.len < (int64_t)wr->out.buf.size ? (size_t)r.len : wr->out.buf.size;
			bytes = wr->out.buf.mem;
			*read = file_pread(item->fd, wr->out.buf.mem, want, r.off, &got);
			if (!err_failed(*read) && got == 0)
				*read = err_make(ESTALE, OP_CHANGED, SIDE_SRC, r.off);
			if (err_failed(*read))
				return ERR_OK; /* zeros follow by themselves */
		}
		if (wr->out.observer != NULL)
			wr->out.observer->see(wr->out.observer, bytes, got);
		TRY(wr->a->data(wr->writer, bytes, got));
		r.off += (int64_t)got;
		r.len -= (int64_t)got;
		o->moved.bytes += (int64_t)got;
		o->moved.method = METHOD_BUFFER;
		atomic_fetch_add_explicit(wr->out.live_bytes, (int64_t)got, memory_order_relaxed);
	}
	return ERR_OK;
}

/* Leave out LEN bytes of the file, or write zeros where the format cannot. */
static struct err
write_hole(struct writing *wr, int64_t len, struct carried *o)
{
	if (wr->out.observer != NULL)
		TRY(observer_see_hole(wr->out.observer, len, wr->out.cancel));
	o->moved.holes += len;
	return wr->a->hole(wr->writer, len);
}

/* Write ITEM's content through the module, holes left out where the format can. */
static struct err
write_content(struct writing *wr, struct pack_item *item, struct carried *o, struct err *read)
{
	const struct arc_range whole = { .len = item->st.st_size };
	const struct arc_range *ranges = item->sparse ? item->ranges : &whole;
	size_t n = item->sparse ? item->n_ranges : 1;
	int64_t at = 0;

	for (size_t i = 0; i < n && !err_failed(*read); i++) {
		TRY(write_hole(wr, ranges[i].off - at, o));
		TRY(write_range(wr, item, ranges[i], o, read));
		at = ranges[i].off + ranges[i].len;
	}
	if (err_failed(*read))
		return ERR_OK;
	TRY(write_hole(wr, item->st.st_size - at, o));
	o->moved.bytes += o->moved.holes;
	return ERR_OK;
}

/* Whether the content of ITEM is left to us by the module. */
static bool
is_handed_over(const struct writing *wr, const struct pack_item *item)
{
	return item->fd >= 0 && !item->sparse && !packing_deflates(wr->p) &&
	       (wr->can & ARC_CAN_HAND_OVER) != 0 &&
	       (wr->measure != NULL || packout_is_bare(&wr->out));
}

/* Write the header M of ITEM, which is then to be followed by R and PAD zeros. */
static struct err
write_header(struct writing *wr, const struct pack_item *item, const struct arc_member *m,
    const char **warning, struct handed *handed)
{
	bool hands = m->type == ARC_FILE && is_handed_over(wr, item);
	const char *same;
	struct handed none;
	size_t before = wr->counter.bytes;

	if (!hands)
		return wr->a->header(wr->writer, m, warning);
	if (wr->measure == NULL) {
		TRY(wr->a->header(wr->writer, m, warning));
		return wr->a->hand_over(wr->writer, &handed->bytes, &handed->pad);
	}
	TRY(wr->a->header(wr->measure, m, &same));
	TRY(wr->a->hand_over(wr->measure, &none.bytes, &none.pad));
	packout_hold(&wr->out);
	struct err err = wr->a->header(wr->writer, m, warning);
	if (!err_failed(err))
		err = wr->a->hand_over(wr->writer, &handed->bytes, &handed->pad);
	struct err put = packout_let_go(&wr->out, err_failed(err) ? 0 : wr->counter.bytes - before);
	return err_failed(put) ? put : err;
}

/* Write the content of the member whose header is ITEM's.  *READ is what went wrong with the file. */
static struct err
write_file(struct writing *wr, struct pack_item *item, const struct handed *handed,
    struct carried *o, struct err *read)
{
	const struct packed_range r = { .fd = item->fd, .len = handed->bytes };
	struct stat after;

	*read = ERR_OK;
	if (item->fd >= 0)
		file_advise_sequential(item->fd);
	if (wr->out.observer != NULL)
		wr->out.observer->begin(wr->out.observer);
	if (is_handed_over(wr, item))
		TRY(packout_content(&wr->out, &r, handed->pad, &o->moved, read));
	else
		TRY(write_content(wr, item, o, read));
	if (item->fd >= 0 && !err_failed(*read)) {
		*read = file_stat(item->fd, SIDE_SRC, &after);
		item->changed = after.st_size != item->st.st_size ||
				after.st_mtim.tv_sec != item->st.st_mtim.tv_sec ||
				after.st_mtim.tv_nsec != item->st.st_mtim.tv_nsec;
	}
	if (item->changed && !err_failed(*read))
		*read = err_make(ESTALE, OP_CHANGED, SIDE_SRC, item->st.st_size);
	return ERR_OK;
}

/* What becomes of a member that the module refuses: the next one is tried unless nothing more can be written. */
static struct err
refused(struct writing *wr, const struct pack_item *item, struct err why)
{
	const char *said = wr->a->said(wr->writer);
	enum err_class class = err_class(why);

	if (err_failed(wr->out.failed) || class == ERR_CLASS_FATAL || class == ERR_CLASS_CANCELED ||
	    why.op == OP_MEMORY)
		return why;
	why.op = OP_REFUSE;
	tell_error(wr->w, &item->entry, why, said[0] != '\0' ? said : err_reason(why));
	return ERR_OK;
}

/* Note ITEM, of which all was packed unless READ failed, as member M. */
static void
note(struct writing *wr, const struct pack_item *item, const struct arc_member *m, struct err read)
{
	struct nodes *nodes = wr->w->run->nodes;
	struct node *at = item->node != NULL ? item->node : item->entry.dir;
	enum known_content content = m->type == ARC_HARD_LINK ? CONTENT_LINKED
				     : err_failed(read)       ? CONTENT_UNKNOWN
							      : CONTENT_HASHED;

	if (wr->w->run->ledger == NULL)
		return;
	struct err err = nodes_hold(nodes, at);
	if (err_failed(err)) {
		tell_error(wr->w, &item->entry, err, NULL);
		return;
	}
	pack_item_note(item, wr->w, content);
	nodes_release(nodes, at);
}

/* Write ITEM, which is prepared. */
static struct err
write_item(struct writing *wr, struct pack_item *item)
{
	const char *warning = NULL;
	struct err read = ERR_OK;
	struct arc_member m;
	struct handed handed = { 0 };
	struct carried o = {
		.what = kind_of_mode(item->st.st_mode),
		.action = ACTION_NEW,
		.size = item->st.st_size,
	};

	node_rel_path(item->entry.dir, item->entry.name, &wr->name);
	fill_member(wr, item, &m);
	if (m.type == ARC_HARD_LINK) {
		o.action = ACTION_LINKED;
		o.moved.method = METHOD_LINK;
		o.note = m.link.bytes;
	}
	if (wr->a != NULL) {
		wr->open = true;
		struct err err = write_header(wr, item, &m, &warning, &handed);
		if (err_failed(err))
			return refused(wr, item, err);
		if (warning != NULL)
			tell_lost(wr->w, &item->entry, err_make(EOPNOTSUPP, OP_XATTR, SIDE_DST, -1),
			    warning);
		if (m.type == ARC_FILE)
			TRY(write_file(wr, item, &handed, &o, &read));
		note(wr, item, &m, read);
	}
	if (err_failed(read))
		tell_error(wr->w, &item->entry, read, NULL);
	else
		tell_item(wr->w, &item->entry, &o);
	return note_name(wr, &item->st); /* last: O's note may be of what it frees */
}

static struct err
count_bytes(struct arc_drain *drain, const void *bytes, size_t n)
{
	(void)bytes;
	((struct counter *)drain)->bytes += n;
	return ERR_OK;
}

static struct err
begin(struct writing *wr)
{
	const struct pack_opts *opts = wr->p->opts;
	const struct arc_write_options options = {
		.format = opts->kind.format,
		.level = packing_deflates(wr->p) ? ARC_LEVEL_DEFAULT : opts->level,
		.reproducible = opts->reproducible,
	};

	if (wr->a == NULL)
		return ERR_OK;
	wr->writer = wr->a->make(&wr->out.drain);
	if (wr->writer == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	TRY(wr->a->begin(wr->writer, &options));
	if (!opts->align)
		return ERR_OK;
	wr->counter.drain.put = count_bytes;
	wr->measure = wr->a->make(&wr->counter.drain);
	if (wr->measure == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	return wr->a->begin(wr->measure, &options);
}

/* Tell of ITEM, which stands in the archive whole. */
static void
tell_whole(struct writing *wr, const struct pack_item *item)
{
	const struct carried o = {
		.what = kind_of_mode(item->st.st_mode),
		.action = ACTION_NEW,
		.size = item->st.st_size,
		.moved = { .bytes = (int64_t)item->len,
		    .method = item->len > 0 ? METHOD_BUFFER : METHOD_NONE },
	};

	if (item->changed)
		tell_error(wr->w, &item->entry,
		    err_make(ESTALE, OP_CHANGED, SIDE_SRC, item->st.st_size), NULL);
	else
		tell_item(wr->w, &item->entry, &o);
}

/* Write the N items from ITEMS on, which are whole, or have failed and take no room. */
static struct err
write_whole(struct writing *wr, const struct pack_item *items, size_t n)
{
	size_t all = 0;
	int64_t content = 0;

	for (size_t i = 0; i < n; i++) {
		all += pack_item_room(&items[i]);
		content += (int64_t)items[i].len;
	}
	if (all == 0)
		return ERR_OK;
	TRY(cancel_check(wr->out.cancel));
	if (wr->open)
		TRY(wr->a->settle(wr->writer));
	wr->open = false;
	TRY(packout_write(&wr->out, items[0].block, all));
	atomic_fetch_add_explicit(wr->out.live_bytes, content, memory_order_relaxed);
	for (size_t i = 0; i < n; i++) {
		if (!items[i].failed)
			tell_whole(wr, &items[i]);
	}
	return ERR_OK;
}

static struct err
write_batch(struct writing *wr, struct pack_batch *b)
{
	size_t from = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct pack_item *item = &b->items[i];
		if (item->failed || item->head > 0)
			continue;
		TRY(write_whole(wr, &b->items[from], i - from));
		TRY(write_item(wr, item));
		from = i + 1;
	}
	return write_whole(wr, &b->items[from], b->n - from);
}

static struct err
write_all(struct writing *wr)
{
	struct packing *p = wr->p;
	struct pack_batch *batch;

	TRY(begin(wr));
	while ((batch = ahead_next(p->ahead)) != NULL) {
		TRY(write_batch(wr, batch));
		ahead_done(p->ahead, wr->w);
	}
	TRY(cancel_check(&p->run.cancel));
	if (wr->a == NULL)
		return ERR_OK;
	TRY(wr->a->finish(wr->writer));
	return packout_end(&wr->out);
}

static void
release(struct writing *wr)
{
	struct map_key key;
	size_t cursor = 0;
	void *first;

	if (wr->a != NULL) {
		wr->a->drop(wr->writer);
		wr->a->drop(wr->measure);
	}
	packout_release(&wr->out);
	while (map_each(&wr->firsts, &cursor, &key, &first))
		free(first);
	map_release(&wr->firsts);
	str_release(&wr->name);
}

struct err
packing_write(void *arg, struct in *in, struct out *out, bool *early)
{
	struct packing *p = arg;
	struct run *run = &p->run;
	struct worker *w = &run->workers[run->n_workers]; /* the main thread only waits now */
	struct writing wr = {
		.p = p,
		.w = w,
		.a = p->module != NULL ? p->module->writing : NULL,
		.can = p->attrs.can,
		.attrs = &p->attrs,
		.name = STR_INIT,
	};
	struct block buf = { .mem = w->buf, .size = bufs_size(run->bufs) };

	(void)in;
	(void)early;
	map_init(&wr.firsts);
	packout_init(&wr.out, out, &run->cancel, buf, &run->live->bytes_done);
	if (run->ledger != NULL)
		wr.out.observer = &w->hashing.observer;
	struct err err = p->fused ? packout_pack(&wr.out, &p->pieces) : ERR_OK;
	if (!err_failed(err))
		err = write_all(&wr);
	if (err_failed(err) && !err_failed(wr.out.failed) && wr.writer != NULL)
		memcpy(p->said, wr.a->said(wr.writer), strlen(wr.a->said(wr.writer)) + 1);
	ahead_stop(p->ahead);
	release(&wr);
	return err;
}
