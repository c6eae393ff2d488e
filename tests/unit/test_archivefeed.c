/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/archivefeed: archives and streams over descriptors, files and joints. */
/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

#include "arc_zoo.h"
#include "files.h"
#include "pipe/archivefeed.h"
#include "thread/bufs.h"

#include <errno.h>

static const struct arc_module *module;
static struct cancel cancel;
static struct bufs *bufs;

static int
prepare(void **state)
{
	(void)state;
	module = built_module();
	bufs = bufs_new(4, STREAM_BLOCK);
	return module == NULL || bufs == NULL || err_failed(cancel_init(&cancel)) ? -1 : 0;
}

static int
finish(void **state)
{
	(void)state;
	bufs_free(bufs);
	cancel_release(&cancel);
	return 0;
}

static int
file_of(const struct mem_drain *d)
{
	int fd = make_file("/tmp");

	assert_int_equal(write(fd, d->bytes, d->len), d->len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
a_file_is_read_from_anywhere(void **state)
{
	static const enum arc_format formats[] = { ARC_PAX, ARC_ZIP, ARC_7ZIP };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct mem_drain d = zoo_archive(module, formats[i], ARC_PLAIN);
		int fd = file_of(&d);
		struct feed_file f;

		/* Its position is not used. */
		assert_int_equal(lseek(fd, 100, SEEK_SET), 100);
		assert_false(err_failed(feed_file_init(&f, fd, &cancel)));
		assert_int_equal(f.feed.size, d.len);
		zoo_check(module, &f.feed, formats[i], ARC_PLAIN);
		feed_file_release(&f);
		assert_int_equal(lseek(fd, 0, SEEK_CUR), 100);
		close(fd);
		free(d.bytes);
	}
}

static void
an_in_is_read_to_its_end(void **state)
{
	struct mem_drain d = zoo_archive(module, ARC_PAX, ARC_GZIP);
	int fd = file_of(&d);
	struct feed_in f;
	struct in in;

	(void)state;
	in_init(&in, fd, true, bufs, &cancel);
	feed_in_init(&f, &in);
	zoo_check(module, &f.feed, ARC_PAX, ARC_GZIP);
	feed_in_done(&f);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), d.len);
	assert_false(err_failed(in_close(&in)));
	free(d.bytes);
}

static void
streams_run_from_in_to_out(void **state)
{
	int plain = make_file("/tmp"), packed = make_file("/tmp"), back = make_file("/tmp");
	struct arc_write_options o = { .filter = ARC_ZSTD, .level = ARC_LEVEL_DEFAULT };
	int fds[3] = { plain, packed, back };
	char text[ARC_TEXT];

	(void)state;
	fill(plain, 0, 3000000);
	for (int step = 0; step < 2; step++) {
		struct in in;
		struct out out;
		struct feed_in f;
		struct drain_out d;
		struct err e;

		assert_int_equal(lseek(fds[step], 0, SEEK_SET), 0);
		in_init(&in, fds[step], false, bufs, &cancel);
		out_init(&out, fds[step + 1], false, bufs, &cancel);
		feed_in_init(&f, &in);
		drain_out_init(&d, &out);
		e = step == 0 ? module->streaming->deflate(&f.feed, &d.drain, &o, text)
			      : module->streaming->inflate(&f.feed, &d.drain, ARC_ZSTD, text);
		assert_false(err_failed(e));
		feed_in_done(&f);
		assert_false(err_failed(out_close(&out)));
		assert_false(err_failed(in_close(&in)));
	}
	assert_same_content(plain, back);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

static void
a_canceled_file_ends_the_archive(void **state)
{
	struct mem_drain d = zoo_archive(module, ARC_PAX, ARC_PLAIN);
	int fd = file_of(&d);
	const struct arc_member *m;
	struct arc_read_options options = { 0 };
	struct feed_file f;

	(void)state;
	assert_false(err_failed(feed_file_init(&f, fd, &cancel)));
	struct arc_reader *r = module->reading->make(&f.feed, &options);
	cancel_request(&cancel, err_make(EINTR, OP_NONE, SIDE_NONE, -1));
	assert_int_equal(module->reading->next(r, &m).code, ECANCELED);
	assert_true(module->reading->is_over(r));
	module->reading->drop(r);
	feed_file_release(&f);
	close(fd);
	free(d.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_from_anywhere),
		cmocka_unit_test(an_in_is_read_to_its_end),
		cmocka_unit_test(streams_run_from_in_to_out),
		cmocka_unit_test(a_canceled_file_ends_the_archive), /* last: it cannot be undone */
	};

	return skips_all() ? 0 : cmocka_run_group_tests(tests, prepare, finish);
}
