/* SPDX-License-Identifier: BSD-2-Clause */
/* One member of an archive becomes a file, link or special file, as large ones do in copy. */
#include "base/own.h"
#include "engine/commit.h"
#include "run/memberlike.h"
#include "run/mirror.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/proc.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

enum {
	WHOLE_FROM = 1 << 20 /* such files appear when they are complete; DESIGN.md 6.1 */
};

/* What is to be done about a name. */
struct taken {
	enum {
		TAKEN_NOT,     /* nothing is there: make it */
		TAKEN_REPLACE, /* take its place */
		TAKEN_ATTRS,   /* set its attributes */
		TAKEN_LEAVE,   /* leave it */
		TAKEN_REFUSE,  /* a directory is never given up for a member */
	} how;

	const char *note; /* why, or NULL */
	struct stat st;   /* what is there */
};

/* Compare M with NAME below DIR. */
static struct err
meet(struct worker *w, struct node *dir, const char *name, const struct arc_member *m,
    struct taken *t)
{
	const struct compare_opts *opts = &w->run->mirror->opts->compare;
	struct meeting met;

	TRY(member_meet(w, m, dir->src_fd, name, &met));
	t->st = met.st;
	t->note = member_words(w, &met);
	switch (met.verdict) {
	case COMPARED_ABSENT:
		t->how = TAKEN_NOT;
		break;
	case COMPARED_EQUAL:
		t->how = TAKEN_LEAVE;
		break;
	case COMPARED_SKIP:
		t->how = TAKEN_LEAVE;
		t->note = compare_skip_words(opts, met.st.st_ino != 0 ? &met.st : NULL);
		break;
	case COMPARED_ATTRIBUTES:
		t->how = TAKEN_ATTRS;
		break;
	case COMPARED_DIR_AWAY:
		/* one that is empty holds nothing that could be lost */
		t->how = err_failed(dir_remove(dir->src_fd, name)) ? TAKEN_REFUSE : TAKEN_NOT;
		break;
	case COMPARED_CONTENT:
	case COMPARED_TYPE:
	case COMPARED_READ:
	case COMPARED_FILE_AWAY:
		t->how = TAKEN_REPLACE;
		break;
	}
	return ERR_OK;
}

static struct err
look(struct worker *w, struct node *dir, const char *name, const struct arc_member *m,
    struct taken *t)
{
	enum existing existing = unpacking_of(w->run)->opts->existing;
	const struct timespec *time = &m->times[ARC_MTIME];

	*t = (struct taken){ .how = TAKEN_NOT };
	if (existing == EXISTING_COMPARE)
		return meet(w, dir, name, m, t);
	struct err err = dir_stat(dir->src_fd, name, false, SIDE_DST, &t->st);
	if (err.code == ENOENT)
		return ERR_OK;
	TRY(err);
	bool is_newer =
	    t->st.st_mtim.tv_sec > time->tv_sec ||
	    (t->st.st_mtim.tv_sec == time->tv_sec && t->st.st_mtim.tv_nsec >= time->tv_nsec);
	t->how = TAKEN_REPLACE;
	if (existing == EXISTING_KEEP || (existing == EXISTING_NEWER && is_newer)) {
		t->how = TAKEN_LEAVE;
		t->note = existing == EXISTING_KEEP ? "exists" : "not newer";
	}
	if (S_ISDIR(t->st.st_mode))
		t->how = TAKEN_REFUSE;
	return ERR_OK;
}

/* Remember that ST is a file of this run, which links may lead to. */
static struct err
remember(struct worker *w, const struct arc_member *m, const struct stat *st)
{
	struct unpacking *u = unpacking_of(w->run);

	if (m->nlink == 1)
		return ERR_OK;
	pthread_mutex_lock(&u->lock);
	struct err err = madeset_add(&u->made, st);
	pthread_mutex_unlock(&u->lock);
	return err;
}

/* Set the attributes of member I on E, which is equal but for them. */
static struct err
mend(struct worker *w, const struct entry *e, const struct item *i, const struct stat *st)
{
	own_fd fd = -1;
	struct stat now;

	if (i->m.type != ARC_FILE)
		return member_attrs_at(w, e, &i->m, e->dir->src_fd, e->name);
	struct err err = dir_open_file(e->dir->src_fd, e->name, false, &fd);
	err.side = SIDE_DST;
	TRY(err);
	TRY(file_stat(fd, SIDE_DST, &now));
	if (now.st_ino != st->st_ino || now.st_dev != st->st_dev)
		return err_make(ESTALE, OP_CHANGED, SIDE_DST, -1);
	return member_attrs(w, e, &i->m, fd, &now);
}

/* Deal with a name that is not to be made anew: *DONE. */
static struct err
settle_taken(struct worker *w, const struct entry *e, const struct item *i, const struct taken *t,
    struct carried *o, bool *done)
{
	bool compared = unpacking_of(w->run)->opts->existing == EXISTING_COMPARE;

	*done = t->how == TAKEN_LEAVE || t->how == TAKEN_ATTRS;
	o->note = t->note;
	switch (t->how) {
	case TAKEN_NOT:
		return ERR_OK;
	case TAKEN_REPLACE:
		o->action = ACTION_CHANGED;
		return ERR_OK;
	case TAKEN_REFUSE:
		return err_make(EISDIR, OP_CREATE, SIDE_DST, -1);
	case TAKEN_LEAVE:
		o->action = ACTION_UNCHANGED;
		break;
	case TAKEN_ATTRS:
		o->action = ACTION_ATTRIBUTES;
		TRY(mend(w, e, i, &t->st));
		break;
	}
	/* what was compared is as good as made */
	return compared && t->st.st_ino != 0 ? remember(w, &i->m, &t->st) : ERR_OK;
}

/* --- content --- */

/* The parts of content, one after the other; AT is how far it is. */
struct pouring {
	struct worker *w;
	struct observer *observer;
	int fd;
	int64_t at;      /* end of what has come */
	int64_t written; /* end of what was written */
	struct moved *moved;
};

static struct err
pour(struct pouring *p, const void *bytes, size_t n, int64_t off)
{
	if (p->observer != NULL && off > p->at)
		TRY(observer_see_hole(p->observer, off - p->at, &p->w->run->cancel));
	if (p->observer != NULL && n > 0)
		p->observer->see(p->observer, bytes, n);
	p->moved->holes += off - p->at;
	if (n > 0) {
		const struct buffered b = {
			.dst = p->fd,
			.pace = p->w->run->pace,
			.live_bytes = &p->w->run->live->bytes_done,
		};
		struct tally tally = { 0 };
		TRY(buffered_write(&b, bytes, n, off, &tally));
		p->moved->method = METHOD_BUFFER;
		p->written = off + (int64_t)n;
	}
	p->at = off + (int64_t)n;
	return ERR_OK;
}

/* Pour what the reader still has of the member; the decoder. */
static struct err
pour_stream(struct pouring *p)
{
	struct unpacking *u = unpacking_of(p->w->run);
	const struct arc_reading *reading = u->source.module->reading;
	const void *bytes;
	size_t n;
	int64_t off;

	do {
		TRY(cancel_check(&u->run.cancel));
		TRY(reading->data(u->source.reader, &bytes, &n, &off));
		if (!unpack_count_bytes(u, off + (int64_t)n - p->at))
			return err_make(ECANCELED, OP_REFUSE, SIDE_SRC, -1);
		TRY(pour(p, bytes, n, off));
	} while (n > 0);
	return ERR_OK;
}

/* Move content that stands in the archive in one piece. */
static struct err
move_part(struct worker *w, struct item *i, int fd, dev_t dev, struct moved *moved)
{
	struct unpacking *u = unpacking_of(w->run);
	struct stat part;
	struct engine_file file = {
		.src = u->source.fd,
		.src_off = i->m.data_at,
		.st = &part,
		.dst = fd,
		.dst_dev = dev,
		.live_bytes = &w->run->live->bytes_done,
	};
	struct block buf = { .mem = w->buf, .size = bufs_size(w->run->bufs) };

	engine_part_of(&part, &u->source.st, i->end);
	TRY(engine_copy(w->engine, &file, buf, moved));
	return moved->bytes == i->end ? ERR_OK : err_make(EBADMSG, OP_READ, SIDE_SRC, moved->bytes);
}

struct err
item_content(struct worker *w, struct item *i, int fd, struct moved *moved)
{
	struct pouring p = {
		.w = w,
		.fd = fd,
		.observer = w->run->request.hash != NULL ? &w->hashing.observer : NULL,
		.moved = moved,
	};

	if (p.observer != NULL)
		p.observer->begin(p.observer);
	for (struct piece *piece = i->pieces; piece != NULL; piece = piece->next)
		TRY(pour(&p, piece->bytes, piece->len, piece->off));
	if (i->streams)
		TRY(pour_stream(&p));
	else
		TRY(pour(&p, NULL, 0, i->end > p.at ? i->end : p.at));
	i->end = p.at;
	moved->bytes = p.at;
	return p.at > p.written ? file_truncate(fd, p.at) : ERR_OK;
}

/* --- files --- */

/* Fill the begun file C and give it its name. */
static struct err
fill(struct worker *w, const struct entry *e, struct item *i, struct commit *c, struct carried *o)
{
	struct stat st;

	TRY(file_stat(c->fd, SIDE_DST, &st));
	if (i->in_archive)
		TRY(move_part(w, i, c->fd, st.st_dev, &o->moved));
	else
		TRY(item_content(w, i, c->fd, &o->moved));
	struct err err = member_attrs(w, e, &i->m, c->fd, &st);
	/* content that is complete is not given up for an attribute */
	if (err_class(err) == ERR_CLASS_FATAL)
		return err;
	if (err_failed(err))
		tell_error(w, e, err, NULL);
	TRY(remember(w, &i->m, &st));
	return commit_publish(c);
}

static struct err
write_as(
    struct worker *w, const struct entry *e, struct item *i, enum commit_how how, struct carried *o)
{
	struct commit c;

	/* 0600 until it is complete (TRUST.md S5) */
	TRY(commit_begin(&c, e->dir->src_fd, e->name, how, 0600));
	struct err err = fill(w, e, i, &c, o);
	if (err_failed(err) && c.fd >= 0)
		commit_discard(&c);
	return err;
}

static struct err
write_file(struct worker *w, const struct entry *e, struct item *i, struct carried *o)
{
	bool compares = unpacking_of(w->run)->opts->existing == EXISTING_COMPARE;
	bool large = i->streams || i->end >= WHOLE_FROM;
	struct taken taken = { .how = TAKEN_NOT };
	bool done = false;

	if (large || compares)
		TRY(look(w, e->dir, e->name, &i->m, &taken));
	if (taken.how == TAKEN_NOT) {
		/* a sync never shows a torn file */
		bool whole = large || compares;
		struct err err = write_as(w, e, i, whole ? COMMIT_WHOLE : COMMIT_DIRECT, o);
		if (err.code != EEXIST || whole)
			return err;
		TRY(look(w, e->dir, e->name, &i->m, &taken));
	}
	TRY(settle_taken(w, e, i, &taken, o, &done));
	return done ? ERR_OK : write_as(w, e, i, COMMIT_REPLACE, o);
}

/* --- what has no content --- */

static struct err
make(struct node *dir, const char *name, const struct arc_member *m)
{
	if (m->type == ARC_SYMLINK)
		return dir_make_symlink(m->link.bytes, dir->src_fd, name);
	return dir_make_node(
	    dir->src_fd, name, member_type(m->type) | 0600, makedev(m->rdev_major, m->rdev_minor));
}

/* Move ASIDE below DIR over NAME. */
static struct err
move_over(struct node *dir, const char *aside, const char *name)
{
	struct err err = dir_rename(dir->src_fd, aside, name, false);

	/* two names of one file are not renamed over each other (rename(2)): ASIDE is there still */
	(void)dir_unlink(dir->src_fd, aside);
	return err;
}

/* Give what was made as NAME its attributes, and remember it. */
static struct err
finish_special(
    struct worker *w, const struct entry *e, const struct arc_member *m, const char *name)
{
	int dir = e->dir->src_fd;
	struct stat st;

	struct err err = member_attrs_at(w, e, m, dir, name);
	if (err_failed(err))
		tell_error(w, e, err, NULL);
	TRY(dir_stat(dir, name, false, SIDE_DST, &st));
	return remember(w, m, &st);
}

static struct err
make_special(struct worker *w, const struct entry *e, struct item *i, struct carried *o)
{
	char aside[NAME_MAX + 1];
	bool compares = unpacking_of(w->run)->opts->existing == EXISTING_COMPARE;
	struct taken taken = { .how = TAKEN_NOT };
	bool done;
	struct err err;

	if (compares)
		TRY(look(w, e->dir, e->name, &i->m, &taken));
	if (taken.how == TAKEN_NOT) {
		err = make(e->dir, e->name, &i->m);
		if (err.code != EEXIST) {
			TRY(err);
			return finish_special(w, e, &i->m, e->name);
		}
		TRY(look(w, e->dir, e->name, &i->m, &taken));
	}
	TRY(settle_taken(w, e, i, &taken, o, &done));
	if (done)
		return ERR_OK;
	commit_aside_name(e->name, aside);
	err = make(e->dir, aside, &i->m);
	if (err.code == EEXIST) {
		TRY(dir_unlink(e->dir->src_fd, aside));
		err = make(e->dir, aside, &i->m);
	}
	TRY(err);
	err = finish_special(w, e, &i->m, aside);
	struct err moved = move_over(e->dir, aside, e->name);
	return err_failed(err) ? err : moved;
}

/* Tell that E failed with WHY; STREAMS: the reader may have more to say. */
static void
tell_failed(struct worker *w, const struct entry *e, struct err why, bool streams)
{
	struct unpacking *u = unpacking_of(w->run);
	const char *said = NULL;

	if (streams && arc_is_damage(why))
		why = arcsource_failure(&u->source, why, &said);
	if (arc_is_damage(why))
		report_raise(w->run->report, EXIT_INTEGRITY);
	tell_error(w, e, why, said != NULL && said[0] != '\0' ? said : NULL);
}

void
item_carry(struct worker *w, struct node *dir, struct item *i)
{
	struct entry e = { .dir = dir, .src_name = i->name, .name = i->name };
	struct str digests = STR_INIT;
	struct carried o = {
		.what = member_kind(i->m.type),
		.action = ACTION_NEW,
		.began_ns = w->run->wants_items ? proc_now_ns() : 0,
	};
	struct err err;

	if (i->m.type != ARC_FILE)
		err = make_special(w, &e, i, &o);
	else
		err = write_file(w, &e, i, &o);
	o.size = i->m.type == ARC_FILE ? i->end : 0;
	if (!err_failed(err) && w->run->request.hash != NULL && i->m.type == ARC_FILE &&
	    o.action != ACTION_UNCHANGED) {
		hashing_text(&w->hashing, &digests);
		o.hash = digests.buf;
	}
	if (!err_failed(err))
		unpacknote_member(w, &e, i->number, o.hash != NULL);
	if (err_failed(err))
		tell_failed(w, &e, err, i->streams);
	else
		tell_item(w, &e, &o);
	str_release(&digests);
}
