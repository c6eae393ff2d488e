/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder: the archive's members, one after the other, checked and handed on. */
#include "run/arcsync.h"
#include "run/unpacking.h"
#include "sys/file.h"
#include "tree/memberpath.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	NAME_SHOWN = 4096 /* bytes of a name in messages: PATH_MAX, which real ones have not */
};

void
unpack_tell(struct unpacking *u, struct arc_name name, struct err why, const char *note)
{
	char brief[NAME_SHOWN + sizeof "..."];
	if (name.bytes != NULL && strlen(name.bytes) > NAME_SHOWN) {
		(void)snprintf(brief, sizeof brief, "%.*s...", NAME_SHOWN, name.bytes);
		name.bytes = brief;
	}
	struct event ev = {
		.kind = EVENT_ERROR,
		.err = why,
		.src = name.bytes,
		.dst = name.bytes,
		.path = name.bytes,
		.note = note,
	};

	if (err_class(why) == ERR_CLASS_CANCELED)
		return;
	if (arc_is_damage(why))
		report_raise(u->run.report, EXIT_INTEGRITY);
	report_emit(u->run.report, &ev);
}

void
unpack_refuse(struct unpacking *u, struct arc_name name, const char *why)
{
	unpack_tell(u, name, err_make(EPERM, OP_REFUSE, SIDE_SRC, -1), why);
}

/* Stop because limit OPTION, VALUE, is reached. */
static bool
hit(struct unpacking *u, const char *option, int64_t value)
{
	char words[96];
	struct arc_name name = { .bytes = u->opts->archive };

	if (u->stop != STOP_NOT)
		return false;
	u->stop = STOP_LIMIT;
	snprintf(words, sizeof words, "it goes beyond %s=%lld", option, (long long)value);
	unpack_refuse(u, name, words);
	report_raise(u->run.report, EXIT_REFUSED);
	return false;
}

bool
unpack_count_bytes(struct unpacking *u, int64_t n)
{
	const struct unpack_limits *l = &u->opts->limits;
	int64_t packed = arcsource_packed(&u->source);

	if (__builtin_add_overflow(u->bytes, n, &u->bytes))
		u->bytes = INT64_MAX;
	if (l->bytes != UNPACK_NO_LIMIT && u->bytes > l->bytes)
		return hit(u, "--max-bytes", l->bytes);
	if (l->ratio != UNPACK_NO_LIMIT && u->bytes > UNPACK_RATIO_FROM &&
	    u->bytes / l->ratio > packed)
		return hit(u, "--max-ratio", l->ratio);
	return true;
}

bool
unpack_count_entry(struct unpacking *u)
{
	const struct unpack_limits *l = &u->opts->limits;

	u->entries++;
	return l->entries == UNPACK_NO_LIMIT || u->entries <= l->entries ||
	       hit(u, "--max-entries", l->entries);
}

/* Whether M's content may be unpacked, as far as its size says; what streams is counted as it comes. */
static bool
is_within_limits(struct unpacking *u, const struct arc_member *m)
{
	int64_t stored = m->size;

	if (m->size <= 0)
		return true;
	/* holes are no bomb, however many: they are counted by --max-bytes alone */
	if (m->sparse) {
		stored = 0;
		for (size_t i = 0; i < m->n_ranges; i++)
			stored += m->ranges[i].len;
	}
	const struct unpack_limits *l = &u->opts->limits;
	if (l->bytes != UNPACK_NO_LIMIT && m->size > l->bytes - u->bytes)
		return hit(u, "--max-bytes", l->bytes);
	return unpack_count_bytes(u, stored);
}

bool
unpack_is_whole(struct unpacking *u)
{
	return u->ended && !u->torn && u->stop == STOP_NOT && !cancel_requested(&u->run.cancel);
}

bool
unpack_wants(struct unpacking *u, const char *path, size_t len, bool is_dir)
{
	return picking_wants(&u->picking, path, len, is_dir) &&
	       (u->run.mirror == NULL || !arcsync_leaves_out(u, path, len, is_dir));
}

/* Look at the member's names.  False: it is not to be unpacked; what is to be told was. */
static bool
check_names(struct unpacking *u, const struct arc_member *m, enum memberpath *is)
{
	unsigned strip = (unsigned)u->opts->strip;
	struct arc_name nameless = { .bytes = "?" };

	if (m->name.bytes == NULL) {
		u->torn = true;
		unpack_refuse(u, nameless, "its name cannot be read");
		return false;
	}
	*is = memberpath_make(m->name.bytes, m->name.len, 0, &u->full);
	if (memberpath_refusal(*is) != NULL) {
		unpack_refuse(u, m->name, memberpath_refusal(*is));
		return false;
	}
	*is = memberpath_make(m->name.bytes, m->name.len, strip, &u->path);
	struct err err = str_check(&u->path);
	if (!err_failed(err))
		err = str_check(&u->full);
	if (err_failed(err)) {
		u->torn = true;
		unpack_tell(u, m->name, err, NULL);
		return false;
	}
	if (*is == MEMBER_STRIPPED)
		return false;
	if (*is == MEMBER_TOP)
		return u->picking.n == 0;
	if (!unpack_wants(u, u->full.buf, u->full.len, m->type == ARC_DIR))
		return false;
	if ((u->use->notes_names || u->opts->del.on) &&
	    err_failed(pathset_add(&u->has, u->path.buf, u->path.len)))
		u->torn = true; /* what is not known to be here would count as missing */
	return true;
}

/* Look at where the link M leads.  False: it was refused. */
static bool
check_link(struct unpacking *u, const struct arc_member *m)
{
	if (m->link.bytes == NULL) {
		unpack_refuse(u, m->name, "it is a link that leads nowhere");
		return false;
	}
	if (m->type == ARC_SYMLINK)
		return true;
	enum memberpath is =
	    memberpath_make(m->link.bytes, m->link.len, (unsigned)u->opts->strip, &u->link);
	if (is != MEMBER_FINE) {
		unpack_refuse(u, m->name,
		    is == MEMBER_STRIPPED ? "it is a link to what was not unpacked"
					  : "it is a link that leads out of the archive");
		return false;
	}
	return true;
}

/* Whether M is of a kind that can be unpacked, and its content can be read. */
static bool
check_kind(struct unpacking *u, const struct arc_member *m)
{
	if (m->type == ARC_UNKNOWN) {
		unpack_refuse(u, m->name, "it is of an unknown kind");
		return false;
	}
	if (m->encrypted) {
		unpack_refuse(u, m->name, "it is encrypted");
		return false;
	}
	if (m->type == ARC_SYMLINK || m->type == ARC_HARD_LINK)
		return check_link(u, m);
	return true;
}

/* Note the first component of the member's path. */
static void
note_top(struct unpacking *u)
{
	size_t len = strcspn(u->path.buf, "/");

	if (u->top.len == 0)
		str_add(&u->top, u->path.buf, len);
	else if (u->top.len != len || memcmp(u->top.buf, u->path.buf, len) != 0)
		u->many_tops = true;
}

/* --- what is done with a member --- */

/* Keep a directory's attributes for the end; PATH has DEPTH components. */
static struct err
spool(struct unpacking *u, const struct arc_member *m)
{
	size_t depth = u->path.len > 0 ? 1 : 0;
	struct arc_member owned = *m;

	for (size_t i = 0; i < u->path.len; i++)
		depth += u->path.buf[i] == '/';
	unpack_owners(u, &owned);
	return dirspool_add(&u->spool, u->run.base->src_fd, u->path.buf, depth, &owned);
}

static struct err
take_directory(struct unpacking *u, const struct arc_member *m)
{
	struct node *dir;
	const char *name;
	size_t culprit = 0;
	struct carried o = { .what = KIND_DIR, .action = ACTION_NEW };

	TRY(unpack_enter(u, &u->path, true, &dir, &name, &culprit));
	struct strand *s = strand_of(dir);
	struct entry e = { .dir = dir->parent, .src_name = dir->name, .name = dir->name };
	if (!s->fresh && u->opts->existing == EXISTING_COMPARE)
		TRY(arcsync_directory(u, dir, m, &o));
	else if (!s->fresh || s->spooled) /* it was there, or it came before */
		o.action = ACTION_ATTRIBUTES;
	s->spooled = true;
	TRY(spool(u, m));
	tell_item(u->w, &e, &o);
	return ERR_OK;
}

/* Write member M, which no batch can hold, as its content is read. */
static void
take_streaming(struct unpacking *u, struct node *dir, const char *name, const struct arc_member *m)
{
	struct item i = {
		.m = *m,
		.name = name,
		.streams = m->type == ARC_FILE,
		.number = (unsigned)u->entries,
	};
	struct entry e = { .dir = dir, .src_name = name, .name = name };

	claim_wait(u, claim_of(u, &dir->src, name));
	struct err err = nodes_hold(u->run.nodes, dir);
	if (err_failed(err)) {
		tell_error(u->w, &e, err, NULL);
		return;
	}
	/* its bytes are counted as they come */
	if (m->size > 0 && !m->sparse)
		u->bytes -= m->size;
	item_carry(u->w, dir, &i);
	nodes_release(u->run.nodes, dir);
}

/* Hand on the large member M, whose content can be taken from the archive's file. */
static struct err
take_part(struct unpacking *u, struct node *dir, const char *name, const struct arc_member *m)
{
	struct arc_member bare = *m;
	struct err err;

	bare.size = 0;
	struct item *i = batch_add(u, dir, &bare, name, &err);
	TRY(err);
	if (i == NULL)
		return err_make(E2BIG, OP_READ, SIDE_SRC, -1);
	i->m.size = i->end = m->size;
	i->in_archive = true;
	TRY(u->source.module->reading->skip(u->source.reader));
	batch_close_item(u, i);
	/* this is work enough for one worker */
	batch_send(u);
	return ERR_OK;
}

/* Hand on member M, a file or what has no content. */
static struct err
take_other(struct unpacking *u, struct node *dir, const char *name, const struct arc_member *m)
{
	struct arc_member owned = *m;
	struct err err = ERR_OK;
	struct item *i = NULL;
	bool fits = m->type != ARC_FILE || m->size >= 0;
	bool large = m->size > (int64_t)bufs_size(u->batches) / 2;

	unpack_owners(u, &owned);
	/* what is to be digested is read */
	if (m->type == ARC_FILE && m->data_at >= 0 && large && u->run.request.hash == NULL) {
		err = take_part(u, dir, name, &owned);
		if (err.code != E2BIG)
			return err;
		err = ERR_OK;
	} else if (fits && !(large && !m->sparse)) {
		i = batch_add(u, dir, &owned, name, &err);
	}
	TRY(err);
	if (i == NULL) {
		take_streaming(u, dir, name, &owned);
		return ERR_OK;
	}
	if (m->type == ARC_FILE)
		TRY(batch_fill(u, i));
	batch_close_item(u, i);
	return ERR_OK;
}

/* Make member M. */
static struct err
make(struct unpacking *u, const struct arc_member *m, size_t *culprit)
{
	struct node *dir;
	const char *name;

	*culprit = 0;
	if (u->path.len == 0) {
		/* "./": the destination's own attributes; an own directory is nobody's */
		if (m->type != ARC_DIR)
			return err_make(EISDIR, OP_CREATE, SIDE_DST, -1);
		return u->own == NULL ? spool(u, m) : ERR_OK;
	}
	note_top(u);
	if (m->type == ARC_DIR)
		return take_directory(u, m);
	TRY(unpack_enter(u, &u->path, false, &dir, &name, culprit));
	*culprit = 0;
	if (m->type != ARC_HARD_LINK)
		return take_other(u, dir, name, m);
	struct arc_member owned = *m;
	unpack_owners(u, &owned);
	item_link(u, dir, name, &owned);
	return ERR_OK;
}

/* Tell that M failed with ERR, at a directory on the way to it if CULPRIT is one. */
static void
tell_member(struct unpacking *u, const struct arc_member *m, struct err err, size_t culprit)
{
	struct str words = STR_INIT;
	const char *said = NULL;

	if (culprit > 0 && culprit < u->path.len && err.code == EEXIST) {
		str_adds(&words, "on its way there is no directory: ");
		str_add_shown(&words, u->path.buf, culprit);
		said = words.buf;
		err = err_make(ENOTDIR, OP_REFUSE, SIDE_DST, -1);
	} else if (culprit > 0 && err.code == EEXIST) {
		said = "something else has its name";
		err = err_make(EEXIST, OP_REFUSE, SIDE_DST, -1);
	} else if (err.side == SIDE_SRC) {
		err = arcsource_failure(&u->source, err, &said);
	}
	unpack_tell(u, m->name, err, said != NULL && said[0] != '\0' ? said : NULL);
	str_release(&words);
}

static void
take_member(struct unpacking *u, const struct arc_member *m)
{
	enum memberpath is;
	size_t culprit = 0;

	atomic_fetch_add_explicit(&u->run.live->items_found, 1, memory_order_relaxed);
	if (!unpack_count_entry(u))
		return;
	if (!u->use->any_name && (!check_names(u, m, &is) || !check_kind(u, m)))
		return;
	if ((u->use->counts && !is_within_limits(u, m)) || arcsync_passes_by(u, m))
		return;
	struct err err = u->use->take(u, m, &culprit);
	if (err_class(err) == ERR_CLASS_FATAL)
		tell_operand_error(&u->run, u->opts->dir, err, NULL);
	if (err_class(err) == ERR_CLASS_FATAL)
		cancel_request(&u->run.cancel, err);
	else if (err_failed(err))
		tell_member(u, m, err, culprit);
	if (m->warning != NULL) {
		struct str line = STR_INIT;
		str_add_shown(&line, m->name.bytes, m->name.len);
		str_adds(&line, ": ");
		str_adds(&line, m->warning);
		report_emit(u->run.report, &(struct event){ .kind = EVENT_NOTE, .note = line.buf });
		str_release(&line);
	}
}

/* Tell that the archive itself failed with ERR. */
static void
tell_archive(struct unpacking *u, struct err err)
{
	const char *said = NULL;
	struct arc_name name = { .bytes = u->opts->archive };

	u->torn = true;
	err = arcsource_failure(&u->source, err, &said);
	if (u->source.module->reading->is_over(u->source.reader))
		u->stop = STOP_BROKEN;
	if (u->stop == STOP_BROKEN && !arc_is_damage(err) && err_class(err) != ERR_CLASS_CANCELED)
		report_raise(u->run.report, EXIT_STOPPED);
	unpack_tell(u, name, err, said != NULL && said[0] != '\0' ? said : NULL);
}

void
unpack_decode(struct unpacking *u)
{
	const struct arc_reading *reading = u->source.module->reading;
	const struct arc_member *m;
	const char *said;

	while (u->stop == STOP_NOT && !cancel_requested(&u->run.cancel)) {
		struct err err = reading->next(u->source.reader, &m);
		if (err_failed(err)) {
			tell_archive(u, err);
			continue;
		}
		if (m == NULL) {
			err = arcsource_end(&u->source, &said);
			u->ended = true;
			if (err_failed(err))
				tell_archive(u, err);
			break;
		}
		take_member(u, m);
	}
	batch_send(u);
}

const struct member_use use_make = {
	.begin = owndir_begin,
	.take = make,
	.end = unpack_finish,
	.counts = true,
};
