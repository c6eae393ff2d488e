/* SPDX-License-Identifier: BSD-2-Clause */
/* tree/modechange: what is read, what is refused, what becomes of modes. */
#include "tree/modechange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

static void
modes_change_as_told(void **state)
{
	static const struct {
		const char *text;
		mode_t before, after;
	} cases[] = {
		{ "755", S_IFREG | 0640, S_IFREG | 0755 },
		{ "0", S_IFREG | 07777, S_IFREG | 0 },
		{ "D755,F644", S_IFDIR | 0700, S_IFDIR | 0755 },
		{ "D755,F644", S_IFREG | 0700, S_IFREG | 0644 },
		{ "go-w", S_IFREG | 0666, S_IFREG | 0644 },
		{ "a+rX", S_IFREG | 0600, S_IFREG | 0644 },
		{ "a+rX", S_IFREG | 0700, S_IFREG | 0755 },
		{ "a+rX", S_IFDIR | 0600, S_IFDIR | 0755 },
		{ "+w", S_IFREG | 0444, S_IFREG | 0644 },
		{ "=rw", S_IFREG | 04777, S_IFREG | 04644 },
		{ "u=rwx,g=rx,o=", S_IFREG | 0, S_IFREG | 0750 },
		{ "Dg+s", S_IFDIR | 0755, S_IFDIR | 02755 },
		{ "Dg+s", S_IFREG | 0755, S_IFREG | 0755 },
		{ "ug=rs", S_IFREG | 0777, S_IFREG | 06447 },
		{ "u-s", S_IFREG | 06755, S_IFREG | 02755 },
		{ "+s", S_IFREG | 0755, S_IFREG | 04755 },
		{ "+t", S_IFDIR | 0755, S_IFDIR | 01755 },
		{ "go-rwx,F600,D700", S_IFBLK | 0666, S_IFBLK | 0600 },
		{ "600", S_IFLNK | 0777, S_IFLNK | 0777 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct mode_changes m = { 0 };
		assert_false(err_failed(mode_changes_read(&m, cases[i].text)));
		assert_int_equal(mode_changes_apply(&m, cases[i].before, 022), cases[i].after);
		mode_changes_release(&m);
	}
}

static void
what_is_no_mode_is_refused(void **state)
{
	static const char *const texts[] = { "", ",", "u", "x", "+q", "888", "D", "DF644", "10000",
		"u+r,", "u755", "a+r-w", "7x" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct mode_changes m = { 0 };
		assert_true(err_failed(mode_changes_read(&m, texts[i])));
		mode_changes_release(&m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes_change_as_told),
		cmocka_unit_test(what_is_no_mode_is_refused),
	};

	return cmocka_run_group_tests_name("modechange", tests, NULL, NULL);
}
