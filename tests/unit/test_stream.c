/* SPDX-License-Identifier: BSD-2-Clause */
/* pipe/stream: all bytes over every kind of joint, few writes, flushed in time, ended in time. */
#include "joints.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

enum {
	LINES = 100000,
	LINES_BYTES = 588895,      /* of "1\n" to "100000\n" */
	CANCEL_MS = 200,           /* STAGES.md row 71 */
	STORM = 4 << 20,           /* bytes while signals rain */
	CONTENT = 3 * 1000 * 1000, /* no multiple of anything */
};

struct err __wrap_fd_write_ready(struct fd_known to, const void *buf, size_t size, size_t *put);
struct err __real_fd_write_ready(struct fd_known to, const void *buf, size_t size, size_t *put);

static atomic_uint writes;              /* calls that write */
static _Atomic(const void *) last_from; /* where the last of them wrote from */
static atomic_int eagains;              /* writes that find that nothing fits */

struct err
__wrap_fd_write_ready(struct fd_known to, const void *buf, size_t size, size_t *put)
{
	atomic_fetch_add(&writes, 1);
	atomic_store(&last_from, buf);
	if (atomic_load(&eagains) > 0) {
		atomic_fetch_sub(&eagains, 1);
		return err_make(EAGAIN, OP_WRITE, SIDE_DST, -1);
	}
	return __real_fd_write_ready(to, buf, size, put);
}

static int64_t
now_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
all_bytes_pass(void **state)
{
	static const struct {
		size_t step, min, take;
		bool lends;
	} cases[] = {
		{ 100, 1, 65536, false },
		{ 70001, 1, 1000, false },
		{ 300000, STREAM_BLOCK, 65000, false },
		{ 5000, 5001, 1 << 20, true },
		{ 1 << 20, 1, 1 << 20, true },
	};

	(void)state;
	for (enum joint_kind kind = 0; kind < JOINT_N; kind++) {
		for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
			struct joint j;
			struct joint_writer w = {
				.bytes = CONTENT, .step = cases[i].step, .lends = cases[i].lends
			};

			joint_make(&j, kind);
			struct joint_read r = joint_pass(&j, &w, cases[i].min, cases[i].take, 0);
			assert_false(err_failed(r.err));
			assert_int_equal(r.bytes, CONTENT);
			assert_true(r.right);
			assert_false(err_failed(w.err));
			assert_false(err_failed(w.closed));
			assert_int_equal(j.out.bytes, CONTENT);
			assert_false(err_failed(in_close(&j.in)));
			joint_drop(&j);
		}
	}
}

static void
nothing_is_empty_and_takes_all(void **state)
{
	struct tap_fake tap = tap_fake();
	struct stage *stage = &tap.stage;
	struct taps taps = { .stages = &stage, .n = 1 };
	struct in in;
	struct out out;
	const void *bytes;
	size_t n = 1;

	(void)state;
	in_init(&in, -1, true, joint_run.bufs, &joint_run.cancel);
	out_init(&out, -1, true, joint_run.bufs, &joint_run.cancel);
	out.taps = &taps;
	assert_false(err_failed(in_peek(&in, 1, &bytes, &n)));
	assert_int_equal(n, 0);
	assert_int_equal(in_fd(&in), -1);
	assert_int_equal(out_fd(&out), -1);
	assert_false(err_failed(out_write(&out, "gone", 4)));
	assert_false(err_failed(out_close(&out)));
	assert_int_equal(out.bytes, 4);
	assert_true(tap.sum == fnv(0, "gone", 4));
	assert_true(tap.whole);
	assert_false(err_failed(in_close(&in)));
	assert_false(err_failed(in_close(NULL)));
	assert_false(err_failed(out_close(NULL)));
}

static void *
drain(void *arg)
{
	static struct joint_read r;

	r = joint_read(arg, 1, STREAM_BLOCK, 0);
	return &r;
}

static void
lines_leave_in_few_writes(void **state)
{
	struct joint j;
	pthread_t thread;
	void *read;
	int r, w;

	(void)state;
	assert_false(err_failed(pipe_make(&r, &w, 1 << 20)));
	joint_make(&j, JOINT_PIPE);
	(void)out_close(&j.out);
	(void)in_close(&j.in);
	in_init(&j.in, r, true, joint_run.bufs, &joint_run.cancel);
	out_init(&j.out, w, true, joint_run.bufs, &joint_run.cancel);
	bool roomy = pipe_size(w) >= 1 << 20; /* unless we are over our share */
	assert_int_equal(pthread_create(&thread, NULL, drain, &j.in), 0);
	writes = 0;
	for (int i = 1; i <= LINES; i++) {
		char line[16];
		int len = snprintf(line, sizeof line, "%d\n", i);
		assert_false(err_failed(out_write(&j.out, line, (size_t)len)));
	}
	assert_false(err_failed(out_close(&j.out)));
	pthread_join(thread, &read);
	assert_int_equal(((struct joint_read *)read)->bytes, LINES_BYTES);
	if (roomy)
		assert_int_equal(writes, (LINES_BYTES + STREAM_BLOCK - 1) / STREAM_BLOCK);
	joint_drop(&j);
}

static void
large_writes_are_not_copied(void **state)
{
	static char large[STREAM_BLOCK];
	struct joint j;

	(void)state;
	joint_make(&j, JOINT_FILE);
	writes = 0;
	assert_false(err_failed(out_write(&j.out, "small", 5)));
	assert_int_equal(writes, 0);
	assert_int_equal(out_fd(&j.out), -1); /* something is gathered */
	assert_false(err_failed(out_write(&j.out, large, sizeof large)));
	assert_int_equal(writes, 2); /* what was gathered went first */
	assert_ptr_equal(last_from, large);
	assert_int_equal(j.out.bytes, 5 + STREAM_BLOCK);
	assert_int_equal(out_fd(&j.out), j.out.fd);
	joint_drop(&j);
}

static void
descriptors_are_bare_until_something_is_between(void **state)
{
	struct taps taps = { .n = 0 };
	struct joint j;
	const void *bytes;
	size_t n;

	(void)state;
	joint_make(&j, JOINT_PIPE);
	assert_int_equal(in_fd(&j.in), j.in.fd);
	assert_int_equal(out_fd(&j.out), j.out.fd);
	assert_false(err_failed(out_write(&j.out, "ab", 2)));
	assert_false(err_failed(out_flush(&j.out)));
	assert_int_equal(out_fd(&j.out), j.out.fd);
	assert_false(err_failed(in_peek(&j.in, 2, &bytes, &n)));
	assert_int_equal(in_fd(&j.in), -1);
	in_take(&j.in, 2);
	assert_int_equal(in_fd(&j.in), j.in.fd);
	j.in.taps = &taps;
	j.out.taps = &taps;
	assert_int_equal(in_fd(&j.in), -1);
	assert_int_equal(out_fd(&j.out), -1);
	joint_drop(&j);
	assert_int_equal(in_fd(&j.in), -1);
	joint_make(&j, JOINT_RING);
	assert_int_equal(in_fd(&j.in), -1);
	assert_int_equal(out_fd(&j.out), -1);
	joint_drop(&j);
}

static void
what_was_written_leaves_before_a_sleep(void **state)
{
	(void)state;
	for (enum joint_kind kind = 0; kind < JOINT_FILE; kind++) {
		struct joint from, to;
		pthread_t thread;
		const void *bytes;
		void *read;
		size_t n;

		joint_make(&from, kind);
		joint_make(&to, JOINT_PIPE);
		from.in.companion = &to.out;
		assert_false(err_failed(out_write(&to.out, "answer", 6)));
		assert_false(err_failed(out_write(&from.out, "ready", 5)));
		assert_false(err_failed(out_flush(&from.out)));
		assert_false(err_failed(in_peek(&from.in, 1, &bytes, &n)));
		assert_int_equal(to.out.end, 6); /* it did not sleep */
		assert_int_equal(n, 5);
		in_take(&from.in, n);
		assert_int_equal(pthread_create(&thread, NULL, drain, &from.in), 0);
		assert_false(err_failed(in_peek(&to.in, 6, &bytes, &n))); /* else for ever */
		assert_memory_equal(bytes, "answer", 6);
		assert_false(err_failed(out_close(&from.out)));
		pthread_join(thread, &read);
		assert_false(err_failed(((struct joint_read *)read)->err));
		joint_drop(&from);
		joint_drop(&to);
	}
}

static void
a_companion_that_fails_fails_the_reader(void **state)
{
	struct joint from, to;
	const void *bytes;
	size_t n;

	(void)state;
	joint_make(&from, JOINT_PIPE);
	joint_make(&to, JOINT_PIPE);
	from.in.companion = &to.out;
	assert_false(err_failed(in_close(&to.in)));
	assert_false(err_failed(out_write(&to.out, "lost", 4)));
	assert_true(err_is_broken_pipe(in_peek(&from.in, 1, &bytes, &n)));
	joint_drop(&from);
	joint_drop(&to);
}

static void
who_reads_no_more_breaks_the_pipe(void **state)
{
	(void)state;
	for (enum joint_kind kind = 0; kind < JOINT_FILE; kind++) {
		struct joint j;
		struct joint_writer w = { .bytes = CONTENT, .step = 1000 };
		pthread_t thread;
		const void *bytes;
		size_t n;

		joint_make(&j, kind);
		w.out = &j.out;
		assert_int_equal(pthread_create(&thread, NULL, joint_write, &w), 0);
		assert_false(err_failed(in_peek(&j.in, 1, &bytes, &n)));
		assert_false(err_failed(in_close(&j.in)));
		pthread_join(thread, NULL);
		assert_true(err_is_broken_pipe(w.err));
		assert_true(err_is_broken_pipe(w.closed)); /* bytes are missing: it stays broken */
		assert_int_equal(w.err.op, OP_WRITE);
		joint_drop(&j);
	}
	assert_false(err_is_broken_pipe(ERR_OK));
	assert_false(err_is_broken_pipe(err_make(EIO, OP_WRITE, SIDE_DST, -1)));
}

/* Return when nothing fits into FD any more. */
static void
await_full(int fd)
{
	struct cancel now;

	assert_false(err_failed(cancel_init(&now)));
	cancel_request(&now, err_make(EINTR, OP_NONE, SIDE_NONE, -1));
	while (fd_wait(fd, true, cancel_fd(&now)))
		sched_yield();
	cancel_release(&now);
}

static void
a_slow_reader_costs_no_time_of_ours(void **state)
{
	struct joint j;
	struct joint_writer w = { .bytes = CONTENT, .step = 4096 };

	(void)state;
	joint_make(&j, JOINT_PIPE);
	w.out = &j.out;
	int fd = j.out.fd;
	pthread_t thread;
	clockid_t clock;
	atomic_store(&eagains, 3); /* a wait that was wrong is waited again */
	assert_int_equal(pthread_create(&thread, NULL, joint_write, &w), 0);
	assert_int_equal(pthread_getcpuclockid(thread, &clock), 0);
	await_full(fd);
	int64_t before = now_ms(clock);
	nanosleep(&(struct timespec){ .tv_nsec = 200 * 1000000 }, NULL);
	assert_in_range(now_ms(clock) - before, 0, 40);
	struct joint_read r = joint_read(&j.in, 1, STREAM_BLOCK, 0);
	pthread_join(thread, NULL);
	assert_true(r.right);
	assert_int_equal(r.bytes, CONTENT);
	joint_drop(&j);
}

static void *
read_all(void *arg)
{
	static struct err e;

	e = joint_read(arg, 1, STREAM_BLOCK, 0).err;
	return &e;
}

static void
a_cancellation_ends_what_blocks(void **state)
{
	(void)state;
	for (enum joint_kind kind = 0; kind < JOINT_RING; kind++) {
		struct joint full, empty;
		struct joint_writer w = { .bytes = CONTENT, .step = 65536 };
		pthread_t threads[2];
		void *read;

		joint_make(&full, kind);
		joint_make(&empty, kind);
		w.out = &full.out;
		int fd = full.out.fd;
		assert_int_equal(pthread_create(&threads[0], NULL, joint_write, &w), 0);
		assert_int_equal(pthread_create(&threads[1], NULL, read_all, &empty.in), 0);
		await_full(fd);
		int64_t start = now_ms(CLOCK_MONOTONIC);
		cancel_request(&joint_run.cancel, err_make(EINTR, OP_NONE, SIDE_NONE, -1));
		pthread_join(threads[0], NULL);
		pthread_join(threads[1], &read);
		assert_in_range(now_ms(CLOCK_MONOTONIC) - start, 0, CANCEL_MS);
		assert_int_equal(w.err.code, ECANCELED);
		assert_int_equal(w.closed.code, ECANCELED);
		assert_int_equal(((struct err *)read)->code, ECANCELED);
		joint_drop(&full);
		joint_drop(&empty);
		cancel_release(&joint_run.cancel);
		assert_false(err_failed(cancel_init(&joint_run.cancel)));
	}
}

static void
a_canceled_run_moves_nothing(void **state)
{
	(void)state;
	cancel_request(&joint_run.cancel, err_make(EINTR, OP_NONE, SIDE_NONE, -1));
	for (enum joint_kind kind = 0; kind < JOINT_N; kind++) {
		struct joint j;
		const void *bytes;
		size_t n;

		joint_make(&j, kind);
		(void)out_write(&j.out, "x", 1); /* may be gathered */
		assert_int_equal(
		    (j.ring != NULL ? out_write(&j.out, "x", 1) : out_close(&j.out)).code,
		    ECANCELED);
		assert_int_equal(in_peek(&j.in, 1, &bytes, &n).code, ECANCELED);
		assert_int_equal(j.out.bytes, 0);
		joint_drop(&j);
	}
}

static void
alarm_rings(int sig)
{
	(void)sig;
}

/* Row 4 of tests/STAGES.md. */
static void
signals_change_nothing(void **state)
{
	struct sigaction act = { .sa_handler = alarm_rings }, was; /* no SA_RESTART */
	struct itimerval storm = { { 0, 1000 }, { 0, 1000 } }, calm = { 0 };

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &act, &was), 0);
	for (enum joint_kind kind = 0; kind < JOINT_N; kind++) {
		struct joint j;
		struct joint_writer w = { .bytes = STORM, .step = 3000 };

		joint_make(&j, kind);
		assert_int_equal(setitimer(ITIMER_REAL, &storm, NULL), 0);
		struct joint_read r = joint_pass(&j, &w, 1, 5000, 0);
		assert_int_equal(setitimer(ITIMER_REAL, &calm, NULL), 0);
		assert_false(err_failed(r.err));
		assert_false(err_failed(w.err));
		assert_int_equal(r.bytes, STORM);
		assert_true(r.right);
		joint_drop(&j);
	}
	assert_int_equal(sigaction(SIGALRM, &was, NULL), 0);
}

static void
closing_keeps_its_first_result(void **state)
{
	struct in in;
	struct out out;

	(void)state;
	for (int owned = 0; owned < 2; owned++) {
		int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

		assert_true(full >= 0 && null >= 0);
		out_init(&out, full, owned != 0, joint_run.bufs, &joint_run.cancel);
		in_init(&in, null, owned != 0, joint_run.bufs, &joint_run.cancel);
		assert_false(err_failed(out_write(&out, "x", 1)));
		assert_int_equal(out_close(&out).code, ENOSPC);
		assert_int_equal(out_close(&out).code, ENOSPC);
		assert_false(err_failed(in_close(&in)));
		assert_false(err_failed(in_close(&in)));
		assert_int_equal(fcntl(full, F_GETFD) == -1, owned);
		assert_int_equal(fcntl(null, F_GETFD) == -1, owned);
		if (owned == 0) {
			close(full);
			close(null);
		}
	}
	/* closing is checked, of what was owned */
	in_init(&in, 9999, true, joint_run.bufs, &joint_run.cancel);
	assert_int_equal(in_close(&in).code, EBADF);
	assert_int_equal(in_close(&in).op, OP_CLOSE);
}

int
main(void)
{
#define stream_test(f) cmocka_unit_test_setup_teardown(f, joint_prepare, joint_tidy)
	const struct CMUnitTest tests[] = {
		stream_test(all_bytes_pass),
		stream_test(nothing_is_empty_and_takes_all),
		stream_test(lines_leave_in_few_writes),
		stream_test(large_writes_are_not_copied),
		stream_test(descriptors_are_bare_until_something_is_between),
		stream_test(what_was_written_leaves_before_a_sleep),
		stream_test(a_companion_that_fails_fails_the_reader),
		stream_test(who_reads_no_more_breaks_the_pipe),
		stream_test(a_slow_reader_costs_no_time_of_ours),
		stream_test(a_cancellation_ends_what_blocks),
		stream_test(a_canceled_run_moves_nothing),
		stream_test(signals_change_nothing),
		stream_test(closing_keeps_its_first_result),
	};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	temp_make(&joint_run.temp);
	int failed = cmocka_run_group_tests_name("stream", tests, NULL, NULL);
	temp_remove(&joint_run.temp);
	return failed;
}
