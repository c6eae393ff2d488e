/* SPDX-License-Identifier: BSD-2-Clause */
/* What is unlike about two entries of one name, in words. */
#include "run/unlike.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

void
unlike_add(struct str *why, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	str_addf(why, "%s%s", why->len > 0 ? ", " : "", text);
}

const char *
unlike_type(mode_t mode)
{
	return item_kind_name(kind_of_mode(mode));
}

/* Write T to the nanosecond, in UTC: both sides are the same clock's. */
static const char *
time_text(const struct timespec *t, char text[static 64])
{
	struct tm utc = { 0 };

	(void)gmtime_r(&t->tv_sec, &utc); /* fails only when the year overflows an int */
	(void)snprintf(text, 64, "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ", utc.tm_year + 1900,
	    utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, t->tv_nsec);
	return text;
}

void
unlike_stat(const struct keep *keep, const struct stat *a, const struct stat *b, struct str *why)
{
	char from[64];
	char to[64];

	if (keep->mode && !S_ISLNK(a->st_mode) && (a->st_mode & 07777) != (b->st_mode & 07777))
		unlike_add(why, "mode %04o -> %04o", a->st_mode & 07777U, b->st_mode & 07777U);
	if (keep->owner && a->st_uid != b->st_uid)
		unlike_add(why, "owner %u -> %u", a->st_uid, b->st_uid);
	if (keep->owner && a->st_gid != b->st_gid)
		unlike_add(why, "group %u -> %u", a->st_gid, b->st_gid);
	if (keep->times &&
	    (a->st_mtim.tv_sec != b->st_mtim.tv_sec || a->st_mtim.tv_nsec != b->st_mtim.tv_nsec))
		unlike_add(why, "mtime %s -> %s", time_text(&a->st_mtim, from),
		    time_text(&b->st_mtim, to));
}

static struct err
compare_xattrs(struct worker *w, const struct entry *e, const struct pair *p, struct str *why)
{
	static const char *const words[] = {
		[META_MISSING] = "missing",
		[META_EXTRA] = "extra",
		[META_VALUE] = "differs",
	};
	const struct keep *keep = &w->run->verify->opts->keep;
	struct meta_names *const names[2] = { &w->names, &w->others };
	const struct meta_pair by_name = { e->dir->src_fd, e->src_name, e->dir->dst_fd, e->name };
	struct meta_difference d;

	if (p->a_fd >= 0 && p->b_fd >= 0)
		TRY(meta_compare(names, p->a_fd, p->b_fd, keep, &d));
	else
		TRY(meta_compare_at(names, &by_name, keep, &d));
	if (d.how != META_ALIKE)
		unlike_add(why, "xattr %s %s", d.name, words[d.how]);
	return ERR_OK;
}

struct err
unlike_attributes(struct worker *w, const struct entry *e, const struct pair *p, struct str *why)
{
	const struct verifying *v = w->run->verify;
	const struct keep *keep = &v->opts->keep;
	bool alike;

	unlike_stat(keep, &p->a, &p->b, why);
	if (keep->xattr || keep->context || (keep->mode && !S_ISLNK(p->a.st_mode)))
		TRY(compare_xattrs(w, e, p, why));
	if (v->pairs == NULL || S_ISDIR(p->a.st_mode))
		return ERR_OK;
	TRY(linkpairs_meet(v->pairs, &p->a, &p->b, &alike));
	if (!alike)
		unlike_add(why, "hard links");
	return ERR_OK;
}

void
unlike_tell(struct worker *w, const struct entry *e, const struct stat *st, enum item_action action,
    const struct str *why)
{
	struct carried o = {
		.what = kind_of_mode(st->st_mode),
		.action = action,
		.size = S_ISREG(st->st_mode) ? st->st_size : 0,
		.note = why != NULL && why->len > 0 ? why->buf : NULL,
	};

	if (action != ACTION_UNCHANGED)
		report_raise(w->run->report, EXIT_PARTIAL);
	tell_item(w, e, &o);
}
