/* SPDX-License-Identifier: BSD-2-Clause */
/* What an error means for the run, where it is counted, and its words. */
#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	int code;
	enum err_op op;
	enum err_side side;
	enum err_class class;
	enum err_group group;
} cases[] = {
	{ ECANCELED, OP_NONE, SIDE_NONE, ERR_CLASS_CANCELED, ERR_GROUP_OTHER },
	{ ENOSPC, OP_WRITE, SIDE_DST, ERR_CLASS_FATAL, ERR_GROUP_SPACE },
	{ EDQUOT, OP_CREATE, SIDE_DST, ERR_CLASS_FATAL, ERR_GROUP_SPACE },
	{ EROFS, OP_MKDIR, SIDE_DST, ERR_CLASS_FATAL, ERR_GROUP_READ_ONLY },
	{ EIO, OP_WRITE, SIDE_DST, ERR_CLASS_FATAL, ERR_GROUP_IO },
	{ EIO, OP_READ, SIDE_SRC, ERR_CLASS_ENTRY, ERR_GROUP_IO },
	{ ENOSPC, OP_XATTR, SIDE_DST, ERR_CLASS_ENTRY, ERR_GROUP_SPACE },
	{ ENOMEM, OP_MEMORY, SIDE_NONE, ERR_CLASS_FATAL, ERR_GROUP_OTHER },
	{ EAGAIN, OP_THREAD, SIDE_NONE, ERR_CLASS_FATAL, ERR_GROUP_OTHER },
	{ ENOENT, OP_OPEN, SIDE_SRC, ERR_CLASS_VANISHED, ERR_GROUP_MISSING },
	{ ESTALE, OP_READ, SIDE_SRC, ERR_CLASS_VANISHED, ERR_GROUP_OTHER },
	{ ESTALE, OP_CHANGED, SIDE_SRC, ERR_CLASS_ENTRY, ERR_GROUP_CHANGED },
	{ ENOENT, OP_CREATE, SIDE_DST, ERR_CLASS_ENTRY, ERR_GROUP_MISSING },
	{ ENOSYS, OP_COPY_RANGE, SIDE_DST, ERR_CLASS_UNSUPPORTED, ERR_GROUP_OTHER },
	{ EOPNOTSUPP, OP_CLONE, SIDE_DST, ERR_CLASS_UNSUPPORTED, ERR_GROUP_OTHER },
	{ ENOTTY, OP_CLONE, SIDE_DST, ERR_CLASS_UNSUPPORTED, ERR_GROUP_OTHER },
	{ EACCES, OP_OPEN, SIDE_SRC, ERR_CLASS_ENTRY, ERR_GROUP_PERMISSION },
	{ EPERM, OP_CHOWN, SIDE_DST, ERR_CLASS_ENTRY, ERR_GROUP_PERMISSION },
	{ EINVAL, OP_CHOWN, SIDE_DST, ERR_CLASS_ENTRY, ERR_GROUP_ATTRIBUTES },
	{ ENAMETOOLONG, OP_CREATE, SIDE_DST, ERR_CLASS_ENTRY, ERR_GROUP_NAME },
	{ EISDIR, OP_CREATE, SIDE_DST, ERR_CLASS_ENTRY, ERR_GROUP_IN_THE_WAY },
	{ EEXIST, OP_REFUSE, SIDE_DST, ERR_CLASS_ENTRY, ERR_GROUP_REFUSED },
	{ EBADF, OP_CLOSE, SIDE_DST, ERR_CLASS_ENTRY, ERR_GROUP_OTHER },
};

static void
an_error_has_one_class_and_one_group(void **state)
{
	(void)state;
	assert_int_equal(err_class(ERR_OK), ERR_CLASS_NONE);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = err_make(cases[i].code, cases[i].op, cases[i].side, -1);

		if (err_class(e) != cases[i].class || err_group(e) != cases[i].group)
			fail_msg("row %zu: class %d, group %d", i, err_class(e), err_group(e));
	}
}

static void
errno_is_taken_as_it_is(void **state)
{
	struct err e;

	(void)state;
	errno = EXDEV;
	e = err_sys(OP_RENAME, SIDE_DST, 7);
	assert_int_equal(e.code, EXDEV);
	assert_int_equal(e.op, OP_RENAME);
	assert_int_equal(e.side, SIDE_DST);
	assert_int_equal(e.off, 7);
	assert_true(err_failed(e));
	assert_false(err_failed(ERR_OK));
	assert_int_equal(sizeof e, 16);
}

static void
every_operation_and_group_has_words(void **state)
{
	(void)state;
	for (int op = 0; op < OP_N; op++) {
		assert_true(strlen(err_op_name(err_make(EIO, op, SIDE_SRC, -1))) > 0);
		assert_true(strlen(err_phrase(err_make(EIO, op, SIDE_SRC, -1))) > 0);
		assert_true(strlen(err_phrase(err_make(EIO, op, SIDE_DST, -1))) > 0);
		for (int other = 0; other < op; other++)
			assert_string_not_equal(err_op_name(err_make(EIO, op, SIDE_SRC, -1)),
			    err_op_name(err_make(EIO, other, SIDE_SRC, -1)));
	}
	for (int g = 0; g < ERR_GROUP_N; g++) {
		assert_true(strlen(err_group_words(g)) > 0);
		assert_null(strchr(err_group_name(g), ' '));
		for (int other = 0; other < g; other++)
			assert_string_not_equal(err_group_name(g), err_group_name(other));
	}
}

static void
names_and_reasons_are_those_of_the_system(void **state)
{
	struct err e = err_make(EACCES, OP_OPEN, SIDE_SRC, -1);

	(void)state;
	assert_string_equal(err_code_name(e), "EACCES");
	assert_string_equal(err_op_name(e), "open");
	assert_string_equal(err_phrase(e), "cannot read");
	assert_string_equal(err_reason(e), "Permission denied");
	e.side = SIDE_DST;
	assert_string_equal(err_phrase(e), "cannot open");
	e.code = 9999;
	assert_string_equal(err_code_name(e), "EUNKNOWN");
	assert_string_equal(err_reason(e), "Unknown error");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_has_one_class_and_one_group),
		cmocka_unit_test(errno_is_taken_as_it_is),
		cmocka_unit_test(every_operation_and_group_has_words),
		cmocka_unit_test(names_and_reasons_are_those_of_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
