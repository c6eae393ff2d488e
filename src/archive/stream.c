/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams packed and unpacked. */
#include "archive/stream.h"

#include "archive/inflater.h"
#include "archive/said.h"
#include "archive/writer.h"

#include <archive_entry.h>
#include <errno.h>

static struct err
pump(struct arc_feed *feed, struct arc_drain *drain)
{
	const void *bytes;
	size_t n;

	for (;;) {
		TRY(feed->more(feed, &bytes, &n));
		if (n == 0)
			return ERR_OK;
		TRY(drain->put(drain, bytes, n));
	}
}

static struct err
stream_inflate(struct arc_feed *feed, struct arc_drain *drain, enum arc_filter filter, char *text)
{
	struct inflater *i;
	struct peek p;

	text[0] = '\0';
	/* No more than is needed: what comes slowly is to go on at once. */
	TRY(peek_init(&p, feed, 1));
	if (peek_is_empty(&p)) {
		said_copy(text, "it is empty");
		return err_make(EBADMSG, OP_READ, SIDE_SRC, 0);
	}
	if (filter == ARC_PLAIN)
		return pump(&p.feed, drain);
	i = inflater_new(&p.feed, filter);
	if (i == NULL)
		return said_no_memory(SIDE_SRC);
	struct err e = pump(&i->feed, drain);
	if (err_failed(e))
		memcpy(text, i->text, ARC_TEXT);
	inflater_drop(i);
	return e;
}

/* A drain that packs. */
struct packing {
	struct arc_drain drain; /* first */
	struct archive *a;
	struct outflow out;
};

static struct err
put_packed(struct arc_drain *drain, const void *bytes, size_t n)
{
	struct packing *p = (struct packing *)drain;
	const char *from = bytes;

	while (n > 0) {
		la_ssize_t done = archive_write_data(p->a, from, n);
		if (done <= 0 || err_failed(p->out.failed))
			return outflow_failure(&p->out, p->a);
		from += done;
		n -= (size_t)done;
	}
	return ERR_OK;
}

/* Begin the one member of libarchive's raw format. */
static struct err
begin_packing(struct packing *p, const struct arc_write_options *options)
{
	struct archive_entry *entry = archive_entry_new2(p->a);
	int r = entry != NULL ? archive_write_set_format_raw(p->a) : ARCHIVE_FATAL;

	if (r >= ARCHIVE_WARN)
		r = add_filter(p->a, options);
	if (r >= ARCHIVE_WARN)
		r = outflow_open(&p->out, p->a);
	if (r >= ARCHIVE_WARN) {
		archive_entry_set_filetype(entry, AE_IFREG);
		r = archive_write_header(p->a, entry);
	}
	archive_entry_free(entry);
	if (entry == NULL)
		return said_no_memory(SIDE_DST);
	return r >= ARCHIVE_WARN ? ERR_OK : outflow_failure(&p->out, p->a);
}

static struct err
pack(struct packing *p, struct arc_feed *feed, const struct arc_write_options *options)
{
	TRY(begin_packing(p, options));
	TRY(pump(feed, &p->drain));
	if (archive_write_close(p->a) < ARCHIVE_WARN || err_failed(p->out.failed))
		return outflow_failure(&p->out, p->a);
	return outflow_flush(&p->out);
}

static struct err
stream_deflate(struct arc_feed *feed, struct arc_drain *drain,
    const struct arc_write_options *options, char *text)
{
	struct packing p = { .drain = { .put = put_packed }, .a = archive_write_new() };
	struct err e = said_no_memory(SIDE_DST);

	text[0] = '\0';
	if (outflow_init(&p.out, drain) && p.a != NULL)
		e = pack(&p, feed, options);
	if (p.a != NULL) {
		if (err_failed(e))
			said_of(text, p.a);
		p.out.mute = true;
		(void)archive_write_free(p.a);
	}
	outflow_release(&p.out);
	return e;
}

const struct arc_streaming stream_ops = {
	.filter_of = filter_of_head,
	.inflate = stream_inflate,
	.deflate = stream_deflate,
};
