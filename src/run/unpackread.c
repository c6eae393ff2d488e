/* SPDX-License-Identifier: BSD-2-Clause */
/* What is done with members beside making them: listing, printing, saying what would be made. */
#include "report/listing.h"
#include "run/unpacking.h"
#include "sys/file.h"
#include "tree/memberpath.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* Write M's content to standard output. */
static struct err
print(struct unpacking *u, const struct arc_member *m, size_t *culprit)
{
	const struct arc_reading *reading = u->source.module->reading;
	static const char zeros[4096];
	const void *bytes;
	size_t n;
	int64_t off;
	int64_t at = 0;

	(void)culprit;
	if (m->type != ARC_FILE)
		return ERR_OK;
	do {
		TRY(cancel_check(&u->run.cancel));
		TRY(reading->data(u->source.reader, &bytes, &n, &off));
		if (!unpack_count_bytes(u, off + (int64_t)n - at))
			return err_make(ECANCELED, OP_REFUSE, SIDE_SRC, -1);
		while (at < off) {
			size_t hole =
			    off - at < (int64_t)sizeof zeros ? (size_t)(off - at) : sizeof zeros;
			TRY(cancel_check(&u->run.cancel));
			TRY(file_write_all(STDOUT_FILENO, zeros, hole));
			at += (int64_t)hole;
		}
		TRY(file_write_all(STDOUT_FILENO, bytes, n));
		at += (int64_t)n;
	} while (n > 0);
	return ERR_OK;
}

struct err
unpack_foretell(struct unpacking *u, const struct arc_member *m, size_t *culprit)
{
	struct carried o = {
		.what = member_kind(m->type),
		.action = m->type == ARC_HARD_LINK ? ACTION_LINKED : ACTION_NEW,
		.size = m->size > 0 ? m->size : 0,
		.note = m->type == ARC_HARD_LINK ? u->link.buf : NULL,
	};
	struct entry e = { .dir = u->run.base, .src_name = u->path.buf, .name = u->path.buf };

	(void)culprit;
	if (o.action == ACTION_NEW)
		o.moved.bytes = o.size;
	if (u->path.len > 0)
		tell_item(u->w, &e, &o);
	return ERR_OK;
}

/* Tell what member M is. */
static struct err
list_member(struct unpacking *u, const struct arc_member *m, size_t *culprit)
{
	bool is_link = m->type == ARC_SYMLINK || m->type == ARC_HARD_LINK;
	const struct listed listed = {
		.path = m->name.bytes != NULL ? m->name.bytes : "?",
		.target = is_link ? m->link.bytes : NULL,
		.hard_link = m->type == ARC_HARD_LINK,
		.mode = member_type(m->type) | (m->mode & 07777),
		.uid = m->has_owner ? m->uid : -1,
		.gid = m->has_owner ? m->gid : -1,
		.user = u->opts->numeric ? NULL : m->uname.bytes,
		.group = u->opts->numeric ? NULL : m->gname.bytes,
		.size = m->type == ARC_SYMLINK ? -1 : m->size,
		.major = m->rdev_major,
		.minor = m->rdev_minor,
		.has_mtime = (m->has_times & 1U << ARC_MTIME) != 0,
		.mtime = m->times[ARC_MTIME],
	};
	size_t len = m->name.bytes != NULL ? m->name.len : 0;

	(void)culprit;
	/* what would be refused is shown all the same, but only without a choice */
	enum memberpath is = memberpath_make(listed.path, len, 0, &u->full);
	if (is == MEMBER_FINE
		? !picking_wants(&u->picking, u->full.buf, u->full.len, m->type == ARC_DIR)
		: u->picking.n > 0)
		return ERR_OK;
	report_emit(u->run.report, &(struct event){ .kind = EVENT_LISTED, .listed = &listed });
	return ERR_OK;
}

const struct member_use use_print = { .begin = owndir_begin_nowhere, .take = print };

const struct member_use use_tell = {
	.begin = owndir_begin_nowhere,
	.take = unpack_foretell,
	.counts = true,
};

const struct member_use use_list = {
	.begin = owndir_begin_nowhere,
	.take = list_member,
	.any_name = true,
};
