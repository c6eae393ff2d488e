/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Archives written.
 *
 * Content that the caller writes itself: libarchive cannot leave it out, but it fills up with zeros what
 * is missing of a member.  These zeros are dropped on their way, and the caller's bytes stand in their
 * place.
 */
#include "archive/writer.h"

#include "archive/member.h"
#include "archive/said.h"
#include "base/own.h"

#include <archive_entry.h>
#include <errno.h>
#include <wchar.h>

enum {
	COMPLETE_MAX = 64 << 20, /* bytes of zeros that are packed for nothing: 1 s of xz */
	ZEROS = 64 << 10,        /* of a hole, given at once; arbitrary, stays in the L2 cache */
};

/* A writer. */
struct arc_writer {
	struct archive *a;
	struct archive_entry *entry;
	struct outflow out;
	struct arc_write_options options;
	locale_t locale;
	bool inside;       /* a member's header has been written */
	bool untouched;    /* and nothing of its content */
	int64_t left;      /* bytes of content, holes included, that are missing */
	bool mapped;       /* its holes are left out: the map comes with the content */
	struct err failed; /* what broke it */
	char text[ARC_TEXT];
	char warning[ARC_TEXT];
};

static const char zeros[ZEROS];

static void
writer_drop(struct arc_writer *w)
{
	if (w == NULL)
		return;
	if (w->a != NULL) {
		/* It completes the archive, to nowhere.  Where that would take long, its compressors are
		 * left as they are: libarchive then does not free what they have allocated. */
		w->out.mute = true;
		if (w->options.filter != ARC_PLAIN && w->left > COMPLETE_MAX)
			(void)archive_write_fail(w->a);
		(void)archive_write_free(w->a);
	}
	archive_entry_free(w->entry);
	if (w->locale != (locale_t)0)
		freelocale(w->locale);
	outflow_release(&w->out);
	free(w);
}

static struct arc_writer *
writer_make(struct arc_drain *drain)
{
	struct arc_writer *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->locale = utf8_locale();
	w->a = archive_write_new();
	if (w->a != NULL)
		w->entry = archive_entry_new2(w->a);
	if (!outflow_init(&w->out, drain) || w->entry == NULL) {
		writer_drop(w);
		return NULL;
	}
	return w;
}

/* Note what A has failed with; FATAL = nothing can be written any more. */
static struct err
failure(struct arc_writer *w, int result)
{
	said_of(w->text, w->a);
	struct err e = outflow_failure(&w->out, w->a);
	if (result == ARCHIVE_FATAL || err_failed(w->out.failed))
		w->failed = e;
	return e;
}

static int
set_format(struct archive *a, enum arc_format format)
{
	int r;

	switch (format) {
	case ARC_PAX:
		r = archive_write_set_format_pax(a);
		/* Each attribute once, in the form that GNU tar knows as well. */
		return r == ARCHIVE_OK
			   ? archive_write_set_format_option(a, "pax", "xattrheader", "SCHILY")
			   : r;
	case ARC_USTAR:
		return archive_write_set_format_ustar(a);
	case ARC_GNUTAR:
		return archive_write_set_format_gnutar(a);
	case ARC_CPIO:
		return archive_write_set_format_cpio_newc(a);
	case ARC_ZIP:
		return archive_write_set_format_zip(a);
	case ARC_7ZIP:
		return archive_write_set_format_7zip(a);
	case ARC_FORMATS_N:
		break;
	}
	return ARCHIVE_FATAL;
}

static int
open_archive(struct arc_writer *w)
{
	const struct arc_write_options *o = &w->options;
	char text[16];
	int r = set_format(w->a, o->format);

	if (r >= ARCHIVE_WARN)
		r = add_filter(w->a, o);
	if (r >= ARCHIVE_WARN && o->level != ARC_LEVEL_DEFAULT &&
	    (o->format == ARC_ZIP || o->format == ARC_7ZIP)) {
		(void)snprintf(text, sizeof(text), "%d", o->level);
		r = archive_write_set_format_option(w->a, NULL, "compression-level", text);
	}
	return r >= ARCHIVE_WARN ? outflow_open(&w->out, w->a) : r;
}

static struct err
writer_begin(struct arc_writer *w, const struct arc_write_options *options)
{
	w->options = *options;
	locale_t before = enter(w->locale);
	int r = open_archive(w);
	leave(before);
	return r >= ARCHIVE_WARN && !err_failed(w->out.failed) ? ERR_OK : failure(w, ARCHIVE_FATAL);
}

/* Complete the member; what is missing becomes zeros. */
static struct err
finish_entry(struct arc_writer *w)
{
	if (!w->inside)
		return ERR_OK;
	w->inside = false;
	int r = archive_write_finish_entry(w->a);
	w->out.mute = false;
	return r >= ARCHIVE_WARN && !err_failed(w->out.failed) ? ERR_OK : failure(w, ARCHIVE_FATAL);
}

static struct err
refuse(struct arc_writer *w, int code, const char *words)
{
	said_copy(w->text, words);
	return err_make(code, OP_WRITE, SIDE_DST, -1);
}

/* True when NAME is UTF-8 in the locale that was entered. */
static bool
is_utf8(struct arc_name name)
{
	const char *from = name.bytes;
	mbstate_t state = { 0 };

	if (from == NULL)
		return true;
	// NOLINTNEXTLINE(concurrency-mt-unsafe): the state is ours
	return mbsrtowcs(NULL, &from, 0, &state) != (size_t)-1;
}

/* What libarchive would write as something else, or not notice. */
static struct err
check_member(struct arc_writer *w, const struct arc_member *m, unsigned can)
{
	int64_t end = 0;

	if (m->name.bytes == NULL || m->name.len == 0)
		return refuse(w, EINVAL, "a member must have a name");
	if (m->type == ARC_FILE && m->size < 0)
		return refuse(w, EINVAL, "the size must be known");
	if ((m->type == ARC_HARD_LINK || m->type == ARC_SYMLINK) && m->link.bytes == NULL)
		return refuse(w, EINVAL, "a link must have a target");
	if (m->type == ARC_HARD_LINK && (can & ARC_CAN_HARD_LINKS) == 0)
		return refuse(w, EOPNOTSUPP, "the format has no hard links");
	if (m->type == ARC_SOCKET || m->type == ARC_UNKNOWN ||
	    ((m->type == ARC_CHAR || m->type == ARC_BLOCK || m->type == ARC_FIFO) &&
		(can & ARC_CAN_SPECIAL) == 0))
		return refuse(w, EOPNOTSUPP, "the format cannot hold such a file");
	/* newc tells links by number alone, and without would have an empty file. */
	if (m->type == ARC_HARD_LINK && w->options.format == ARC_CPIO &&
	    (m->ino == 0 || m->nlink < 2))
		return refuse(w, EOPNOTSUPP, "a hard link in a cpio needs the number of its file");
	if ((can & ARC_CAN_ANY_NAME) == 0 && !(is_utf8(m->name) && is_utf8(m->link)))
		return refuse(w, EILSEQ, "the format holds names of UTF-8 only");
	for (size_t i = 0; m->sparse && i < m->n_ranges; i++) {
		const struct arc_range *r = &m->ranges[i];
		if (r->off < end || r->len < 0 || r->len > m->size - r->off)
			return refuse(w, EINVAL, "the ranges are not ascending, or too long");
		end = r->off + r->len;
	}
	return ERR_OK;
}

/* True of what libarchive warns of when it writes bytes that are not UTF-8 as they are: we want that. */
static bool
is_about_charset(const char *words)
{
	return strstr(words, "Can't translate") != NULL;
}

static struct err
write_header(struct arc_writer *w, const struct arc_member *m, const char **warning)
{
	unsigned can = arc_format_can(w->options.format);
	bool lost;

	TRY(finish_entry(w));
	TRY(check_member(w, m, can));
	archive_entry_clear(w->entry);
	member_to_entry(m, w->entry, &lost);
	if ((can & ARC_CAN_SPARSE) == 0)
		archive_entry_sparse_clear(w->entry);
	if (w->options.reproducible) {
		archive_entry_unset_atime(w->entry);
		archive_entry_unset_ctime(w->entry);
		archive_entry_unset_birthtime(w->entry);
		archive_entry_set_dev(w->entry, 0);
		if (m->nlink < 2)
			archive_entry_set_ino64(w->entry, 0);
	}
	int r = archive_write_header(w->a, w->entry);
	if (r < ARCHIVE_WARN || err_failed(w->out.failed))
		return failure(w, r);
	said_of(w->warning, w->a);
	if (r == ARCHIVE_WARN && !is_about_charset(w->warning)) {
		*warning = w->warning;
	} else if (lost) {
		*warning = "its ACL is not one of POSIX";
	}
	w->inside = true;
	w->untouched = true;
	w->left = m->type == ARC_FILE ? m->size : 0;
	w->mapped = m->type == ARC_FILE && m->sparse && (can & ARC_CAN_SPARSE) != 0;
	return ERR_OK;
}

static struct err
writer_header(struct arc_writer *w, const struct arc_member *m, const char **warning)
{
	*warning = NULL;
	if (err_failed(w->failed))
		return w->failed;
	w->text[0] = '\0';
	locale_t before = enter(w->locale);
	struct err e = write_header(w, m, warning);
	leave(before);
	return e;
}

static struct err
writer_data(struct arc_writer *w, const void *bytes, size_t n)
{
	const char *from = bytes;

	if (err_failed(w->failed))
		return w->failed;
	if (!w->inside || (int64_t)n > w->left)
		return refuse(w, EFBIG, "more content than its header says");
	w->untouched = false;
	w->left -= (int64_t)n;
	while (n > 0) {
		la_ssize_t done = archive_write_data(w->a, from, n);
		if (done <= 0 || err_failed(w->out.failed))
			return failure(w, ARCHIVE_FATAL);
		from += done;
		n -= (size_t)done;
	}
	return ERR_OK;
}

static struct err
writer_hole(struct arc_writer *w, int64_t len)
{
	while (len > 0) {
		size_t part = len < ZEROS ? (size_t)len : ZEROS;
		TRY(writer_data(w, zeros, part));
		len -= (int64_t)part;
	}
	return ERR_OK;
}

static struct err
writer_hand_over(struct arc_writer *w, int64_t *bytes, unsigned *pad)
{
	unsigned unit = w->options.format == ARC_CPIO ? 4 : 512;

	if (err_failed(w->failed))
		return w->failed;
	BUG_ON(!w->inside || !w->untouched || w->options.filter != ARC_PLAIN);
	BUG_ON((arc_format_can(w->options.format) & ARC_CAN_HAND_OVER) == 0);
	if (w->mapped)
		return refuse(w, EOPNOTSUPP, "the format mixes maps of holes with content");
	w->failed = outflow_flush(&w->out);
	if (err_failed(w->failed))
		return w->failed;
	*bytes = w->left;
	*pad = (unsigned)(-w->left & (unit - 1));
	w->out.mute = true;
	w->left = 0;
	return finish_entry(w);
}

static struct err
writer_settle(struct arc_writer *w)
{
	if (err_failed(w->failed))
		return w->failed;
	locale_t before = enter(w->locale);
	struct err e = finish_entry(w);
	leave(before);
	TRY(e);
	w->failed = outflow_flush(&w->out);
	return w->failed;
}

static struct err
writer_finish(struct arc_writer *w)
{
	if (err_failed(w->failed))
		return w->failed;
	locale_t before = enter(w->locale);
	struct err e = finish_entry(w);
	if (!err_failed(e) &&
	    (archive_write_close(w->a) < ARCHIVE_WARN || err_failed(w->out.failed)))
		e = failure(w, ARCHIVE_FATAL);
	leave(before);
	TRY(e);
	w->failed = outflow_flush(&w->out);
	return w->failed;
}

static const char *
writer_said(const struct arc_writer *w)
{
	return w->text;
}

const struct arc_writing writer_ops = {
	.make = writer_make,
	.begin = writer_begin,
	.header = writer_header,
	.data = writer_data,
	.hole = writer_hole,
	.hand_over = writer_hand_over,
	.settle = writer_settle,
	.finish = writer_finish,
	.said = writer_said,
	.drop = writer_drop,
};
