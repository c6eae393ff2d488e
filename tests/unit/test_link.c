/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/link: the table cell by cell, and what bends. */
#include "pipe/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The table of DESIGN.md, section 7: a letter a cell, in the order of enum want.
 * - none, B bad, K kernel, P pass, O OS pipe, R read, W write, M ring in memory. */
static const char *const cells[WANT_N] = {
	[WANT_NONE] = "-BBB-",
	[WANT_FILE] = "BKPRP",
	[WANT_FD] = "BPORO",
	[WANT_MEM] = "BWWMM",
	[WANT_ANY] = "-POMM",
};

static enum link
link_of_letter(char letter)
{
	static const char letters[] = "-KPORWM B";
	return (enum link)(strchr(letters, letter) - letters);
}

static enum link
chosen(enum want out, bool out_must, enum want in, bool in_must)
{
	return link_choose((struct port){ .want = out, .must = out_must },
	    (struct port){ .want = in, .must = in_must });
}

/* Rows 25, 46, 47 of tests/STAGES.md. */
static void
each_cell_is_as_the_design_says(void **state)
{
	(void)state;
	for (enum want out = 0; out < WANT_N; out++) {
		for (enum want in = 0; in < WANT_N; in++) {
			enum link expected = link_of_letter(cells[out][in]);
			assert_int_equal(chosen(out, false, in, false), expected);
			assert_int_equal(chosen(out, true, in, true), expected);
		}
	}
}

/* A soft wish beside one that must is as good as no wish. */
static void
a_soft_wish_gives_way_to_a_neighbor_that_must(void **state)
{
	(void)state;
	for (enum want out = 0; out < WANT_N; out++) {
		for (enum want in = 0; in < WANT_N; in++) {
			enum want soft_out = out == WANT_NONE ? WANT_NONE : WANT_ANY;
			enum want soft_in = in == WANT_NONE ? WANT_NONE : WANT_ANY;
			assert_int_equal(
			    chosen(out, true, in, false), link_of_letter(cells[out][soft_in]));
			assert_int_equal(
			    chosen(out, false, in, true), link_of_letter(cells[soft_out][in]));
		}
	}
}

static void
known_neighbors_are_joined_as_told(void **state)
{
	(void)state;
	/* STAGES.md, section 2.4: what prefers a descriptor takes a ring beside what needs memory. */
	assert_int_equal(chosen(WANT_FD, false, WANT_MEM, true), LINK_RING);
	assert_int_equal(chosen(WANT_MEM, true, WANT_FD, false), LINK_RING);
	/* Two commands; a command and a function. */
	assert_int_equal(chosen(WANT_FD, true, WANT_FD, true), LINK_PIPE);
	assert_int_equal(chosen(WANT_FD, true, WANT_ANY, false), LINK_PIPE);
	assert_int_equal(chosen(WANT_ANY, false, WANT_FD, true), LINK_PIPE);
	/* A command beside a file. */
	assert_int_equal(chosen(WANT_FILE, true, WANT_FD, true), LINK_PASS);
	assert_int_equal(chosen(WANT_FD, true, WANT_FILE, true), LINK_PASS);
}

static void
stable_bytes_do_not_change_the_link(void **state)
{
	struct port any = { .want = WANT_ANY };
	struct port stable = { .want = WANT_ANY, .stable = true };
	(void)state;
	assert_int_equal(link_choose(any, stable), link_choose(any, any));
}

static void
each_link_and_want_has_words(void **state)
{
	(void)state;
	for (enum link l = 0; l < LINK_N; l++) {
		assert_true(strlen(link_name(l)) > 0);
		assert_true(strlen(link_reason(l)) > 0);
		for (enum link other = 0; other < l; other++) {
			assert_string_not_equal(link_name(l), link_name(other));
			assert_string_not_equal(link_reason(l), link_reason(other));
		}
	}
	for (enum want w = 0; w < WANT_N; w++) {
		assert_true(strlen(want_name(w)) > 0);
		for (enum want other = 0; other < w; other++)
			assert_string_not_equal(want_name(w), want_name(other));
	}
	assert_string_equal(link_name(LINK_RING), "ring");
	assert_string_equal(want_name(WANT_FD), "fd");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cell_is_as_the_design_says),
		cmocka_unit_test(a_soft_wish_gives_way_to_a_neighbor_that_must),
		cmocka_unit_test(known_neighbors_are_joined_as_told),
		cmocka_unit_test(stable_bytes_do_not_change_the_link),
		cmocka_unit_test(each_link_and_want_has_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
