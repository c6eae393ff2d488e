/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Archives read.  libarchive sees the format alone: what is compressed is unpacked before it, so that the
 * end of the packed stream, with its sums, is read and checked after the last member.
 *
 *     feed --> peek [--> inflater --> peek [--> inflater]] --> source --> libarchive
 *     feed ------------------------------- a file, plain ----> source
 */
#include "archive/reader.h"

#include "archive/inflater.h"
#include "archive/member.h"
#include "archive/said.h"
#include "archive/source.h"
#include "base/own.h"

#include <errno.h>

enum {
	LAYERS_MAX = 2, /* a packed archive packed once more; arbitrary */
	TAR_BLOCK = 512,
	EMPTY_BLOCKS_MAX = 1000, /* arbitrary; some end a member */
};

/* A reader. */
struct arc_reader {
	struct archive *a;
	struct source source;
	struct arc_feed *feed; /* borrowed */
	struct arc_read_options options;
	locale_t locale;
	struct peek peeks[LAYERS_MAX + 1];
	struct inflater *layers[LAYERS_MAX];
	size_t n_layers;
	enum arc_filter filter; /* of the outermost */
	bool wants_seek;        /* a zip that cannot */
	bool begun;             /* A has been opened */
	bool over;              /* nothing can be read any more */
	bool at_member;         /* a member is current */
	bool unread;            /* its content is neither read nor left out */
	bool damaged;           /* a header was not one: go on until one is */
	struct err failed;      /* what made it over; ERR_OK = the end */
	struct arc_member m;
	struct member_room room;
	int64_t data_end; /* where the next block of content may begin */
	char text[ARC_TEXT];
	char warning[ARC_TEXT];
};

static void
reader_drop(struct arc_reader *r)
{
	if (r == NULL)
		return;
	if (r->a != NULL)
		(void)archive_read_free(r->a); /* nothing of ours is lost */
	for (size_t i = r->n_layers; i > 0; i--)
		inflater_drop(r->layers[i - 1]);
	if (r->locale != (locale_t)0)
		freelocale(r->locale);
	member_room_release(&r->room);
	free(r);
}

/*
 * All formats but: raw, which is no archive; mtree, whose reader opens the files that it names
 * (archive_read_support_format_mtree.c); warc, which is no tree.
 */
static void
allow_formats(struct archive *a)
{
	(void)archive_read_support_format_tar(a);
	(void)archive_read_support_format_cpio(a);
	(void)archive_read_support_format_zip(a);
	(void)archive_read_support_format_7zip(a);
	(void)archive_read_support_format_ar(a);
	(void)archive_read_support_format_iso9660(a);
	(void)archive_read_support_format_cab(a);
	(void)archive_read_support_format_lha(a);
	(void)archive_read_support_format_rar(a);
	(void)archive_read_support_format_rar5(a);
	(void)archive_read_support_format_xar(a);
}

static struct arc_reader *
reader_make(struct arc_feed *feed, const struct arc_read_options *options)
{
	struct arc_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->feed = feed;
	r->options = *options;
	if (r->options.header_max == 0)
		r->options.header_max = ARC_HEADER_MAX;
	r->a = archive_read_new();
	if (r->a == NULL) {
		reader_drop(r);
		return NULL;
	}
	allow_formats(r->a);
	return r;
}

/* The reader has come to its end by E. */
static struct err
give_up(struct arc_reader *r, struct err e)
{
	r->over = true;
	r->at_member = false;
	r->failed = e;
	return e;
}

static struct err
give_up_saying(struct arc_reader *r, int code, const char *words)
{
	said_copy(r->text, words);
	return give_up(r, err_make(code, OP_READ, SIDE_SRC, r->source.pos));
}

/* An inflater that has failed knows better what has. */
static void
note_layers(struct arc_reader *r)
{
	for (size_t i = 0; i < r->n_layers; i++) {
		if (r->layers[i]->text[0] != '\0')
			said_copy(r->text, r->layers[i]->text);
	}
}

/* What libarchive has failed with. */
static struct err
failure(struct arc_reader *r)
{
	said_of(r->text, r->a);
	note_layers(r);
	return source_failure(&r->source, r->a);
}

/* The four magic numbers of cpio: ASCII, and a 16-bit word of either order. */
static bool
is_cpio(const struct peek *p)
{
	return peek_has(p, 0, "0707", 4) || peek_has(p, 0, "\xc7\x71", 2) ||
	       peek_has(p, 0, "\x71\xc7", 2);
}

/* Formats that have at their end what one must know at the beginning. */
static struct err
check_forward(struct arc_reader *r)
{
	const struct peek *p = &r->peeks[r->n_layers];

	if (peek_has(p, 0, "7z\xbc\xaf\x27\x1c", 6)) {
		said_copy(r->text, "a 7z can be read only where it is a file");
		return give_up(r, err_make(ESPIPE, OP_OPEN, SIDE_SRC, -1));
	}
	r->wants_seek = peek_has(p, 0, "PK", 2);
	return ERR_OK;
}

/* Find out what is around the archive, and take it off. */
static struct err
unwrap(struct arc_reader *r, struct arc_feed **plain)
{
	struct arc_feed *feed = r->feed;

	for (size_t i = 0;; i++) {
		TRY(peek_init(&r->peeks[i], feed, PEEK_SIZE));
		if (i == 0 && peek_is_empty(&r->peeks[0]))
			return give_up_saying(r, EBADMSG, "it is empty");
		enum arc_filter filter = peek_filter(&r->peeks[i]);
		feed = &r->peeks[i].feed;
		if (i == 0)
			r->filter = filter;
		if (filter == ARC_PLAIN || i == LAYERS_MAX)
			break;
		r->layers[i] = inflater_new(feed, filter);
		if (r->layers[i] == NULL)
			return said_no_memory(SIDE_SRC);
		r->n_layers++;
		feed = &r->layers[i]->feed;
	}
	r->locale =
	    peek_has(&r->peeks[r->n_layers], 257, "ustar", 5) ? ascii_locale() : utf8_locale();
	r->source.is_cpio = is_cpio(&r->peeks[r->n_layers]);
	*plain = feed;
	if (r->n_layers > 0 || r->feed->seek == NULL)
		return check_forward(r);
	*plain = r->feed;
	return r->feed->seek(r->feed, 0);
}

static struct err
begin(struct arc_reader *r)
{
	r->begun = true;
	struct err e = unwrap(r, &r->source.feed);
	if (err_failed(e)) {
		note_layers(r);
		return r->over ? e : give_up(r, e);
	}
	/* The format is found out here. */
	locale_t before = enter(r->locale);
	int result = source_open(&r->source, r->a);
	leave(before);
	if (result >= ARCHIVE_WARN)
		return ERR_OK;
	e = failure(r);
	if (!err_failed(r->source.failed) && e.code == EBADMSG)
		e = err_make(EINVAL, OP_OPEN, SIDE_SRC, -1);
	return give_up(r, e);
}

static bool
is_tar(const struct arc_reader *r)
{
	return (archive_format(r->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
}

/* The byte of the unpacked archive that comes next. */
static int64_t
position(const struct arc_reader *r)
{
	return archive_filter_bytes(r->a, 0);
}

/*
 * Where the content is, if it is in one piece of a file.  libarchive has read the header and
 * nothing behind it then.
 */
static int64_t
find_data(const struct arc_reader *r)
{
	if (r->n_layers > 0 || r->feed->seek == NULL || !is_tar(r))
		return -1;
	return r->m.type == ARC_FILE && !r->m.sparse && r->m.size > 0 ? position(r) : -1;
}

static struct err
skip_content(struct arc_reader *r)
{
	int64_t data_at = r->unread ? r->m.data_at : -1;

	r->unread = false;
	int result = archive_read_data_skip(r->a);
	if (result == ARCHIVE_FATAL)
		return give_up(r, failure(r));
	if (result != ARCHIVE_OK && result != ARCHIVE_EOF && result != ARCHIVE_WARN)
		return failure(r);
	if (data_at < 0)
		return ERR_OK;
	int64_t pad = -r->m.size & (TAR_BLOCK - 1);
	int64_t now = position(r);
	if (now - data_at - r->m.size != pad)
		return give_up_saying(r, EBADMSG, "a member has another size than it says");
	return now <= r->feed->size ? ERR_OK : give_up_saying(r, EBADMSG, "it is cut short");
}

static struct err
reader_skip(struct arc_reader *r)
{
	if (r->over || !r->at_member || !r->unread)
		return r->failed;
	locale_t before = enter(r->locale);
	struct err e = skip_content(r);
	r->at_member = false; /* libarchive leaves content out once only */
	leave(before);
	return e;
}

/* Behind the last member: what is left of the input has the sums that check it. */
static struct err
finish(struct arc_reader *r, int64_t before)
{
	if (is_tar(r) && position(r) == before && !r->options.unmarked_end_ok)
		return give_up_saying(r, EBADMSG, "it ends without an end marker: cut short?");
	if (r->damaged)
		return give_up_saying(r, EBADMSG, "it is damaged up to its end");
	if (r->n_layers > 0 || r->feed->seek == NULL) {
		const void *bytes;
		size_t n = 1;

		while (n > 0 && !err_failed(r->source.failed))
			r->source.failed = r->source.feed->more(r->source.feed, &bytes, &n);
		if (err_failed(r->source.failed))
			return give_up(r, failure(r));
	}
	return give_up(r, ERR_OK);
}

/* Where the header that is read must end; of damage, all together counts as one. */
static void
begin_header(struct arc_reader *r)
{
	r->source.counts = true;
	if (!r->damaged)
		r->source.limit = r->source.pos + r->options.header_max;
}

/*
 * True of what libarchive warns of when a pax header is not UTF-8: it then keeps the bytes as they are,
 * which is what we want.
 */
static bool
is_about_charset(const char *words)
{
	return strstr(words, "can't be converted from UTF-8") != NULL;
}

static struct err
take_member(struct arc_reader *r, struct archive_entry *entry, bool warned)
{
	TRY(member_from_entry(&r->m, entry, archive_format(r->a), &r->room, &r->options));
	said_of(r->warning, r->a);
	if (warned && !is_about_charset(r->warning)) {
		r->m.warning = r->warning;
	}
	r->damaged = false;
	r->at_member = true;
	r->unread = true;
	r->data_end = 0;
	r->m.data_at = find_data(r);
	return ERR_OK;
}

/* A header that was not one.  What follows it is told only once it is one again. */
static struct err
note_damage(struct arc_reader *r, bool *tell)
{
	*tell = !r->damaged;
	r->damaged = true;
	return *tell ? failure(r) : ERR_OK;
}

static struct err
next_member(struct arc_reader *r, const struct arc_member **m)
{
	struct archive_entry *entry;
	int64_t before;
	bool tell = false;

	if (r->at_member)
		TRY(skip_content(r));
	r->at_member = false;
	for (;;) {
		before = position(r);
		begin_header(r);
		int result = archive_read_next_header(r->a, &entry);
		r->source.counts = false;
		if (result == ARCHIVE_EOF)
			return finish(r, before);
		if (result == ARCHIVE_OK || result == ARCHIVE_WARN) {
			*m = &r->m;
			return take_member(r, entry, result == ARCHIVE_WARN);
		}
		if (result == ARCHIVE_FATAL)
			return give_up(r, failure(r));
		struct err e = note_damage(r, &tell);
		if (tell)
			return e;
		/* Not a byte further: it would go on for ever. */
		if (position(r) == before)
			return give_up(r, failure(r));
	}
}

static struct err
reader_next(struct arc_reader *r, const struct arc_member **m)
{
	*m = NULL;
	if (r->over)
		return r->failed;
	r->text[0] = '\0';
	if (!r->begun)
		TRY(begin(r));
	locale_t before = enter(r->locale);
	struct err e = next_member(r, m);
	leave(before);
	if (err_failed(e))
		*m = NULL;
	return e;
}

static struct err
check_block(struct arc_reader *r, size_t n, int64_t off)
{
	int64_t end;

	if (off < r->data_end || __builtin_add_overflow(off, (int64_t)n, &end) ||
	    (r->m.size >= 0 && end > r->m.size))
		return give_up_saying(r, EBADMSG, "content is where none can be");
	r->data_end = end;
	return ERR_OK;
}

/* The end of the content, as libarchive says. */
static struct err
end_of_data(struct arc_reader *r, int64_t *off)
{
	*off = r->m.size > r->data_end ? r->m.size : r->data_end;
	/* What is not stored is a hole only where holes were announced. */
	if (r->m.type == ARC_FILE && !r->m.sparse && r->m.size > r->data_end) {
		said_copy(r->text, "content is missing");
		return err_make(EBADMSG, OP_READ, SIDE_SRC, r->source.pos);
	}
	return ERR_OK;
}

static struct err
read_block(struct arc_reader *r, const void **bytes, size_t *n, int64_t *off)
{
	la_int64_t at = 0;

	/* Some formats have empty blocks among others. */
	for (int i = 0; i < EMPTY_BLOCKS_MAX; i++) {
		int result = archive_read_data_block(r->a, bytes, n, &at);
		*off = at;
		if (result == ARCHIVE_OK && *n > 0)
			return check_block(r, *n, at);
		*n = 0;
		if (result == ARCHIVE_EOF)
			return end_of_data(r, off);
		if (result == ARCHIVE_FATAL)
			return give_up(r, failure(r));
		if (result != ARCHIVE_OK)
			return failure(r);
	}
	return give_up_saying(r, EBADMSG, "content does not come to an end");
}

static struct err
reader_data(struct arc_reader *r, const void **bytes, size_t *n, int64_t *off)
{
	*n = 0;
	*off = 0;
	if (r->over || !r->at_member)
		return r->failed;
	r->unread = false;
	locale_t before = enter(r->locale);
	struct err e = read_block(r, bytes, n, off);
	leave(before);
	if (err_failed(e))
		*n = 0;
	return e;
}

static bool
reader_is_over(const struct arc_reader *r)
{
	return r->over;
}

static bool
reader_wants_seek(const struct arc_reader *r)
{
	return r->wants_seek;
}

static const char *
reader_said(const struct arc_reader *r)
{
	return r->text;
}

static const char *
reader_format(const struct arc_reader *r)
{
	const char *name = archive_format_name(r->a);
	return name != NULL ? name : "";
}

static enum arc_filter
reader_filter(const struct arc_reader *r)
{
	return r->filter;
}

const struct arc_reading reader_ops = {
	.make = reader_make,
	.next = reader_next,
	.data = reader_data,
	.skip = reader_skip,
	.is_over = reader_is_over,
	.wants_seek = reader_wants_seek,
	.said = reader_said,
	.format = reader_format,
	.filter = reader_filter,
	.drop = reader_drop,
};
