/* SPDX-License-Identifier: BSD-2-Clause */
/* archive/writer and stream: what is refused, what the caller writes itself, what is packed and unpacked. */
/* cmocka.h wants the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* clang-format on */

#include "arc_zoo.h"

#include <errno.h>

static const struct arc_module *module;

static int
prepare(void **state)
{
	(void)state;
	module = built_module();
	return module != NULL ? 0 : -1;
}

static struct arc_writer *
begin(struct mem_drain *d, enum arc_format format, enum arc_filter filter)
{
	struct arc_writer *w = module->writing->make(&d->drain);
	struct arc_write_options o = {
		.format = format, .filter = filter, .level = ARC_LEVEL_DEFAULT
	};

	assert_non_null(w);
	assert_false(err_failed(module->writing->begin(w, &o)));
	return w;
}

static void
what_a_format_would_lose_is_refused(void **state)
{
	static const struct {
		enum arc_format format;
		struct arc_member m;
		int code;
	} rows[] = {
		{ ARC_PAX, { .type = ARC_FILE, .size = 0 }, EINVAL },
		{ ARC_PAX, { .name = NAME("a"), .type = ARC_FILE, .size = -1 }, EINVAL },
		{ ARC_PAX, { .name = NAME("a"), .type = ARC_SYMLINK }, EINVAL },
		{ ARC_PAX, { .name = NAME("a"), .type = ARC_SOCKET }, EOPNOTSUPP },
		{ ARC_ZIP, { .name = NAME("a"), .type = ARC_FIFO }, EOPNOTSUPP },
		{ ARC_ZIP, { .name = NAME("a"), .type = ARC_HARD_LINK, .link = NAME("b") },
		    EOPNOTSUPP },
		{ ARC_CPIO, { .name = NAME("a"), .type = ARC_HARD_LINK, .link = NAME("b") },
		    EOPNOTSUPP },
		{ ARC_ZIP, { .name = NAME("\xff"), .type = ARC_DIR }, EILSEQ },
		{ ARC_7ZIP, { .name = NAME("\xff"), .type = ARC_DIR }, EILSEQ },
		{ ARC_PAX,
		    { .name = NAME("a"),
			.type = ARC_FILE,
			.size = 4096,
			.sparse = true,
			.ranges = zoo_ranges,
			.n_ranges = 2 },
		    EINVAL },
		{ ARC_USTAR, { .name = NAME("a"), .type = ARC_FILE, .size = 1LL << 40 }, ERANGE },
		{ ARC_USTAR, { .name = NAME(FORTY FORTY FORTY), .type = ARC_FILE }, ENAMETOOLONG },
	};

	const char *warning;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mem_drain d = mem_drain();
		struct arc_writer *w = begin(&d, rows[i].format, ARC_PLAIN);
		struct err e = module->writing->header(w, &rows[i].m, &warning);
		if (e.code != rows[i].code)
			fail_msg("row %zu: %s, %s", i, err_code_name(e), module->writing->said(w));
		assert_true(module->writing->said(w)[0] != '\0');
		/* The archive goes on without it. */
		assert_false(err_failed(module->writing->header(w, &zoo[0], &warning)));
		assert_false(err_failed(module->writing->data(w, "12345", 5)));
		assert_int_equal(module->writing->data(w, "6", 1).code, EFBIG);
		assert_false(err_failed(module->writing->finish(w)));
		module->writing->drop(w);
		free(d.bytes);
	}
}

static void
content_of_the_caller_stands_where_ours_would(void **state)
{
	static const enum arc_format formats[] = { ARC_PAX, ARC_USTAR, ARC_GNUTAR, ARC_CPIO };

	static char bytes[ZOO_BIG], zeros[512];
	const char *warning;

	(void)state;
	zoo_fill(2, bytes, 0, ZOO_BIG);
	for (size_t f = 0; f < 4; f++) {
		struct mem_drain d[2] = { mem_drain(), mem_drain() };
		for (int by_hand = 0; by_hand < 2; by_hand++) {
			struct arc_writer *w = begin(&d[by_hand], formats[f], ARC_PLAIN);
			for (int i = 0; i < 3; i++) {
				int64_t left;
				unsigned pad;
				assert_false(
				    err_failed(module->writing->header(w, &zoo[2], &warning)));
				if (!by_hand) {
					assert_false(
					    err_failed(module->writing->data(w, bytes, ZOO_BIG)));
					continue;
				}
				assert_false(
				    err_failed(module->writing->hand_over(w, &left, &pad)));
				assert_int_equal(left, ZOO_BIG);
				assert_true(pad < 512);
				assert_false(err_failed(mem_put(&d[1].drain, bytes, (size_t)left)));
				assert_false(err_failed(mem_put(&d[1].drain, zeros, pad)));
			}
			assert_false(err_failed(module->writing->finish(w)));
			module->writing->drop(w);
		}
		assert_int_equal(d[0].len, d[1].len);
		assert_memory_equal(d[0].bytes, d[1].bytes, d[0].len);
		free(d[0].bytes);
		free(d[1].bytes);
	}
}

static void
content_with_a_map_is_not_handed_over(void **state)
{
	struct mem_drain d = mem_drain();
	struct arc_writer *w = begin(&d, ARC_PAX, ARC_PLAIN);
	const struct arc_member *sparse = &zoo[ZOO - 3];
	const char *warning;
	int64_t left;
	unsigned pad;

	(void)state;
	assert_true(sparse->sparse);
	assert_false(err_failed(module->writing->header(w, sparse, &warning)));
	assert_int_equal(module->writing->hand_over(w, &left, &pad).code, EOPNOTSUPP);
	zoo_write_content(module, w, ZOO - 3);
	assert_false(err_failed(module->writing->finish(w)));
	assert_true(d.len < 20000);
	module->writing->drop(w);
	free(d.bytes);
}

static void
a_full_drain_is_told_as_that(void **state)
{
	static char bytes[ZOO_BIG];

	(void)state;
	for (int filter = ARC_PLAIN; filter <= ARC_LZ4; filter++) {
		struct mem_drain d = mem_drain();
		d.fail_at = 0;
		struct arc_writer *w = begin(&d, ARC_PAX, (enum arc_filter)filter);
		struct arc_member m = zoo[2];
		const char *warning;
		struct err e = ERR_OK;
		unsigned random = 1;

		for (int i = 0; i < 200 && !err_failed(e); i++) {
			for (size_t b = 0; b < sizeof(bytes); b++)
				bytes[b] = (char)((random = random * 1103515245 + 12345) >> 16);
			e = module->writing->header(w, &m, &warning);
			if (!err_failed(e))
				e = module->writing->data(w, bytes, ZOO_BIG);
		}
		if (!err_failed(e))
			e = module->writing->finish(w);
		assert_int_equal(e.code, ENOSPC);
		assert_int_equal(e.side, SIDE_DST);
		assert_int_equal(module->writing->finish(w).code, ENOSPC);
		module->writing->drop(w);
		free(d.bytes);
	}
}

static void
what_is_dropped_writes_nothing_more(void **state)
{
	struct mem_drain d = mem_drain();
	struct arc_writer *w = begin(&d, ARC_PAX, ARC_ZSTD);
	const char *warning;

	(void)state;
	assert_false(err_failed(module->writing->header(w, &zoo[2], &warning)));
	size_t before = d.len;
	module->writing->drop(w);
	assert_int_equal(d.len, before);
	module->writing->drop(NULL);
	module->reading->drop(NULL);
	free(d.bytes);
}

static void
reproducible_means_that_only_the_content_counts(void **state)
{
	struct mem_drain d[2] = { mem_drain(), mem_drain() };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct arc_writer *w = module->writing->make(&d[i].drain);
		struct arc_write_options o = { .format = ARC_PAX,
			.filter = ARC_GZIP,
			.level = 6,
			.threads = 4,
			.reproducible = true };
		struct arc_member m = zoo[ZOO - 1];
		const char *warning;

		m.times[ARC_ATIME].tv_sec += i;
		m.times[ARC_CTIME].tv_sec += i;
		m.dev = m.ino = (uint64_t)i + 1;
		assert_false(err_failed(module->writing->begin(w, &o)));
		assert_false(err_failed(module->writing->header(w, &m, &warning)));
		assert_false(err_failed(module->writing->data(w, "x", 1)));
		assert_false(err_failed(module->writing->finish(w)));
		module->writing->drop(w);
	}
	assert_int_equal(d[0].len, d[1].len);
	assert_memory_equal(d[0].bytes, d[1].bytes, d[0].len);
	free(d[0].bytes);
	free(d[1].bytes);
}

/* Unpack LEN bytes as FILTER. */
static struct err
inflate(const char *bytes, size_t len, size_t block, enum arc_filter filter, struct mem_drain *out)
{
	struct mem_feed f = mem_feed(bytes, len, block, false);
	char text[ARC_TEXT];
	struct err e = module->streaming->inflate(&f.feed, &out->drain, filter, text);

	assert_true(!err_failed(e) || text[0] != '\0');
	mem_feed_release(&f);
	return e;
}

static void
streams_come_back(void **state)
{
	enum { N = 300000 };

	char *bytes = malloc(N);
	char text[ARC_TEXT];

	(void)state;
	for (size_t i = 0; i < N; i++)
		bytes[i] = (char)(i * i >> 9);
	for (int filter = ARC_GZIP; filter <= ARC_LZ4; filter++) {
		for (unsigned threads = 1; threads < 4; threads += 2) {
			struct arc_write_options o = {
				.filter = (enum arc_filter)filter, .level = 3, .threads = threads
			};
			struct mem_feed f = mem_feed(bytes, N, 7000, false);
			struct mem_drain packed = mem_drain();

			assert_false(err_failed(
			    module->streaming->deflate(&f.feed, &packed.drain, &o, text)));
			assert_true(packed.len < N);
			for (size_t block = 1; block <= 1 << 20; block <<= 10) {
				struct mem_drain out = mem_drain();
				assert_false(err_failed(
				    inflate(packed.bytes, packed.len, block, o.filter, &out)));
				assert_int_equal(out.len, N);
				assert_memory_equal(out.bytes, bytes, N);
				out.len = 0;
				/* Cut short, and of another kind. */
				assert_true(arc_is_damage(
				    inflate(packed.bytes, packed.len / 2, block, o.filter, &out)));
				assert_true(err_failed(inflate(packed.bytes, packed.len, block,
				    o.filter == ARC_GZIP ? ARC_XZ : ARC_GZIP, &out)));
				free(out.bytes);
			}
			mem_feed_release(&f);
			free(packed.bytes);
		}
	}
	free(bytes);
}

static void
gzip_has_members_padding_and_sums(void **state)
{
	struct arc_write_options o = { .filter = ARC_GZIP, .level = ARC_LEVEL_DEFAULT };
	struct mem_feed f = mem_feed("hello, world", 12, 100, false);
	struct mem_drain one = mem_drain(), out = mem_drain();
	char text[ARC_TEXT], two[200] = { 0 };

	(void)state;
	assert_false(err_failed(module->streaming->deflate(&f.feed, &one.drain, &o, text)));
	memcpy(two, one.bytes, one.len);
	memcpy(two + one.len, one.bytes, one.len);
	for (size_t block = 1; block < 300; block += 100) {
		out.len = 0;
		assert_false(err_failed(inflate(two, sizeof(two), block, ARC_GZIP, &out)));
		assert_int_equal(out.len, 24);
		assert_memory_equal(out.bytes, "hello, worldhello, world", 24);
	}
	two[2 * one.len + 1] = 'x';
	assert_true(arc_is_damage(inflate(two, sizeof(two), 50, ARC_GZIP, &out)));
	for (size_t i = one.len - 8; i < one.len; i++) {
		one.bytes[i] ^= 1;
		assert_true(arc_is_damage(inflate(one.bytes, one.len, 50, ARC_GZIP, &out)));
		one.bytes[i] ^= 1;
	}
	mem_feed_release(&f);
	free(one.bytes);
	free(out.bytes);
}

static void
names_tell_the_kind(void **state)
{
	struct arc_kind kind;
	enum arc_format format;
	enum arc_filter filter;

	(void)state;
	assert_true(arc_kind_by_name("a/x.tar.zst", &kind));
	assert_int_equal(kind.format, ARC_PAX);
	assert_int_equal(kind.filter, ARC_ZSTD);
	assert_true(arc_kind_by_name("X.TGZ", &kind));
	assert_int_equal(kind.filter, ARC_GZIP);
	assert_true(arc_kind_by_name("x.zip", &kind));
	assert_int_equal(kind.format, ARC_ZIP);
	assert_false(arc_kind_by_name("x.tar.foo", &kind));
	assert_false(arc_kind_by_name(".tar", &kind));
	assert_false(arc_kind_by_name("d/.tar", &kind));
	assert_false(arc_kind_by_name("", &kind));
	for (int i = 0; i < ARC_FORMATS_N; i++) {
		assert_true(arc_format_by_name(arc_format_name((enum arc_format)i), &format));
		assert_int_equal(format, i);
	}
	assert_true(arc_format_by_name("tar", &format));
	assert_false(arc_format_by_name("rar", &format));
	for (int i = 0; i < ARC_FILTERS_N; i++) {
		assert_true(arc_filter_by_name(arc_filter_name((enum arc_filter)i), &filter));
		assert_int_equal(filter, i);
	}
	assert_false(arc_filter_by_name("", &filter));
}

static void
a_module_that_is_missing_is_told(void **state)
{
	const struct arc_module *found;
	const char *why = NULL;

	(void)state;
	/* A unit test has none beside it, and what is built is not yet installed. */
	struct err e = arc_find(&found, &why);
	if (err_failed(e)) {
		assert_int_equal(e.code, ENOENT);
		assert_non_null(why);
	} else {
		assert_int_equal(found->version, ARC_MODULE_VERSION);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_format_would_lose_is_refused),
		cmocka_unit_test(content_of_the_caller_stands_where_ours_would),
		cmocka_unit_test(content_with_a_map_is_not_handed_over),
		cmocka_unit_test(a_full_drain_is_told_as_that),
		cmocka_unit_test(what_is_dropped_writes_nothing_more),
		cmocka_unit_test(reproducible_means_that_only_the_content_counts),
		cmocka_unit_test(streams_come_back),
		cmocka_unit_test(gzip_has_members_padding_and_sums),
		cmocka_unit_test(names_tell_the_kind),
		cmocka_unit_test(a_module_that_is_missing_is_told),
	};

	return skips_all() ? 0 : cmocka_run_group_tests(tests, prepare, NULL);
}
