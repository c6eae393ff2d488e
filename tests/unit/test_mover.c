/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/mover: whatever the two ends are, all bytes arrive, by the means that suits them. */
#include "mover_fake.h"

/* Rows: inputs; columns: outputs. */
static const enum moved_by expected[KIND_N][KIND_N] = {

#define L MOVED_BY_LADDER
#define R MOVED_BY_RANGE
#define F MOVED_BY_SENDFILE
#define S MOVED_BY_SPLICE
#define V MOVED_BY_SPLICES
#define B MOVED_BY_BUFFER
#define N MOVED_BY_NOTHING
	/* clang-format off */
	/*                file inside append pipe unix tcp tty null */
	[KIND_FILE]   = { L,   R,     B,     S,   F,   F,  B,  B },
	[KIND_INSIDE] = { R,   R,     B,     S,   F,   F,  B,  B },
	[KIND_APPEND] = { R,   R,     B,     S,   F,   F,  B,  B },
	[KIND_PIPE]   = { S,   S,     B,     S,   S,   S,  B,  S },
	[KIND_UNIX]   = { V,   V,     B,     S,   V,   V,  B,  B },
	[KIND_TCP]    = { V,   V,     B,     S,   V,   V,  B,  B },
	[KIND_TTY]    = { B,   B,     B,     B,   B,   B,  B,  B },
	[KIND_NULL]   = { N,   N,     N,     N,   N,   N,  N,  N },
/* clang-format on */
#undef L
#undef R
#undef F
#undef S
#undef V
#undef B
#undef N
};

/* Rows 7, 9, 11, 27 of tests/STAGES.md. */
static void
every_pair_has_its_means(void **state)
{
	(void)state;
	for (int i = 0; i < KIND_N; i++) {
		if (i == KIND_APPEND)
			continue; /* how an input is written to does not matter */
		for (int o = 0; o < KIND_N; o++) {
			struct point in = { .kind = i };
			struct point out = { .kind = o };
			calm();
			expect_move(&in, &out, expected[i][o]);
		}
	}
}

/* Row 31 of tests/STAGES.md. */
static void
a_neighbor_gets_bytes_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < KIND_NULL; i++) {
		if (i == KIND_APPEND)
			continue;
		for (int o = 0; o < KIND_N; o++) {
			struct point in = { .kind = i };
			struct point out = { .kind = o };
			calm();
			mover.keeps_pages = true;
			expect_move(&in, &out, MOVED_BY_BUFFER);
			assert_int_equal(splices.calls + sends.calls + ranges.calls, 0);
		}
	}
}

static void
a_mover_without_means_does_with_less(void **state)
{
	(void)state;
	for (int o = 0; o < KIND_N; o++) {
		struct point file = { .kind = KIND_FILE };
		struct point tcp = { .kind = KIND_TCP };
		struct point out = { .kind = o };
		struct point again = { .kind = o };
		mover = (struct mover){ 0 };
		expect_move(&file, &out, o == KIND_FILE ? MOVED_BY_RANGE : ANY);
		mover = (struct mover){ 0 };
		expect_move(&tcp, &again, o == KIND_PIPE ? MOVED_BY_SPLICE : MOVED_BY_BUFFER);
	}
}

static void
what_does_not_block_is_waited_for(void **state)
{
	(void)state;
	for (int i = KIND_FILE; i <= KIND_TTY; i++) {
		for (int o = KIND_PIPE; o <= KIND_TTY; o++) {
			struct point in = { .kind = i };
			struct point out = { .kind = o };
			if (i == KIND_APPEND)
				continue;
			in.size = size_for(i, o);
			calm();
			make_point(&in, true);
			make_point(&out, false);
			assert_false(err_failed(fd_set_nonblocking(in.fd)));
			assert_false(err_failed(fd_set_nonblocking(out.fd)));
			start_point(&in, true);
			start_point(&out, false);
			assert_int_equal(run_fds(in.fd, out.fd).code, 0);
			end_point(&in, true);
			end_point(&out, false);
			assert_int_equal(out.got, in.size);
			assert_false(out.wrong);
			assert_int_equal(mover.by, expected[i][o]);
		}
	}
}

/* A device that never ends, until the run does. */
static void
a_device_is_read(void **state)
{
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	(void)state;
	for (int o = 0; o < KIND_N; o++) {
		struct point out = { .kind = o };
		calm();
		make_point(&out, false);
		start_point(&out, false);
		(void)run_until_canceled(zero, out.fd, 10);
		end_point(&out, false);
		assert_int_equal(mover.by, MOVED_BY_BUFFER);
		if (out.kind != KIND_NULL)
			assert_int_equal(out.got, mover.bytes);
		uncancel();
	}
	close(zero);
}

/* Files that say nothing true of their size, or refuse the kernel's means. */
static const char *const odd_files[] = {
	"/proc/version",
	"/proc/filesystems",
	"/proc/self/cmdline",
	"/proc/self/environ",
	"/proc/self/limits",
	"/proc/sys/kernel/ostype",
	"/sys/kernel/mm/transparent_hugepage/enabled",
	"/sys/kernel/profiling",
};

static void
expect_odd_file(const char *path, enum kind kind)
{
	static char want[1 << 16];
	static char came[1 << 16];
	struct point out = { .kind = kind };
	ssize_t n = 0;
	ssize_t got = 0;
	ssize_t part;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* not on this machine */
	while ((part = read(fd, want + n, sizeof want - (size_t)n)) > 0)
		n += part;
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	calm();
	make_point(&out, false);
	assert_int_equal(run_fds(fd, out.fd).code, 0);
	assert_int_equal(mover.bytes, n);
	if (out.other >= 0) {
		close(out.fd);
		out.fd = -1;
	} else {
		out.other = out.fd;
		assert_int_equal(lseek(out.fd, kind == KIND_FILE ? 0 : FROM, SEEK_SET) >= 0, 1);
	}
	while ((part = read(out.other, came + got, sizeof came - (size_t)got)) > 0)
		got += part;
	assert_int_equal(got, n);
	assert_memory_equal(came, want, (size_t)n);
	close(out.other);
	close(fd);
}

static void
files_that_lie_are_read_to_their_end(void **state)
{
	static const enum kind kinds[] = { KIND_FILE, KIND_INSIDE, KIND_APPEND, KIND_PIPE,
		KIND_UNIX, KIND_TCP };

	(void)state;
	for (size_t i = 0; i < sizeof odd_files / sizeof odd_files[0]; i++)
		for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
			expect_odd_file(odd_files[i], kinds[k]);
}

static void
a_file_does_not_grow_by_itself(void **state)
{
	struct point to = { .kind = KIND_APPEND };

	(void)state;
	make_point(&to, false);
	int from = openat(temp.fd, "out", O_RDWR | O_CLOEXEC);
	assert_int_equal(run_fds(from, to.fd).op, OP_REFUSE);
	assert_int_equal(run_fds(to.fd, from).code, 0); /* over itself: nothing happens */
	int end = openat(temp.fd, "out", O_RDWR | O_CLOEXEC);
	assert_int_equal(lseek(from, 0, SEEK_SET), 0);
	assert_int_equal(lseek(end, 0, SEEK_END), FROM);
	assert_int_equal(run_fds(from, end).op, OP_REFUSE);
	assert_int_equal(stat_of(from).st_size, FROM);
	close(end);
	close(from);
	end_point(&to, false);
}

/* A tap that lets a number of bytes pass. */
struct limit {
	struct stage stage;
	int64_t left;
};

static struct err
feed_limit(struct stage *s, struct span *span)
{
	struct limit *l = (struct limit *)s;

	if ((int64_t)span->len > l->left)
		span->len = (size_t)l->left;
	l->left -= (int64_t)span->len;
	span->enough = l->left == 0;
	return ERR_OK;
}

static struct err
end_limit(struct stage *s, bool whole)
{
	(void)s;
	(void)whole;
	return ERR_OK;
}

static void
taps_see_blocks_and_may_end_it(void **state)
{
	static const struct stage_ops ops = { .feed = feed_limit, .end = end_limit };

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct point from = { .kind = KIND_FILE, .size = SIZE };
		struct point to = { .kind = KIND_PIPE };
		struct limit limit = { .stage.ops = &ops, .left = i < 2 ? 100001 : SIZE + 1 };
		struct stage *stage = &limit.stage;
		struct taps taps = { .stages = &stage, .n = 1 };
		struct in in;
		struct out out;
		bool early = false;

		make_point(&from, true);
		make_point(&to, false);
		start_point(&to, false);
		in_init(&in, from.fd, false, bufs, &cancel);
		out_init(&out, to.fd, false, bufs, &cancel);
		*(i % 2 == 0 ? &in.taps : &out.taps) = &taps;
		assert_int_equal(run_streams(&in, &out, &early).code, 0);
		end_point(&from, true);
		end_point(&to, false);
		assert_int_equal(mover.by, MOVED_BY_BUFFER);
		assert_int_equal(mover.bytes, i < 2 ? 100001 : SIZE);
		assert_int_equal(to.got, mover.bytes);
		assert_false(to.wrong);
		assert_int_equal(early, i < 2);
	}
}

static void
no_descriptor_is_an_end_without_bytes(void **state)
{
	struct point from = { .kind = KIND_FILE, .size = SIZE };
	struct point to = { .kind = KIND_FILE };

	(void)state;
	make_point(&from, true);
	make_point(&to, false);
	assert_int_equal(run_fds(-1, to.fd).code, 0);
	assert_int_equal(mover.by, MOVED_BY_NOTHING);
	assert_int_equal(stat_of(to.fd).st_size, 0);
	assert_int_equal(run_fds(from.fd, -1).code, 0);
	assert_int_equal(mover.bytes, SIZE);
	end_point(&from, true);
	end_point(&to, false);
}

static void
it_is_a_copy_and_nothing_else(void **state)
{
	(void)state;
	assert_non_null(mover_new(&mover));
	assert_true(function.identity);
	assert_ptr_equal(function.arg, &mover);
	assert_int_equal(function.in.want, WANT_ANY);
	assert_int_equal(function.out.want, WANT_ANY);
	for (int b = 0; b < MOVED_BY_N; b++)
		assert_true(strlen(moved_by_name(b)) > 0);
	assert_string_equal(moved_by_name(MOVED_BY_SPLICE), "splice");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_pair_has_its_means, reset, release),
		cmocka_unit_test_setup_teardown(a_neighbor_gets_bytes_of_its_own, reset, release),
		cmocka_unit_test_setup_teardown(
		    a_mover_without_means_does_with_less, reset, release),
		cmocka_unit_test_setup_teardown(what_does_not_block_is_waited_for, reset, release),
		cmocka_unit_test_setup_teardown(a_device_is_read, reset, release),
		cmocka_unit_test_setup_teardown(
		    files_that_lie_are_read_to_their_end, reset, release),
		cmocka_unit_test_setup_teardown(a_file_does_not_grow_by_itself, reset, release),
		cmocka_unit_test_setup_teardown(taps_see_blocks_and_may_end_it, reset, release),
		cmocka_unit_test_setup_teardown(
		    no_descriptor_is_an_end_without_bytes, reset, release),
		cmocka_unit_test_setup_teardown(it_is_a_copy_and_nothing_else, reset, release),
	};
	ignore_sigpipe();
	return cmocka_run_group_tests_name("mover", tests, NULL, NULL);
}
