/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine/observer: whoever watches a copy sees the bytes that the destination gets.
 * Link as engine_fake.h says.
 */
#include "engine_fake.h"

/* Keeps what it saw. */
struct memory {
	struct observer observer; /* first */
	char *bytes;              /* room for all */
	size_t room;
	size_t len; /* bytes seen since the last beginning */
	int begun;  /* beginnings */
};

static void
begin(struct observer *o)
{
	struct memory *m = (struct memory *)(void *)o;
	m->len = 0;
	m->begun++;
}

static void
see(struct observer *o, const void *bytes, size_t n)
{
	struct memory *m = (struct memory *)(void *)o;
	assert_true(m->len + n <= m->room);
	memcpy(m->bytes + m->len, bytes, n);
	m->len += n;
}

static struct err
copy_watched(struct memory *m, struct moved *out)
{
	struct stat st = stat_of(src);
	struct engine e = { .opts = &opts, .refusals = &refusals, .cancel = &cancel };
	struct engine_file f = {
		.src = src,
		.st = &st,
		.dst = dst,
		.dst_dev = stat_of(dst).st_dev,
		.observer = &m->observer,
	};

	*m = (struct memory){
		.observer = { .begin = begin, .see = see },
		.bytes = malloc((size_t)st.st_size + 1),
		.room = (size_t)st.st_size,
	};
	assert_non_null(m->bytes);
	return engine_copy(&e, &f, (struct block){ memory, BUF_SIZE }, out);
}

/* What M saw is what DST has. */
static void
assert_saw(const struct memory *m, int fd)
{
	char *have = malloc(m->len + 1);

	assert_non_null(have);
	assert_int_equal(stat_of(fd).st_size, m->len);
	assert_int_equal(pread(fd, have, m->len, 0), m->len);
	assert_memory_equal(have, m->bytes, m->len);
	free(have);
}

static void
content_passes_through_our_memory_once(void **state)
{
	static const int64_t sizes[] = { 0, 1, 4096, BIG, 3 << 20 };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct memory m;
		struct moved out;
		open_pair("/tmp");
		calm();
		fill(src, 0, sizes[i]);
		assert_int_equal(copy_watched(&m, &out).code, 0);
		assert_int_equal(out.method, sizes[i] > 0 ? METHOD_BUFFER : METHOD_NONE);
		assert_int_equal(ranging.calls + sending.calls, 0);
		assert_int_equal(m.begun, 1);
		assert_saw(&m, dst);
		assert_same_content(src, dst);
		free(m.bytes);
		close_pair();
	}
}

static void
holes_are_seen_as_zeros_and_kept(void **state)
{
	struct memory m;
	struct moved out;

	(void)state;
	open_pair("/dev/shm");
	fill_sparse();
	assert_int_equal(copy_watched(&m, &out).code, 0);
	assert_true(out.holes > 0);
	assert_true(stat_of(dst).st_blocks * 512 < 1 << 20);
	assert_saw(&m, dst);
	free(m.bytes);
	close_pair();
}

static void
a_clone_is_looked_at_and_not_its_source(void **state)
{
	struct memory m;
	struct moved out;

	(void)state;
	open_pair("/tmp");
	fill(src, 0, 10000);
	/* the fake clone leaves DST as it is: what is there differs from the source */
	assert_int_equal(ftruncate(dst, 10000), 0);
	fill(dst, 5000, 5000);
	cloning = (struct means){ .code = 0 };
	assert_int_equal(copy_watched(&m, &out).code, 0);
	assert_int_equal(out.method, METHOD_CLONE);
	assert_int_equal(m.len, 10000);
	assert_saw(&m, dst);
	free(m.bytes);
	close_pair();
}

static void
what_was_seen_before_a_new_start_does_not_count(void **state)
{
	struct memory m;
	struct moved out;

	(void)state;
	open_pair("/tmp");
	fill(src, 0, BIG);
	clone_litters = true;
	cloning.code = EINVAL;
	assert_int_equal(copy_watched(&m, &out).code, 0);
	assert_saw(&m, dst);
	assert_same_content(src, dst);
	free(m.bytes);
	close_pair();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    content_passes_through_our_memory_once, reset, release),
		cmocka_unit_test_setup_teardown(holes_are_seen_as_zeros_and_kept, reset, release),
		cmocka_unit_test_setup_teardown(
		    a_clone_is_looked_at_and_not_its_source, reset, release),
		cmocka_unit_test_setup_teardown(
		    what_was_seen_before_a_new_start_does_not_count, reset, release),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
