/* SPDX-License-Identifier: BSD-2-Clause */
/* thread/ring: bytes in order across its end, who waits is woken when it pays, closing, cancellation. */
#include "thread/ring.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

/* clang-format on */

enum {
	TRANSFER = 24 << 20, /* bytes: the ring goes around 24 times */
	PERIOD = 251,        /* of the content: prime, so that no block hides a shift */
};

int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock);
int __real_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock);
int __wrap_pthread_cond_signal(pthread_cond_t *cond);
int __real_pthread_cond_signal(pthread_cond_t *cond);

static sem_t sleeps;        /* posted under the ring's lock by who goes to sleep */
static atomic_uint signals; /* wake-ups that were paid for */

int
__wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock)
{
	sem_post(&sleeps);
	return __real_pthread_cond_wait(cond, lock);
}

int
__wrap_pthread_cond_signal(pthread_cond_t *cond)
{
	atomic_fetch_add(&signals, 1);
	return __real_pthread_cond_signal(cond);
}

static struct cancel cancel;

static int
prepare(void **state)
{
	struct ring *r;

	while (sem_trywait(&sleeps) == 0)
		;
	if (err_failed(cancel_init(&cancel)))
		return -1;
	r = ring_new(&cancel);
	*state = r;
	return r == NULL ? -1 : 0;
}

static int
tidy(void **state)
{
	ring_free(*state);
	cancel_release(&cancel);
	return 0;
}

/* Commit N bytes of value C. */
static void
put(struct ring *r, size_t n, char c)
{
	void *bytes;
	size_t room;

	assert_false(err_failed(ring_reserve(r, 0, &bytes, &room)));
	assert_true(room >= n);
	memset(bytes, c, n);
	ring_commit(r, n);
}

/* Expect THERE bytes, the first of value C, and take N of them. */
static void
get(struct ring *r, size_t there, size_t n, char c)
{
	const void *bytes;
	size_t shown;

	assert_true(ring_has(r, there));
	assert_false(err_failed(ring_peek(r, 0, &bytes, &shown)));
	assert_int_equal(shown, there);
	if (there > 0)
		assert_int_equal(*(const char *)bytes, c);
	ring_take(r, n);
}

static void
what_is_lent_goes_on_past_the_end(void **state)
{
	struct ring *r = *state;

	put(r, RING_SIZE - 10, 'a');
	get(r, RING_SIZE - 10, RING_SIZE - 20, 'a');
	put(r, RING_SIZE - 10, 'b'); /* 10 bytes before the end, the rest from the start */
	get(r, RING_SIZE, 10, 'a');
	const void *bytes;
	size_t n;
	assert_false(err_failed(ring_peek(r, 1, &bytes, &n)));
	assert_int_equal(n, RING_SIZE - 10);
	assert_memory_equal(bytes, (const char *)bytes + 1, n - 1);
	ring_take(r, n);
	assert_false(ring_has(r, 1));
	assert_true(ring_has(r, 0));
	assert_int_equal(sem_trywait(&sleeps), -1);
}

/* One side of a transfer. */
struct side {
	struct ring *ring;
	size_t step;  /* most bytes at once */
	size_t min;   /* asked for */
	size_t bytes; /* moved, or shown */
	struct err err;
};

static void *
write_all(void *arg)
{
	struct side *s = arg;
	unsigned seed = 7;

	while (s->bytes < TRANSFER) {
		void *to;
		size_t room;
		seed = seed * 1103515245 + 12345;
		size_t n = 1 + (seed >> 8) % s->step;
		s->err = ring_reserve(s->ring, s->min, &to, &room);
		if (err_failed(s->err))
			return NULL;
		n = n < room ? n : room;
		n = n < TRANSFER - s->bytes ? n : TRANSFER - s->bytes;
		for (size_t i = 0; i < n; i++)
			((unsigned char *)to)[i] = (unsigned char)((s->bytes + i) % PERIOD);
		ring_commit(s->ring, n);
		s->bytes += n;
	}
	ring_close_writer(s->ring);
	return NULL;
}

static bool
is_content(const unsigned char *bytes, size_t n, size_t off)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != (off + i) % PERIOD)
			return false;
	return true;
}

static void
bytes_arrive_in_order(void **state)
{
	/* writer's step and min, reader's step and min */
	static const size_t cases[][4] = {
		{ 65536, 1, 65536, 1 },
		{ 4096, 1, RING_SIZE, 65536 },
		{ 300000, 65536, 5000, 1 },
		{ RING_SIZE, RING_SIZE / 2, RING_SIZE, RING_SIZE / 2 },
	};

	(void)state;
	for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		struct ring *r = ring_new(&cancel);
		struct side w = { .ring = r, .step = cases[k][0], .min = cases[k][1] };
		size_t step = cases[k][2], min = cases[k][3], got = 0, n;
		pthread_t thread;
		const void *bytes;

		assert_non_null(r);
		assert_int_equal(pthread_create(&thread, NULL, write_all, &w), 0);
		for (;;) {
			assert_false(err_failed(ring_peek(r, min, &bytes, &n)));
			assert_true(n >= min || got + n == TRANSFER);
			if (n == 0)
				break;
			n = n < step ? n : step;
			assert_true(is_content(bytes, n, got));
			ring_take(r, n);
			got += n;
		}
		pthread_join(thread, NULL);
		assert_false(err_failed(w.err));
		assert_int_equal(got, TRANSFER);
		ring_free(r);
	}
}

static void *
peek_once(void *arg)
{
	struct side *s = arg;
	const void *bytes;

	s->err = ring_peek(s->ring, s->min, &bytes, &s->bytes);
	return NULL;
}

static void *
reserve_once(void *arg)
{
	struct side *s = arg;
	void *bytes;

	s->err = ring_reserve(s->ring, s->min, &bytes, &s->bytes);
	return NULL;
}

/* Start BODY with S and return when it sleeps. */
static pthread_t
start_sleeper(void *(*body)(void *), struct side *s)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, body, s), 0);
	sem_wait(&sleeps);
	return thread;
}

static void
a_reader_is_woken_by_as_much_as_it_wants(void **state)
{
	struct side s = { .ring = *state, .min = 1000 };
	pthread_t thread = start_sleeper(peek_once, &s);
	unsigned before = signals;

	put(s.ring, 500, 'x');
	put(s.ring, 499, 'x');
	assert_int_equal(signals, before); /* too little to wake anybody for */
	put(s.ring, 1, 'x');
	put(s.ring, 1, 'x');
	pthread_join(thread, NULL);
	assert_int_equal(signals, before + 1); /* and once is enough */
	assert_false(err_failed(s.err));
	assert_in_range(s.bytes, 1000, 1001);
	put(s.ring, 1, 'x');
	assert_int_equal(signals, before + 1); /* nobody sleeps */
}

static void
a_writer_is_woken_when_half_is_free(void **state)
{
	struct side s = { .ring = *state, .min = 1 };

	put(s.ring, RING_SIZE, 'x');
	pthread_t thread = start_sleeper(reserve_once, &s);
	unsigned before = signals;
	get(s.ring, RING_SIZE, 1, 'x');
	get(s.ring, RING_SIZE - 1, RING_SIZE / 2 - 2, 'x');
	assert_int_equal(signals, before); /* there is room, but it does not pay */
	get(s.ring, RING_SIZE / 2 + 1, 1, 'x');
	pthread_join(thread, NULL);
	assert_int_equal(signals, before + 1);
	assert_false(err_failed(s.err));
	assert_int_equal(s.bytes, RING_SIZE / 2);
}

static void
the_end_shows_what_is_left(void **state)
{
	struct side s = { .ring = *state, .min = 1000 };

	put(s.ring, 7, 'x');
	pthread_t thread = start_sleeper(peek_once, &s);
	ring_close_writer(s.ring);
	ring_close_writer(s.ring);
	pthread_join(thread, NULL);
	assert_false(err_failed(s.err));
	assert_int_equal(s.bytes, 7);
	get(s.ring, 7, 7, 'x');
	get(s.ring, 0, 0, 0);
	assert_true(ring_has(s.ring, 1)); /* the end does not block */
}

static void
a_closed_reader_breaks_the_pipe(void **state)
{
	struct side s = { .ring = *state, .min = 1 };
	void *bytes;
	size_t room;

	put(s.ring, RING_SIZE, 'x');
	pthread_t thread = start_sleeper(reserve_once, &s);
	ring_close_reader(s.ring);
	ring_close_reader(s.ring);
	pthread_join(thread, NULL);
	assert_int_equal(s.err.code, EPIPE);
	assert_int_equal(s.err.op, OP_WRITE);
	assert_int_equal(ring_reserve(s.ring, 0, &bytes, &room).code, EPIPE);
}

static void
a_cancellation_ends_both_waits(void **state)
{
	struct side reader = { .ring = *state, .min = 1 };
	struct ring *full = ring_new(&cancel);
	struct side writer = { .ring = full, .min = 1 };

	assert_non_null(full);
	put(full, RING_SIZE, 'x');
	pthread_t threads[] = { start_sleeper(peek_once, &reader),
		start_sleeper(reserve_once, &writer) };
	ring_wake(reader.ring); /* without a request it goes on sleeping */
	sem_wait(&sleeps);
	cancel_request(&cancel, err_make(EIO, OP_READ, SIDE_SRC, 0));
	ring_wake(reader.ring);
	ring_wake(writer.ring);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	assert_int_equal(reader.err.code, ECANCELED);
	assert_int_equal(writer.err.code, ECANCELED);
	assert_true(ring_has(reader.ring, 1));
	/* what needs no wait still works */
	get(full, RING_SIZE, RING_SIZE, 'x');
	put(full, 1, 'y');
	ring_free(full);
}

static void
a_limit_of_file_sizes_is_none_of_a_ring(void **state)
{
	struct rlimit was;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	struct rlimit none = { .rlim_cur = 0, .rlim_max = was.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	struct ring *r = ring_new(&cancel);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_non_null(r);
	ring_free(r);
	ring_free(NULL);
	(void)state;
}

int
main(void)
{
#define ring_test(f) cmocka_unit_test_setup_teardown(f, prepare, tidy)
	const struct CMUnitTest tests[] = {
		ring_test(what_is_lent_goes_on_past_the_end),
		ring_test(bytes_arrive_in_order),
		ring_test(a_reader_is_woken_by_as_much_as_it_wants),
		ring_test(a_writer_is_woken_when_half_is_free),
		ring_test(the_end_shows_what_is_left),
		ring_test(a_closed_reader_breaks_the_pipe),
		ring_test(a_cancellation_ends_both_waits),
		ring_test(a_limit_of_file_sizes_is_none_of_a_ring),
	};
	sem_init(&sleeps, 0, 0);
	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
