/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes, counts and times: what is read, and how they are written. */
#include "base/size.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define KIB INT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)

enum { NO_SIZE = -1 };

static const struct {
	const char *text;
	int64_t size; /* NO_SIZE = refused */
} parse_cases[] = {
	{ "0", 0 },
	{ "1", 1 },
	{ "007", 7 },
	{ "10B", 10 },
	{ "64K", 64 * KIB },
	{ "64k", 64 * KIB },
	{ "1KB", 1000 },
	{ "1kB", 1000 },
	{ "1KiB", 1024 },
	{ "1M", MIB },
	{ "10MiB", 10 * MIB },
	{ "10MB", 10000000 },
	{ "2G", 2 * GIB },
	{ "1T", 1024 * GIB },
	{ "1P", GIB * 1024 * 1024 },
	{ "7E", GIB * 1024 * 1024 * 1024 * 7 },
	{ "7EB", INT64_C(7000000000000000000) },
	{ "9223372036854775807", INT64_MAX },
	{ "9223372036854775808", NO_SIZE },
	{ "99999999999999999999", NO_SIZE },
	{ "8E", NO_SIZE },
	{ "10EB", NO_SIZE },
	{ "1Z", NO_SIZE },
	{ "", NO_SIZE },
	{ "K", NO_SIZE },
	{ "-1", NO_SIZE },
	{ "+1", NO_SIZE },
	{ " 1", NO_SIZE },
	{ "1 ", NO_SIZE },
	{ "1 K", NO_SIZE },
	{ "1.5G", NO_SIZE },
	{ "0x10", NO_SIZE },
	{ "1KK", NO_SIZE },
	{ "1Kib", NO_SIZE },
	{ "1iB", NO_SIZE },
	{ "1b", NO_SIZE },
	{ "1Ki", NO_SIZE },
};

static const struct {
	int64_t bytes;
	const char *text;
} size_cases[] = {
	{ 0, "0 B" },
	{ 1023, "1023 B" },
	{ 1024, "1.0 KiB" },
	{ 1126, "1.1 KiB" },
	{ 4096, "4.0 KiB" },
	{ MIB - 1, "1.0 MiB" }, /* not 1024.0 KiB */
	{ 12897485, "12.3 MiB" },
	{ 40 * GIB, "40.0 GiB" },
	{ INT64_MAX, "8.0 EiB" },
};

static const struct {
	int64_t rate;
	const char *text;
} rate_cases[] = {
	{ 0, "0 B/s" },
	{ 999, "999 B/s" },
	{ 1299227607, "1.21 GiB/s" },
	{ 13 * MIB, "13.0 MiB/s" },
	{ 512 * KIB, "512 KiB/s" },
	{ 1000 * KIB, "1000 KiB/s" },
};

static const struct {
	int64_t count;
	const char *text;
} count_cases[] = {
	{ 0, "0" },
	{ 999, "999" },
	{ 1000, "1,000" },
	{ 18204, "18,204" },
	{ 1234567, "1,234,567" },
	{ -1000, "-1,000" },
	{ -100, "-100" },
	{ INT64_MIN, "-9,223,372,036,854,775,808" },
};

static const struct {
	int64_t seconds;
	const char *text;
} clock_cases[] = {
	{ 0, "0:00" },
	{ 15, "0:15" },
	{ 61, "1:01" },
	{ 3599, "59:59" },
	{ 3723, "1:02:03" },
	{ 360000, "100:00:00" },
};

static const struct {
	int64_t span_ns;
	const char *text;
} duration_cases[] = {
	{ 0, "0.0 s" },
	{ 49999999, "0.0 s" },
	{ 50000000, "0.1 s" },
	{ 25400000000, "25.4 s" },
	{ 59940000000, "59.9 s" },
	{ 59960000000, "1:00" },
	{ 3723000000000, "1:02:03" },
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void
a_size_is_read_whole_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(parse_cases); i++) {
		int64_t size = NO_SIZE;
		bool good = size_parse(parse_cases[i].text, &size);

		if (good != (parse_cases[i].size != NO_SIZE) || size != parse_cases[i].size)
			fail_msg("'%s' gives %lld", parse_cases[i].text, (long long)size);
	}
}

static void
figures_are_written_for_people(void **state)
{
	char text[SIZE_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(size_cases); i++)
		assert_string_equal(size_format(text, size_cases[i].bytes), size_cases[i].text);
	for (size_t i = 0; i < COUNT(rate_cases); i++)
		assert_string_equal(rate_format(text, rate_cases[i].rate), rate_cases[i].text);
	for (size_t i = 0; i < COUNT(count_cases); i++)
		assert_string_equal(count_format(text, count_cases[i].count), count_cases[i].text);
	for (size_t i = 0; i < COUNT(clock_cases); i++)
		assert_string_equal(
		    clock_format(text, clock_cases[i].seconds), clock_cases[i].text);
	for (size_t i = 0; i < COUNT(duration_cases); i++)
		assert_string_equal(
		    duration_format(text, duration_cases[i].span_ns), duration_cases[i].text);
}

static const struct {
	const char *text;
	int64_t ms; /* NO_SIZE = refused */
} span_cases[] = {
	{ "0", 0 },
	{ "10", 10000 },
	{ "1.5", 1500 },
	{ "10s", 10000 },
	{ "500ms", 500 },
	{ "2m", 120000 },
	{ "1h", 3600000 },
	{ "0.25h", 900000 },
	{ "0.0001", 1 },
	{ "0.5ms", 1 },
	{ "1.0000000000000000001s", 1000 },
	{ "0.333333333333333333h", 1200000 },
	{ "9223372036854775807ms", INT64_MAX },
	{ "9223372036854775807.5ms", NO_SIZE },
	{ "9223372036854775808ms", NO_SIZE },
	{ "9223372036854775807", NO_SIZE },
	{ "", NO_SIZE },
	{ "s", NO_SIZE },
	{ ".5", NO_SIZE },
	{ "1.", NO_SIZE },
	{ "1.s", NO_SIZE },
	{ "-1", NO_SIZE },
	{ "+1", NO_SIZE },
	{ " 1", NO_SIZE },
	{ "1 s", NO_SIZE },
	{ "1d", NO_SIZE },
	{ "1S", NO_SIZE },
	{ "1sec", NO_SIZE },
	{ "1.5.5", NO_SIZE },
};

static void
a_time_span_is_read_whole_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(span_cases) / sizeof(span_cases[0]); i++) {
		int64_t ms = NO_SIZE;

		if (duration_parse(span_cases[i].text, &ms) != (span_cases[i].ms != NO_SIZE) ||
		    ms != span_cases[i].ms)
			fail_msg("'%s' is read as %lld", span_cases[i].text, (long long)ms);
	}
}

static const struct {
	const char *text;
	int64_t bps; /* NO_SIZE = refused */
} rate_parse_cases[] = {
	{ "0", 0 },
	{ "100", 102400 },
	{ "1.5", 1536 },
	{ "1.5m", 1572864 },
	{ "10K", 10240 },
	{ "10KiB", 10240 },
	{ "10KB", 10000 },
	{ "7B", 7 },
	{ "0.5B", 1 },
	{ "2G", INT64_C(2) << 30 },
	{ "8P", INT64_C(8) << 50 },
	{ "8E", NO_SIZE },
	{ "", NO_SIZE },
	{ "K", NO_SIZE },
	{ "-1", NO_SIZE },
	{ "1 K", NO_SIZE },
	{ "1K1", NO_SIZE },
	{ "15", 15360 },
	{ "1x", NO_SIZE },
	{ "1KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK", NO_SIZE },
};

static void
a_rate_is_read_whole_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rate_parse_cases) / sizeof(rate_parse_cases[0]); i++) {
		int64_t bps = NO_SIZE;

		if (rate_parse(rate_parse_cases[i].text, &bps) !=
			(rate_parse_cases[i].bps != NO_SIZE) ||
		    bps != rate_parse_cases[i].bps)
			fail_msg("'%s' is read as %lld", rate_parse_cases[i].text, (long long)bps);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_size_is_read_whole_or_refused),
		cmocka_unit_test(a_time_span_is_read_whole_or_refused),
		cmocka_unit_test(a_rate_is_read_whole_or_refused),
		cmocka_unit_test(figures_are_written_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
