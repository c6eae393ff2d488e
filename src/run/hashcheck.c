/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checking in parallel: the list is read as a whole, every file is a job, and the verdicts are printed in
 * the order of the list, each as soon as all before it are known.
 */
#include "run/hashcheck.h"

#include "base/own.h"
#include "run/checklist.h"
#include "run/inodes.h"
#include "run/reading.h"
#include "run/sink.h"
#include "run/tell.h"
#include "sys/file.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How a name came out. */
enum verdict_of_name {
	VERDICT_NONE,    /* not yet known */
	VERDICT_OK,      /* as listed */
	VERDICT_FAILED,  /* another digest */
	VERDICT_UNREAD,  /* could not be opened or read */
	VERDICT_MISSING, /* is not there, and need not be */
};

/* A check under way. */
struct check {
	struct run run; /* first: the job finds it */
	const struct hash_opts *opts;
	struct checklist list;
	_Atomic size_t next; /* the next name to be checked */
	pthread_mutex_t lock;
	/* --- guarded by lock --- */
	unsigned char *verdicts; /* enum verdict_of_name [list.n] */
	size_t printed;          /* names whose verdict was printed */
};

/* The job of one worker: names, one after the other, until there are no more. */
struct check_job {
	struct job job; /* first */
	struct check *check;
};

/* Print what became of NAME. */
static void
print_verdict(struct check *c, const struct checked_name *name, enum verdict_of_name verdict)
{
	static const char *const words[VERDICT_MISSING + 1] = {
		[VERDICT_OK] = "OK",
		[VERDICT_FAILED] = "FAILED",
		[VERDICT_UNREAD] = "FAILED open or read",
	};
	struct event ev = { .kind = EVENT_RESULT, .src = name->name };
	struct str line = STR_INIT;

	if (c->opts->status || words[verdict] == NULL || (verdict == VERDICT_OK && c->opts->no_ok))
		return;
	checklist_add_name(&line, name->name);
	str_addf(&line, ": %s", words[verdict]);
	ev.note = line.buf;
	ev.result = words[verdict];
	report_emit(c->run.report, &ev);
	str_release(&line);
}

/* The next name that may be printed; its verdict, or VERDICT_NONE. */
static enum verdict_of_name
next_printable(struct check *c, size_t *i)
{
	enum verdict_of_name verdict = VERDICT_NONE;

	pthread_mutex_lock(&c->lock);
	if (c->printed < c->list.n)
		verdict = (enum verdict_of_name)c->verdicts[c->printed];
	*i = c->printed;
	if (verdict != VERDICT_NONE)
		c->printed++;
	pthread_mutex_unlock(&c->lock);
	return verdict;
}

/* Print all that is known in order.  Main thread. */
static void
print_known(struct check *c)
{
	enum verdict_of_name verdict;
	size_t i;

	while ((verdict = next_printable(c, &i)) != VERDICT_NONE)
		print_verdict(c, &c->list.names[i], verdict);
}

/* Whether one of the digests that NAME may have is what W saw. */
static bool
matches(struct worker *w, const struct checked_name *name)
{
	for (size_t i = 0; i < w->hashing.algos->n; i++) {
		unsigned char digest[DIGEST_MAX];

		if ((name->algos & 1U << i) == 0)
			continue;
		hashing_get(&w->hashing, i, digest);
		if (memcmp(digest, name->digest, w->hashing.algos->algos[i]->size) == 0)
			return true;
	}
	return false;
}

/* Have W's digests made of NAME. */
static struct err
read_name(struct worker *w, const char *name)
{
	bool is_stdin = strcmp(name, "-") == 0;
	own_fd own = -1;
	struct stat st;

	if (!is_stdin)
		TRY(dir_open_file(AT_FDCWD, name, true, &own));
	int fd = is_stdin ? STDIN_FILENO : own;
	TRY(file_stat(fd, SIDE_SRC, &st));
	if (S_ISDIR(st.st_mode))
		return err_make(EISDIR, OP_READ, SIDE_SRC, -1);
	struct err err = reading_hash_once(w, fd, &st);
	return err.op == OP_CHANGED ? ERR_OK : err;
}

/* Whether line I of the list has the name of the line before: by several digests, a file has a line for each. */
static bool
goes_with_last(const struct check *c, size_t i)
{
	return i > 0 && strcmp(c->list.names[i].name, c->list.names[i - 1].name) == 0;
}

/* Settle line I, whose file was read, or was not because of ERR. */
static void
settle(struct check *c, struct worker *w, size_t i, struct err err)
{
	const struct checked_name *name = &c->list.names[i];
	enum verdict_of_name verdict = VERDICT_UNREAD;

	if (!err_failed(err))
		verdict = matches(w, name) ? VERDICT_OK : VERDICT_FAILED;
	else if (err.code == ENOENT && c->opts->ignore_missing)
		verdict = VERDICT_MISSING;
	else
		tell_operand_error(&c->run, name->name, err, NULL);
	atomic_fetch_add_explicit(&c->run.live->items_done, 1, memory_order_relaxed);
	pthread_mutex_lock(&c->lock);
	c->verdicts[i] = (unsigned char)verdict;
	pthread_mutex_unlock(&c->lock);
}

static void
check_run(struct job *job, unsigned number)
{
	struct check *c = ((struct check_job *)job)->check;
	struct worker *w = &c->run.workers[number];
	size_t i;

	free(job);
	while (
	    !cancel_requested(&c->run.cancel) && (i = atomic_fetch_add(&c->next, 1)) < c->list.n) {
		if (goes_with_last(c, i))
			continue;
		struct err err = read_name(w, c->list.names[i].name);
		if (err_class(err) == ERR_CLASS_CANCELED)
			return;
		do
			settle(c, w, i, err);
		while (++i < c->list.n && goes_with_last(c, i));
	}
}

static void
give(struct run *run)
{
	struct check *c = (struct check *)(void *)run;

	run->base = node_new_base(run->nodes, AT_FDCWD, -1, "");
	if (run->base == NULL || err_failed(run_start_workers(run))) {
		report_raise(run->report, EXIT_STOPPED);
		return;
	}
	atomic_store(&run->live->items_found, (int64_t)c->list.n);
	for (unsigned i = 0; i < run->n_workers; i++) {
		struct check_job *j = calloc(1, sizeof *j);

		if (j == NULL)
			break;
		*j = (struct check_job){ .job.run = check_run, .check = c };
		/* the lane is smaller than the largest number of workers: those who come do all */
		if (!sched_push(run->sched, LANE_BATCHES, &j->job)) {
			free(j);
			break;
		}
	}
	while (!sched_is_idle(run->sched) && !cancel_requested(&run->cancel)) {
		run_pump(run, 10);
		print_known(c);
	}
}

/* "decant: WARNING: 2 computed checksums did NOT match", as sha256sum has it. */
static void
warn(struct check *c, size_t n, const char *one, const char *many)
{
	struct event ev = { .kind = EVENT_NOTE };
	struct str line = STR_INIT;

	if (n == 0 || c->opts->status)
		return;
	str_addf(&line, "WARNING: %zu %s", n, n == 1 ? one : many);
	ev.note = line.buf;
	report_emit(c->run.report, &ev);
	str_release(&line);
}

static void
complain(struct check *c, const char *words)
{
	struct str line = STR_INIT;
	struct event ev = { .kind = EVENT_NOTE };

	checklist_add_name(&line, c->opts->check);
	str_addf(&line, ": %s", words);
	ev.note = line.buf;
	report_emit(c->run.report, &ev);
	str_release(&line);
	report_raise(c->run.report, EXIT_PARTIAL);
}

static void
conclude(struct run *run)
{
	struct check *c = (struct check *)(void *)run;
	size_t count[VERDICT_MISSING + 1] = { 0 };

	if (cancel_requested(&run->cancel))
		return;
	print_known(c);
	for (size_t i = 0; i < c->list.n; i++)
		count[c->verdicts[i]]++;
	if (c->list.n == 0) {
		complain(c, "no properly formatted checksum lines found");
		return;
	}
	warn(
	    c, c->list.bad_lines, "line is improperly formatted", "lines are improperly formatted");
	warn(c, count[VERDICT_UNREAD], "listed file could not be read",
	    "listed files could not be read");
	warn(c, count[VERDICT_FAILED], "computed checksum did NOT match",
	    "computed checksums did NOT match");
	if (c->opts->ignore_missing && count[VERDICT_OK] + count[VERDICT_FAILED] == 0)
		complain(c, "no file was verified");
	if (count[VERDICT_FAILED] > 0 || count[VERDICT_UNREAD] > 0 ||
	    (c->list.bad_lines > 0 && c->opts->strict))
		report_raise(run->report, EXIT_PARTIAL);
}

/* What cannot be read as a list at all is told as a run that does nothing else. */
static void
give_nothing(struct run *run)
{
	struct check *c = (struct check *)(void *)run;
	const struct checklist_fault *fault = &c->list.fault;

	tell_operand_error(run, c->opts->check, fault->err, fault->why);
	report_raise(run->report, fault->err.code == EBADMSG ? EXIT_INTEGRITY : EXIT_PARTIAL);
}

static void
conclude_nothing(struct run *run)
{
	(void)run;
}

int
hashcheck_run(struct hash_opts *opts)
{
	static const struct run_steps steps = { .give = give, .conclude = conclude };
	static const struct run_steps nothing = { .give = give_nothing,
		.conclude = conclude_nothing };
	struct check c = {
		.opts = opts,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.run = {
			.sink = &sink_digests,
			.request = {
				.walk = &opts->walk,
				.select = &opts->select,
				.hash = &opts->hash,
				.report = &opts->report,
				.jobs = opts->jobs,
				.operands = opts->operands,
				.n_operands = opts->n_operands,
			},
		},
	};
	bool read = checklist_read(&c.list, opts);

	c.verdicts = calloc(c.list.n + 1, 1);
	if (c.verdicts == NULL && read) {
		c.list.fault.err = err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		read = false;
	}
	c.run.inodes = inodes_new(); /* without memory for them each name is read */
	int status = run_carry_out(&c.run, read ? &steps : &nothing);
	inodes_free(c.run.inodes);
	free(c.verdicts);
	checklist_release(&c.list);
	return status;
}
