/* SPDX-License-Identifier: BSD-2-Clause */
/* thread/bufs: never more than the ceiling, who finds none waits, and a cancellation ends that. */
#include "thread/bufs.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* clang-format on */

enum {
	COUNT_MAX = 8,
	THREADS = 8,
	ROUNDS = 2000 /* borrowings of each thread */
};

int __wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock);
int __real_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock);

static sem_t waits; /* posted under the pool's lock by whoever finds no buffer */

int
__wrap_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock)
{
	sem_post(&waits);
	return __real_pthread_cond_wait(cond, lock);
}

void *__wrap_aligned_alloc(size_t align, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);

static bool no_memory;

void *
__wrap_aligned_alloc(size_t align, size_t size)
{
	return no_memory ? NULL : __real_aligned_alloc(align, size);
}

/* Pools, and the size that their buffers get. */
static const struct pool_case {
	size_t count, size, expected;
} pool_cases[] = {
	{ 1, 1, BUFS_ALIGN },
	{ 1, BUFS_ALIGN, BUFS_ALIGN },
	{ 2, BUFS_ALIGN + 1, (size_t)2 * BUFS_ALIGN },
	{ 3, 65536, 65536 },
	{ COUNT_MAX, 1 << 20, 1 << 20 },
};

static void
buffers_are_aligned_and_apart(void **state)
{
	struct cancel c;

	(void)state;
	assert_false(err_failed(cancel_init(&c)));
	for (size_t i = 0; i < sizeof pool_cases / sizeof pool_cases[0]; i++) {
		const struct pool_case *p = &pool_cases[i];
		struct bufs *b = bufs_new(p->count, p->size);
		void *got[COUNT_MAX];

		assert_non_null(b);
		assert_int_equal(bufs_size(b), p->expected);
		for (size_t k = 0; k < p->count; k++) {
			assert_false(err_failed(bufs_borrow(b, &c, &got[k])));
			assert_int_equal((uintptr_t)got[k] % BUFS_ALIGN, 0);
			memset(got[k], (int)k + 1, bufs_size(b));
		}
		for (size_t k = 0; k < p->count; k++) {
			const unsigned char *mem = got[k];
			assert_int_equal(mem[0], k + 1);
			assert_memory_equal(mem, mem + 1, bufs_size(b) - 1);
			bufs_return(b, got[k]);
		}
		bufs_free(b);
	}
	bufs_free(NULL);
	cancel_release(&c);
}

static void
no_memory_is_no_pool(void **state)
{
	(void)state;
	no_memory = true;
	assert_null(bufs_new(1, 1));
	no_memory = false;
}

/* Pools whose size cannot be counted are no pools, not small ones. */
static void
an_overflow_is_no_pool(void **state)
{
	static const size_t huge[][2] = {
		{ SIZE_MAX / BUFS_ALIGN + 2, BUFS_ALIGN },
		{ 2, SIZE_MAX / 2 + 1 },
		{ 1, SIZE_MAX },
		{ SIZE_MAX / sizeof(void *), 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof huge / sizeof huge[0]; i++)
		assert_null(bufs_new(huge[i][0], huge[i][1]));
}

struct borrower {
	struct bufs *bufs;
	struct cancel *cancel;
	atomic_int *held; /* by all borrowers */
	int most;         /* that this one saw held, itself included */
	unsigned rounds;
	void *got;
	struct err err;
};

static void *
borrow_one(void *arg)
{
	struct borrower *b = arg;
	b->err = bufs_borrow(b->bufs, b->cancel, &b->got);
	return NULL;
}

static void
who_finds_none_waits_for_one(void **state)
{
	struct bufs *b = bufs_new(1, 1);
	struct cancel c;
	pthread_t thread;
	void *buf;

	(void)state;
	assert_non_null(b);
	assert_false(err_failed(cancel_init(&c)));
	assert_false(err_failed(bufs_borrow(b, &c, &buf)));
	struct borrower second = { .bufs = b, .cancel = &c };
	assert_int_equal(pthread_create(&thread, NULL, borrow_one, &second), 0);
	sem_wait(&waits); /* it waits, or would have come here never */
	bufs_wake(b);     /* without a request it goes on waiting */
	sem_wait(&waits);
	bufs_return(b, buf);
	pthread_join(thread, NULL);
	assert_false(err_failed(second.err));
	assert_ptr_equal(second.got, buf);
	bufs_return(b, second.got);
	bufs_free(b);
	cancel_release(&c);
}

static void
a_cancellation_ends_every_wait(void **state)
{
	struct borrower all[THREADS];
	pthread_t threads[THREADS];
	struct bufs *b = bufs_new(1, 1);
	struct cancel c;
	void *buf;

	(void)state;
	assert_non_null(b);
	assert_false(err_failed(cancel_init(&c)));
	assert_false(err_failed(bufs_borrow(b, &c, &buf)));
	for (size_t i = 0; i < THREADS; i++) {
		all[i] = (struct borrower){ .bufs = b, .cancel = &c };
		assert_int_equal(pthread_create(&threads[i], NULL, borrow_one, &all[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++)
		sem_wait(&waits);
	cancel_request(&c, err_make(EIO, OP_READ, SIDE_SRC, 0));
	bufs_wake(b);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(all[i].err.code, ECANCELED);
		assert_null(all[i].got);
	}
	/* who comes later does not wait either, but takes what is free */
	void *later = NULL;
	assert_int_equal(bufs_borrow(b, &c, &later).code, ECANCELED);
	assert_null(later);
	bufs_return(b, buf);
	assert_false(err_failed(bufs_borrow(b, &c, &later)));
	assert_ptr_equal(later, buf);
	bufs_return(b, later);
	bufs_free(b);
	cancel_release(&c);
}

static void *
borrow_often(void *arg)
{
	struct borrower *b = arg;

	for (unsigned i = 0; i < b->rounds; i++) {
		b->err = bufs_borrow(b->bufs, b->cancel, &b->got);
		if (err_failed(b->err))
			return NULL;
		int held = atomic_fetch_add(b->held, 1) + 1;
		b->most = held > b->most ? held : b->most;
		*(unsigned *)b->got = i; /* two that share it would race */
		atomic_fetch_sub(b->held, 1);
		bufs_return(b->bufs, b->got);
	}
	return NULL;
}

/* Row 86 of tests/STAGES.md. */
static void
no_more_than_the_ceiling_is_lent(void **state)
{
	(void)state;
	for (int count = 1; count <= COUNT_MAX; count *= 2) {
		struct borrower all[THREADS];
		pthread_t threads[THREADS];
		struct bufs *b = bufs_new((size_t)count, 1);
		atomic_int held = 0;
		struct cancel c;

		assert_non_null(b);
		assert_false(err_failed(cancel_init(&c)));
		for (size_t i = 0; i < THREADS; i++) {
			all[i] = (struct borrower){
				.bufs = b, .cancel = &c, .held = &held, .rounds = ROUNDS
			};
			assert_int_equal(
			    pthread_create(&threads[i], NULL, borrow_often, &all[i]), 0);
		}
		for (size_t i = 0; i < THREADS; i++) {
			pthread_join(threads[i], NULL);
			assert_false(err_failed(all[i].err));
			assert_in_range(all[i].most, 1, count);
		}
		bufs_free(b); /* aborts unless all are back */
		cancel_release(&c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_are_aligned_and_apart),
		cmocka_unit_test(no_memory_is_no_pool),
		cmocka_unit_test(an_overflow_is_no_pool),
		cmocka_unit_test(who_finds_none_waits_for_one),
		cmocka_unit_test(a_cancellation_ends_every_wait),
		cmocka_unit_test(no_more_than_the_ceiling_is_lent),
	};
	sem_init(&waits, 0, 0);
	return cmocka_run_group_tests_name("bufs", tests, NULL, NULL);
}
