/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/loop: who is called, how often, and what may be removed when. */
#include "fds.h"
#include "pipe/loop.h"

/* cmocka.h wants the others before it. */
/* clang-format off */
#include <sys/eventfd.h>
#include <cmocka.h>

/* clang-format on */

enum {
	MANY = 40 /* watchers; more than one step takes */
};

/* A watcher of an eventfd, and what it does when it is called. */
struct counter {
	struct watcher watcher;
	struct loop *loop;
	struct counter *removes; /* this one too, when it is called; NULL = none */
	int calls;
};

static void
count(struct watcher *w)
{
	struct counter *c = w->arg;

	c->calls++;
	if (c->removes != NULL)
		loop_remove(c->loop, &c->removes->watcher);
}

static void
add(struct loop *l, struct counter *c, uint64_t value)
{
	*c = (struct counter){ .loop = l };
	c->watcher.fd = eventfd((unsigned)value, EFD_CLOEXEC);
	c->watcher.ready = count;
	c->watcher.arg = c;
	assert_int_equal(loop_add(l, &c->watcher).code, 0);
	assert_true(c->watcher.added);
}

static void
drop(struct counter *c)
{
	loop_remove(c->loop, &c->watcher);
	loop_remove(c->loop, &c->watcher); /* harmless */
	assert_false(c->watcher.added);
	close(c->watcher.fd);
}

static void
the_ready_are_called_until_removed(void **state)
{
	struct loop *l = loop_new();
	struct counter ready, quiet;

	(void)state;
	add(l, &ready, 1);
	add(l, &quiet, 0);
	assert_true(is_readable(loop_fd(l), 0));
	for (int i = 0; i < 3; i++)
		loop_step(l, -1);
	assert_int_equal(ready.calls, 3);
	assert_int_equal(quiet.calls, 0);
	loop_remove(l, &ready.watcher);
	assert_false(is_readable(loop_fd(l), 0));
	loop_step(l, 0);
	assert_int_equal(ready.calls, 3);
	assert_int_equal(loop_add(l, &ready.watcher).code, 0);
	loop_step(l, -1);
	assert_int_equal(ready.calls, 4);
	drop(&ready);
	drop(&quiet);
	loop_free(l);
	loop_free(NULL);
}

static void
many_all_get_their_turn(void **state)
{
	static struct counter all[MANY];
	struct loop *l = loop_new();

	(void)state;
	for (int i = 0; i < MANY; i++)
		add(l, &all[i], 1);
	for (int i = 0; i < MANY; i++)
		loop_step(l, -1);
	for (int i = 0; i < MANY; i++) {
		assert_true(all[i].calls > 0);
		drop(&all[i]);
	}
	loop_free(l);
}

static void
one_may_remove_itself_and_others(void **state)
{
	struct loop *l = loop_new();
	struct counter a, b;

	(void)state;
	add(l, &a, 1);
	add(l, &b, 1);
	a.removes = &b;
	b.removes = &a;
	loop_step(l, -1);
	loop_step(l, 0);
	/* whoever came first took the other out of the same step */
	assert_true(a.calls == 0 || b.calls == 0);
	assert_true(a.calls + b.calls > 0);
	a.removes = &a;
	b.removes = &b;
	loop_step(l, 0);
	int calls = a.calls + b.calls;
	loop_step(l, 0);
	assert_int_equal(a.calls + b.calls, calls);
	drop(&a);
	drop(&b);
	loop_free(l);
}

static void
a_hang_up_is_news(void **state)
{
	struct loop *l = loop_new();
	struct counter c = { .loop = l };
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	c.watcher = (struct watcher){ .fd = ends[0], .ready = count, .arg = &c };
	assert_int_equal(loop_add(l, &c.watcher).code, 0);
	loop_step(l, 0);
	assert_int_equal(c.calls, 0);
	close(ends[1]);
	loop_step(l, -1);
	assert_int_equal(c.calls, 1);
	drop(&c);
	loop_free(l);
}

static void
timers_fire_once_or_again(void **state)
{
	struct loop *l = loop_new();
	struct counter once = { .loop = l }, again = { .loop = l }, at_once = { .loop = l };

	(void)state;
	size_t fds = count_fds();
	once.watcher = (struct watcher){ .ready = count, .arg = &once };
	again.watcher = (struct watcher){ .ready = count, .arg = &again };
	at_once.watcher = (struct watcher){ .ready = count, .arg = &at_once };
	int64_t begin = now_ms();
	assert_int_equal(loop_add_timer(l, &once.watcher, 20, 0).code, 0);
	assert_int_equal(loop_add_timer(l, &again.watcher, 10, 5).code, 0);
	assert_int_equal(loop_add_timer(l, &at_once.watcher, 0, 0).code, 0);
	while (once.calls == 0 || again.calls < 4)
		loop_step(l, -1);
	assert_true(now_ms() - begin >= 20);
	assert_int_equal(at_once.calls, 1);
	assert_int_equal(once.calls, 1);
	loop_remove(l, &once.watcher);
	loop_remove(l, &again.watcher);
	loop_remove(l, &again.watcher);
	loop_remove(l, &at_once.watcher);
	assert_int_equal(once.watcher.fd, -1);
	loop_step(l, 0);
	assert_int_equal(count_fds(), fds);
	loop_free(l);
}

static void
what_cannot_be_watched_is_refused(void **state)
{
	struct loop *l = loop_new();
	struct watcher file = { .fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC) };
	struct watcher none = { .fd = -1 };

	(void)state;
	struct err err = loop_add(l, &file);
	assert_int_equal(err.code, EPERM);
	assert_int_equal(err.op, OP_THREAD);
	assert_false(file.added);
	assert_int_equal(loop_add(l, &none).code, 0);
	assert_false(none.added);
	loop_remove(l, &file);
	loop_remove(l, &none);
	close(file.fd);
	loop_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ready_are_called_until_removed),
		cmocka_unit_test(many_all_get_their_turn),
		cmocka_unit_test(one_may_remove_itself_and_others),
		cmocka_unit_test(a_hang_up_is_news),
		cmocka_unit_test(timers_fire_once_or_again),
		cmocka_unit_test(what_cannot_be_watched_is_refused),
	};
	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
