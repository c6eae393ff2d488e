/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Links against the design that always copies: the same stages, joined in two ways, measured in turns.
 *
 * usage: linkbench [RUNS] [FILE]
 *   RUNS  of each design in each case; 7
 *   FILE  of the case "file to command", made by the caller; /dev/shm/decant-linkbench by default
 *
 * The baseline is what exec'ing pipelines did before stages negotiated (STAGES.md section 3): a function
 * hands its bytes to a copier thread by a rendezvous, which writes 32 KiB at a time into a pipe of
 * 64 KiB; the user's output has a copier too.  The stronger baseline has a ring of 64 KiB in place of
 * the rendezvous.  Prints one line a case: medians in milliseconds and the ratios.
 */
#include "base/own.h"
#include "pipe/command.h"
#include "pipe/function.h"
#include "pipe/pipeline.h"
#include "sys/file.h"
#include "sys/pipe.h"
#include "sys/proc.h"
#include "sys/spawn.h"
#include "thread/bufs.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LINES = 100000,
	BULK = 64 << 20,
	BULK_WRITE = 4096,
	SMALL_WRITES = 1 << 20, /* of 64 bytes: 64 MiB */
	COPY_BUF = 32 << 10,    /* of the baseline's copiers; STAGES.md row 86 */
	BASE_RING = 64 << 10,   /* of the stronger baseline */
	MAX_RUNS = 101,
};

/* What a stage's work reads and writes, whatever joins it. */
struct flow {
	size_t (*read)(void *from, void *buf, size_t size); /* 0 = the end */
	void (*write)(void *to, const void *buf, size_t size);
	void *from;
	void *to;
};

/* The work of a stage. */
typedef void work(struct flow *f, size_t size);

static size_t lines_counted, bytes_counted;

static void
work_lines(struct flow *f, size_t size)
{
	char line[16];

	(void)size;
	for (int i = 1; i <= LINES; i++) {
		int n = snprintf(line, sizeof line, "%d\n", i);
		f->write(f->to, line, (size_t)n);
	}
}

static void
work_bulk(struct flow *f, size_t size)
{
	static const char bytes[64 << 10];

	for (size_t done = 0; done < BULK; done += size)
		f->write(f->to, bytes, size);
}

static void
work_copy(struct flow *f, size_t size)
{
	char *buf = malloc(COPY_BUF);
	size_t n;

	(void)size;
	BUG_ON(buf == NULL);
	while ((n = f->read(f->from, buf, COPY_BUF)) > 0)
		f->write(f->to, buf, n);
	free(buf);
}

static void
work_count(struct flow *f, size_t size)
{
	char *buf = malloc(COPY_BUF);
	size_t n;

	(void)size;
	BUG_ON(buf == NULL);
	lines_counted = bytes_counted = 0;
	while ((n = f->read(f->from, buf, COPY_BUF)) > 0) {
		bytes_counted += n;
		for (const char *at = buf; (at = memchr(at, '\n', n - (size_t)(at - buf))) != NULL;
		     at++)
			lines_counted++;
	}
	free(buf);
}

/* --- the design that always copies --- */

/* In memory between two threads: a rendezvous (SIZE 0), or a ring of SIZE bytes. */
struct meeting {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t size;
	const char *bytes; /* rendezvous: what the writer offers */
	size_t len;        /* bytes offered, or in the ring */
	size_t at;         /* ring: the first of them */
	bool closed;       /* the writer is done */
	char ring[BASE_RING];
};

static void
meeting_init(struct meeting *m, size_t size)
{
	memset(m, 0, sizeof *m);
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->changed, NULL);
	m->size = size;
}

static void
meeting_write(void *to, const void *buf, size_t size)
{
	struct meeting *m = to;
	const char *bytes = buf;

	pthread_mutex_lock(&m->lock);
	if (m->size == 0) {
		m->bytes = bytes;
		m->len = size;
		pthread_cond_broadcast(&m->changed);
		while (m->len > 0)
			pthread_cond_wait(&m->changed, &m->lock);
	}
	while (m->size > 0 && size > 0) {
		while (m->len == m->size)
			pthread_cond_wait(&m->changed, &m->lock);
		size_t end = (m->at + m->len) % m->size;
		size_t room = m->size - m->len;
		size_t n = room < m->size - end ? room : m->size - end;
		if (n > size)
			n = size;
		memcpy(m->ring + end, bytes, n);
		if (m->len == 0)
			pthread_cond_broadcast(&m->changed);
		m->len += n;
		bytes += n;
		size -= n;
	}
	pthread_mutex_unlock(&m->lock);
}

static size_t
meeting_read(void *from, void *buf, size_t size)
{
	struct meeting *m = from;

	pthread_mutex_lock(&m->lock);
	while (m->len == 0 && !m->closed)
		pthread_cond_wait(&m->changed, &m->lock);
	size_t n = m->len < size ? m->len : size;
	if (m->size == 0) {
		memcpy(buf, m->bytes, n);
		m->bytes += n;
		m->len -= n;
		if (m->len == 0)
			pthread_cond_broadcast(&m->changed);
	} else {
		if (n > m->size - m->at)
			n = m->size - m->at;
		memcpy(buf, m->ring + m->at, n);
		m->at = (m->at + n) % m->size;
		if (m->len == m->size)
			pthread_cond_broadcast(&m->changed);
		m->len -= n;
	}
	pthread_mutex_unlock(&m->lock);
	return n;
}

static void
meeting_close(struct meeting *m)
{
	pthread_mutex_lock(&m->lock);
	m->closed = true;
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock);
}

static size_t
fd_read(void *from, void *buf, size_t size)
{
	size_t got = 0;

	BUG_ON(err_failed(file_read(*(int *)from, buf, size, SIDE_SRC, &got)));
	return got;
}

static void
fd_write(void *to, const void *buf, size_t size)
{
	BUG_ON(err_failed(file_write_all(*(int *)to, buf, size)));
}

/* A thread of the baseline: its work, and what it closes at the end. */
struct base_thread {
	pthread_t thread;
	work *work;
	size_t size;
	struct flow flow;
	struct meeting *meets; /* closed at the end, or NULL */
	int *closes;           /* likewise, or NULL */
};

static void *
base_main(void *arg)
{
	struct base_thread *t = arg;

	t->work(&t->flow, t->size);
	if (t->meets != NULL)
		meeting_close(t->meets);
	if (t->closes != NULL)
		proc_close(t->closes);
	return NULL;
}

static void
base_start(struct base_thread *t)
{
	BUG_ON(pthread_create(&t->thread, NULL, base_main, t) != 0);
}

enum {
	HOPS = 5, /* commands of the chain */
};

static void
spawn_cat(int in, int out, struct child *c)
{
	char cat[] = "cat";
	char *argv[] = { cat, NULL };
	struct spawn s = {
		.path = "cat",
		.argv = argv,
		.fds = { in, out, STDERR_FILENO },
		.dir = AT_FDCWD,
		.keeps_group = true,
	};
	BUG_ON(err_failed(spawn_child(&s, c)));
}

/* Function FIRST, then HOPS times "cat, function", the last function counting; each function writes to a
 * copier, and the copier to a pipe. */
static void
base_chain(work *first, size_t size, size_t ring)
{
	static struct meeting meetings[HOPS + 1];
	static int to_cat[HOPS][2], from_cat[HOPS][2];
	struct base_thread works[HOPS + 1] = { 0 }, copiers[HOPS] = { 0 };
	struct child cats[HOPS];

	for (int i = 0; i < HOPS; i++) {
		BUG_ON(err_failed(pipe_make(&to_cat[i][0], &to_cat[i][1], 0)));
		BUG_ON(err_failed(pipe_make(&from_cat[i][0], &from_cat[i][1], 0)));
		spawn_cat(to_cat[i][0], from_cat[i][1], &cats[i]);
		proc_close(&to_cat[i][0]);
		proc_close(&from_cat[i][1]);
		meeting_init(&meetings[i], ring);
	}
	for (int i = 0; i <= HOPS; i++) {
		works[i].work = i == 0 ? first : i < HOPS ? work_copy : work_count;
		works[i].size = size;
		works[i].flow = (struct flow){ fd_read, meeting_write,
			i > 0 ? &from_cat[i - 1][0] : NULL, i < HOPS ? &meetings[i] : NULL };
		works[i].meets = i < HOPS ? &meetings[i] : NULL;
		base_start(&works[i]);
		if (i == HOPS)
			break;
		copiers[i].work = work_copy;
		copiers[i].flow =
		    (struct flow){ meeting_read, fd_write, &meetings[i], &to_cat[i][1] };
		copiers[i].closes = &to_cat[i][1];
		base_start(&copiers[i]);
	}
	for (int i = 0; i <= HOPS; i++) {
		struct child_end end;
		pthread_join(works[i].thread, NULL);
		if (i == HOPS)
			break;
		pthread_join(copiers[i].thread, NULL);
		child_reap(&cats[i], &end);
	}
	for (int i = 0; i < HOPS; i++)
		proc_close(&from_cat[i][0]);
}

/* FILE to a command: a function reads it, hands over to a copier, which writes a pipe. */
static void
base_file(const char *file)
{
	static struct meeting meeting;
	static int pipe_fds[2];
	struct base_thread reader = { 0 }, copier = { 0 };
	struct child dd;
	struct child_end end;
	char words[4][16] = { "dd", "bs=128k", "of=/dev/null", "status=none" };
	char *argv[] = { words[0], words[1], words[2], words[3], NULL };
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	BUG_ON(fd < 0 || err_failed(pipe_make(&pipe_fds[0], &pipe_fds[1], 0)));
	struct spawn s = {
		.path = "dd",
		.argv = argv,
		.fds = { pipe_fds[0], -1, STDERR_FILENO },
		.dir = AT_FDCWD,
		.keeps_group = true,
	};
	BUG_ON(err_failed(spawn_child(&s, &dd)));
	proc_close(&pipe_fds[0]);
	meeting_init(&meeting, 0);
	reader.work = work_copy;
	reader.flow = (struct flow){ fd_read, meeting_write, &fd, &meeting };
	reader.meets = &meeting;
	copier.work = work_copy;
	copier.flow = (struct flow){ meeting_read, fd_write, &meeting, &pipe_fds[1] };
	copier.closes = &pipe_fds[1];
	base_start(&reader);
	base_start(&copier);
	pthread_join(reader.thread, NULL);
	pthread_join(copier.thread, NULL);
	child_reap(&dd, &end);
	proc_close(&fd);
}

/* Function to function. */
static void
base_edge(size_t size, size_t ring)
{
	static struct meeting meeting;
	struct base_thread writer = { 0 }, reader = { 0 };

	meeting_init(&meeting, ring);
	writer.work = work_bulk;
	writer.size = size;
	writer.flow = (struct flow){ NULL, meeting_write, NULL, &meeting };
	writer.meets = &meeting;
	reader.work = work_count;
	reader.flow = (struct flow){ meeting_read, NULL, &meeting, NULL };
	base_start(&writer);
	base_start(&reader);
	pthread_join(writer.thread, NULL);
	pthread_join(reader.thread, NULL);
}

/* --- ours --- */

static bool flush_each; /* each write leaves at once: negotiated, but not gathered */

static size_t
stream_read(void *from, void *buf, size_t size)
{
	const void *bytes;
	size_t n;

	BUG_ON(err_failed(in_peek(from, 1, &bytes, &n)));
	if (n > size)
		n = size;
	memcpy(buf, bytes, n);
	in_take(from, n);
	return n;
}

static void
stream_write(void *to, const void *buf, size_t size)
{
	BUG_ON(err_failed(out_write(to, buf, size)));
	if (flush_each)
		BUG_ON(err_failed(out_flush(to)));
}

/* What a stage of ours does. */
struct job {
	work *work;
	size_t size;
};

static struct err
body(void *arg, struct in *in, struct out *out, bool *early)
{
	const struct job *job = arg;
	struct flow f = { stream_read, stream_write, in, out };

	(void)early;
	job->work(&f, job->size);
	return ERR_OK;
}

static void
add_function(struct pipeline *p, struct job *job, bool elides)
{
	struct function f = {
		.name = "function",
		.body = body,
		.arg = job,
		.in = { .want = WANT_ANY },
		.out = { .want = WANT_ANY },
		.identity = elides && job->work == work_copy,
	};
	struct stage *s = function_new(&f);
	BUG_ON(s == NULL || err_failed(pipeline_add(p, s)));
}

static void
add_command(struct pipeline *p, const char *const *argv)
{
	struct stage *s = command_new(argv);
	BUG_ON(s == NULL || err_failed(pipeline_add(p, s)));
}

static void
note_nothing(void *arg, const struct stage_note *n)
{
	(void)arg;
	(void)n;
}

/* Run P between SOURCE (-1 = nothing) and nothing. */
static void
run(struct pipeline *p, int source)
{
	struct cancel cancel;
	struct verdict v;
	struct layout_fault fault;
	struct pipeline_means means = { .pipes = pipepool_new(2) };
	struct end from = { .fd = source, .kind = source < 0 ? WANT_NONE : WANT_FILE };
	struct end to = { .fd = -1, .kind = WANT_NONE };
	struct stage_run sr = {
		.loop = loop_new(),
		.cancel = &cancel,
		.bufs = bufs_new(64, 64 << 10),
		.dir = AT_FDCWD,
		.keeps_group = true,
		.note = note_nothing,
	};

	BUG_ON(err_failed(cancel_init(&cancel)));
	BUG_ON(err_failed(pipeline_start(p, &sr, &means, &from, &to, &fault)));
	pipeline_wait(p, &v);
	BUG_ON(v.kind != VERDICT_OK);
	pipeline_free(p);
	loop_free(sr.loop);
	bufs_free(sr.bufs);
	pipepool_free(means.pipes);
	cancel_release(&cancel);
}

static void
our_chain(work *first, size_t size, bool elides)
{
	static const char *const cat[] = { "cat", NULL };
	struct job jobs[] = { { first, size }, { work_copy, 0 }, { work_count, 0 } };
	struct pipeline *p = pipeline_new();

	BUG_ON(p == NULL);
	add_function(p, &jobs[0], elides);
	for (int i = 0; i < HOPS; i++) {
		add_command(p, cat);
		add_function(p, &jobs[i + 1 < HOPS ? 1 : 2], elides);
	}
	run(p, -1);
}

static void
our_file(const char *file)
{
	static const char *const dd[] = { "dd", "bs=128k", "of=/dev/null", "status=none", NULL };
	struct pipeline *p = pipeline_new();
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	BUG_ON(p == NULL || fd < 0);
	add_command(p, dd);
	run(p, fd);
	proc_close(&fd);
}

static void
our_edge(size_t size)
{
	struct job jobs[] = { { work_bulk, size }, { work_count, 0 } };
	struct pipeline *p = pipeline_new();

	BUG_ON(p == NULL);
	add_function(p, &jobs[0], false);
	add_function(p, &jobs[1], false);
	run(p, -1);
}

/* --- the cases --- */

static const char *file = "/dev/shm/decant-linkbench";

/* Designs, the baseline first. */
enum design { BASE, BASE_WITH_RING, NEGOTIATED, PRODUCT, DESIGNS };

static const char *const design_names[DESIGNS] = { "always-copy", "always-copy, ring", "negotiated",
	"ours" };

static void
run_lines(enum design d)
{
	flush_each = d == NEGOTIATED;
	if (d <= BASE_WITH_RING)
		base_chain(work_lines, 0, d == BASE ? 0 : BASE_RING);
	else
		our_chain(work_lines, 0, d == PRODUCT);
	flush_each = false;
	BUG_ON(lines_counted != LINES);
}

static void
run_bulk(enum design d)
{
	if (d <= BASE_WITH_RING)
		base_chain(work_bulk, BULK_WRITE, d == BASE ? 0 : BASE_RING);
	else
		our_chain(work_bulk, BULK_WRITE, d == PRODUCT);
	BUG_ON(bytes_counted != BULK);
}

static void
run_file(enum design d)
{
	if (d == BASE)
		base_file(file);
	else
		our_file(file);
}

static void
edge(enum design d, size_t size)
{
	if (d <= BASE_WITH_RING)
		base_edge(size, d == BASE ? 0 : BASE_RING);
	else
		our_edge(size);
	BUG_ON(bytes_counted != BULK);
}

static void
run_edge_64(enum design d)
{
	edge(d, 64);
}

static void
run_edge_4k(enum design d)
{
	edge(d, 4096);
}

static void
run_edge_64k(enum design d)
{
	edge(d, 64 << 10);
}

static const struct {
	const char *name;
	void (*run)(enum design d);
	unsigned designs; /* bits of those that the case has */
	double wanted;    /* least ratio of the baseline to ours */
} cases[] = {
	{ "unbuffered lines", run_lines, 15, 6.6 },
	{ "bulk, 4 KiB writes", run_bulk, 15, 2.25 },
	{ "file to command", run_file, 1 << BASE | 1 << PRODUCT, 2.0 },
	{ "function to function, 64 B", run_edge_64, 1 << BASE | 1 << BASE_WITH_RING | 1 << PRODUCT,
	    10.0 },
	{ "function to function, 4 KiB", run_edge_4k,
	    1 << BASE | 1 << BASE_WITH_RING | 1 << PRODUCT, 3.0 },
	{ "function to function, 64 KiB", run_edge_64k,
	    1 << BASE | 1 << BASE_WITH_RING | 1 << PRODUCT, 0.9 },
};

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	long runs = argc > 1 ? strtol(argv[1], NULL, 10) : 7;

	if (runs < 1 || runs > MAX_RUNS) {
		fprintf(stderr, "linkbench: RUNS is 1 to %d\n", MAX_RUNS);
		return 2;
	}
	if (argc > 2)
		file = argv[2];
	proc_block_signals();
	for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
		double ms[DESIGNS][MAX_RUNS] = { 0 };
		for (long r = 0; r < runs; r++) {
			for (unsigned d = 0; d < DESIGNS; d++) {
				if ((cases[c].designs & 1U << d) == 0)
					continue;
				int64_t began = proc_now_ns();
				cases[c].run(d);
				ms[d][r] = (double)(proc_now_ns() - began) / 1e6;
			}
		}
		for (unsigned d = 0; d < DESIGNS; d++)
			qsort(ms[d], (size_t)runs, sizeof ms[d][0], by_value);
		double ours = ms[PRODUCT][runs / 2];
		for (unsigned d = 0; d < DESIGNS; d++) {
			if ((cases[c].designs & 1U << d) == 0)
				continue;
			printf("| %s | %s | %.1f | %.2f |", cases[c].name, design_names[d],
			    ms[d][runs / 2], ms[d][runs / 2] / ours);
			if (d == BASE)
				printf(" wanted %.2f |", cases[c].wanted);
			putchar('\n');
		}
		fflush(stdout);
	}
	return 0;
}
