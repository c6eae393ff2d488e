/* SPDX-License-Identifier: BSD-2-Clause */
/* Headers made longer: they end where they should, and are still headers. */
#include "run/pack.h"
#include "run/packalign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCK = 512 };

/* Append a block of TYPE that speaks of SIZE bytes. */
static void
add_block(struct str *s, char type, unsigned size)
{
	char block[BLOCK] = "name";

	(void)snprintf(block + 124, 12, "%011o", size);
	block[156] = type;
	str_add(s, block, sizeof block);
}

/* The sum of BLOCK's bytes, those of the checksum taken for blanks. */
static unsigned long
sum_of(const char *block)
{
	unsigned long sum = 0;

	for (int i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)block[i];
	return sum;
}

/* Check that S begins with an extended header whose records are whole; its length is returned. */
static size_t
check_extended(const struct str *s)
{
	size_t size = strtoul(s->buf + 124, NULL, 8);
	size_t at = BLOCK;

	assert_int_equal(s->buf[156], 'x');
	assert_int_equal(strtoul(s->buf + 148, NULL, 8), sum_of(s->buf));
	while (at < BLOCK + size) {
		size_t len = strtoul(s->buf + at, NULL, 10);
		assert_true(len > 0);
		at += len;
		assert_int_equal(s->buf[at - 1], '\n');
	}
	assert_int_equal(at, BLOCK + size);
	return BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
}

static void
a_plain_header_gets_one_before_it(void **state)
{
	(void)state;
	for (int64_t at = 0; at < PACK_ALIGN; at += BLOCK) {
		struct str s = STR_INIT;
		add_block(&s, '0', 12345);
		assert_int_equal(pack_align_header(&s, at).code, 0);
		assert_int_equal((at + (int64_t)s.len) % PACK_ALIGN, 0);
		assert_true(s.len <= BLOCK + PACK_ALIGN + BLOCK);
		if (s.len > BLOCK)
			assert_int_equal(check_extended(&s), s.len - BLOCK);
		assert_int_equal(s.buf[s.len - BLOCK + 156], '0');
		str_release(&s);
	}
}

static void
an_extended_header_grows(void **state)
{
	static const char record[] = "30 mtime=1234567890.123456789\n";

	(void)state;
	for (int64_t at = 0; at < PACK_ALIGN; at += BLOCK) {
		struct str s = STR_INIT;
		char zeros[BLOCK] = { 0 };
		add_block(&s, 'x', sizeof record - 1);
		str_add(&s, record, sizeof record - 1);
		str_add(&s, zeros, BLOCK - (sizeof record - 1));
		add_block(&s, '0', 12345);
		size_t before = s.len;
		assert_int_equal(pack_align_header(&s, at).code, 0);
		assert_int_equal((at + (int64_t)s.len) % PACK_ALIGN, 0);
		assert_true(s.len < before + PACK_ALIGN);
		assert_memory_equal(s.buf + BLOCK, record, sizeof record - 1);
		if (s.len > before)
			assert_int_equal(check_extended(&s), s.len - BLOCK);
		assert_int_equal(s.buf[s.len - BLOCK + 156], '0');
		str_release(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_header_gets_one_before_it),
		cmocka_unit_test(an_extended_header_grows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
