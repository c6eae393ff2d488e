/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A child process as a stage.
 *
 *   start --> runs --(pidfd)--> has exited --(its stderr ends, or a second passes)--> ended
 *              |
 *              +--stop--> SIGTERM --(grace)--> SIGKILL
 *
 * It is reaped by verdict() and not before, so that until then its number, and that of its group, can
 * be signaled without hitting anybody else.
 */
#include "pipe/command.h"

#include "base/own.h"
#include "base/str.h"
#include "pipe/environ.h"
#include "pipe/tail.h"
#include "sys/proc.h"
#include "sys/spawn.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct command {
	struct stage stage;  /* first: a stage is cast to its command */
	char *name;          /* stage.name, owned */
	const char *path;    /* what is run; static, or argv[0] */
	char **argv;         /* its arguments, NULL-terminated, one allocation */
	struct loop *loop;   /* of the run, from start() on */
	struct child child;  /* none before start() and after verdict() */
	struct watcher exit; /* of the child's pidfd */
	struct watcher
	    wait; /* timer: until SIGKILL while it runs, then until its stderr is given up */
	struct tail tail;   /* of its stderr; closed unless the run keeps it */
	bool exited;        /* the child is a zombie */
	bool stopped;       /* stop() was called */
	enum stop_why why;  /* for what, the first time */
	struct err start;   /* why it could not be started */
	struct err close;   /* of closing our side of its streams */
	const char *stream; /* which of them */
};

static struct command *
command_of(struct stage *s)
{
	return (struct command *)s;
}

static void
command_ports(const struct stage *s, struct port *in, struct port *out)
{
	(void)s;
	*in = *out = (struct port){ .want = WANT_FD, .must = true };
}

/* Nothing that the verdict depends on can come any more. */
static void
finish(struct command *c)
{
	loop_remove(c->loop, &c->exit);
	loop_remove(c->loop, &c->wait);
	tail_stop(&c->tail, c->loop);
	stage_set_ended(&c->stage);
}

static void
on_stderr(struct watcher *w)
{
	struct command *c = w->arg;

	tail_read(&c->tail, c->loop);
	if (c->exited && !c->tail.open)
		finish(c);
}

static void
on_wait_over(struct watcher *w)
{
	struct command *c = w->arg;

	loop_remove(c->loop, w);
	if (c->exited)
		finish(c);
	else
		child_signal(&c->child, SIGKILL);
}

static void
on_exit_of_child(struct watcher *w)
{
	struct command *c = w->arg;

	c->exited = true;
	loop_remove(c->loop, &c->exit);
	loop_remove(c->loop, &c->wait);
	tail_read(&c->tail, c->loop);
	/* The end of stderr comes when its last writer is gone: a child that it left may hold it. */
	if (!c->tail.open || c->stopped ||
	    err_failed(loop_add_timer(c->loop, &c->wait, COMMAND_LINGER_MS, 0)))
		finish(c);
}

/* What is run with the settings of RUN; *ENVP is NULL when there are none. */
static struct err
spawn_with_settings(struct command *c, const struct stage_run *run, struct spawn *s)
{
	const char **envp = NULL;

	if (run->env != NULL)
		TRY(environ_make(run->env, (const char *const *)environ, &envp));
	s->envp = (char *const *)envp;
	struct err err = spawn_child(s, &c->child);
	free(envp);
	return err;
}

/* The stream's own descriptor: -1 for one that is empty or discards.  The planner joins commands by
 * descriptors only. */
static int
input_of(const struct in *in)
{
	BUG_ON(in != NULL && (in->ring != NULL || (in->fd >= 0 && in_fd(in) < 0)));
	return in != NULL ? in_fd(in) : -1;
}

static int
output_of(const struct out *out)
{
	BUG_ON(out != NULL && (out->ring != NULL || (out->fd >= 0 && out_fd(out) < 0)));
	return out != NULL ? out_fd(out) : -1;
}

static struct err
run_child(struct command *c, const struct stage_run *run, struct in *in, struct out *out)
{
	struct spawn s = {
		.path = c->path,
		.argv = c->argv,
		.fds = { input_of(in), output_of(out), STDERR_FILENO },
		.dir = run->dir,
		.keeps_group = run->keeps_group,
	};

	if (run->keeps_tail) {
		const struct watcher heard = { .ready = on_stderr, .arg = c };
		TRY(tail_start(&c->tail, c->loop, COMMAND_TAIL, &heard, &s.fds[STDERR_FILENO]));
	}
	struct err err = spawn_with_settings(c, run, &s);
	if (run->keeps_tail)
		proc_close(&s.fds[STDERR_FILENO]);
	TRY(err);
	c->exit.fd = c->child.pidfd;
	err = loop_add(c->loop, &c->exit);
	if (err_failed(err)) { /* nobody could be told of its end */
		struct child_end end;
		child_signal(&c->child, SIGKILL);
		child_reap(&c->child, &end);
	}
	return err;
}

/* The child has its own copies: ours would keep its neighbors from seeing the end. */
static void
close_streams(struct command *c, struct in *in, struct out *out)
{
	c->close = out_close(out);
	c->stream = "stdout";
	struct err err = in_close(in);
	if (err_failed(err) && !err_failed(c->close)) {
		c->close = err;
		c->stream = "stdin";
	}
}

static struct err
command_start(struct stage *s, const struct stage_run *run, struct in *in, struct out *out)
{
	struct command *c = command_of(s);

	BUG_ON(s->started);
	s->started = true;
	c->loop = run->loop;
	c->start = run_child(c, run, in, out);
	close_streams(c, in, out);
	if (err_failed(c->start))
		finish(c);
	return c->start;
}

static void
command_stop(struct stage *s, enum stop_why why)
{
	struct command *c = command_of(s);
	bool first = !c->stopped;

	if (!s->started || s->ended)
		return;
	if (c->exited) { /* only its stderr was still waited for */
		finish(c);
		return;
	}
	if (first) {
		c->stopped = true;
		c->why = why;
	}
	if (why != STOP_MEMORY) {
		if (!first)
			return;
		child_signal(&c->child, SIGTERM);
		child_signal(&c->child, SIGCONT); /* one that is suspended would not hear it */
		if (!err_failed(loop_add_timer(c->loop, &c->wait, COMMAND_GRACE_MS, 0)))
			return;
	}
	child_signal(&c->child, SIGKILL);
}

/* What WHY is in a verdict. */
static enum verdict_kind
kind_of(enum stop_why why)
{
	switch (why) {
	case STOP_DEADLINE:
		return VERDICT_DEADLINE;
	case STOP_MEMORY:
		return VERDICT_MEMORY;
	case STOP_CANCELED:
	case STOP_FAILED:
		break;
	}
	return VERDICT_CANCELED;
}

/* What END of C's child means.  A child that heeds SIGTERM and exits as it likes has ended by itself. */
static void
judge(const struct command *c, const struct child_end *end, struct verdict *v)
{
	v->code = end->code;
	if (!end->signaled) {
		v->kind = end->code == 0 ? VERDICT_OK : VERDICT_EXIT;
	} else if (c->stopped && (end->code == SIGTERM || end->code == SIGKILL)) {
		v->kind = kind_of(c->why);
		v->code = 0;
	} else if (end->code == SIGPIPE) {
		v->kind = VERDICT_PIPE;
		v->code = 0;
		v->err = err_make(EPIPE, OP_WRITE, SIDE_DST, -1);
	} else {
		v->kind = VERDICT_SIGNAL;
	}
	if (v->kind == VERDICT_OK && err_failed(c->close)) {
		v->kind = VERDICT_ERR;
		v->err = c->close;
		v->stream = c->stream;
	}
}

static void
command_verdict(struct stage *s, struct verdict *v)
{
	struct command *c = command_of(s);
	struct child_end end;

	BUG_ON(!s->started || !s->ended);
	*v = (struct verdict){ .stage = s->name };
	if (err_failed(c->start)) {
		v->kind = VERDICT_START;
		v->err = c->start;
		return;
	}
	child_reap(&c->child, &end);
	judge(c, &end, v);
	v->max_rss = end.max_rss;
	v->tail = tail_text(&c->tail);
}

static pid_t
command_leader(const struct stage *s)
{
	return ((const struct command *)s)->child.pid;
}

static void
command_free(struct stage *s)
{
	struct command *c = command_of(s);

	tail_release(&c->tail);
	free(c->argv);
	free(c->name);
	free(c);
}

static const struct stage_ops command_ops = {
	.ports = command_ports,
	.start = command_start,
	.feed = stage_feed_never,
	.end = stage_end_never,
	.stop = command_stop,
	.verdict = command_verdict,
	.leader = command_leader,
	.free = command_free,
};

/* Copy ARGV, the N_FIRST words of FIRST before it, into one allocation.  NULL = out of memory. */
static char **
copy_words(const char *const *first, size_t n_first, const char *const *argv)
{
	size_t n = n_first, bytes = 0;

	for (size_t i = 0; i < n_first; i++)
		bytes += strlen(first[i]) + 1;
	for (; argv[n - n_first] != NULL; n++)
		bytes += strlen(argv[n - n_first]) + 1;
	char **copy = calloc(1, (n + 1) * sizeof *copy + bytes);
	if (copy == NULL)
		return NULL;
	char *to = (char *)(copy + n + 1);
	for (size_t i = 0; i < n; i++) {
		const char *word = i < n_first ? first[i] : argv[i - n_first];
		size_t len = strlen(word) + 1;
		memcpy(to, word, len);
		copy[i] = to;
		to += len;
	}
	return copy;
}

/* ARGV joined by spaces, the caller's to free; NULL = out of memory. */
static char *
join_words(const char *const *argv)
{
	struct str name = STR_INIT;

	for (size_t i = 0; argv[i] != NULL; i++) {
		if (i > 0)
			str_addc(&name, ' ');
		str_adds(&name, argv[i]);
	}
	char *joined = err_failed(str_check(&name)) ? NULL : strdup(name.buf);
	str_release(&name);
	return joined;
}

/* Make a command of what is given, which it takes; NULL = out of memory, perhaps of these. */
static struct stage *
make(char *name, char **argv)
{
	struct command *c = calloc(1, sizeof *c);

	if (name == NULL || argv == NULL || c == NULL) {
		free(name);
		free(argv);
		free(c);
		return NULL;
	}
	*c = (struct command){
		.stage = { .ops = &command_ops, .name = name, .kind = STAGE_COMMAND },
		.name = name,
		.path = argv[0],
		.argv = argv,
		.child = { .pidfd = -1 },
		.exit = { .fd = -1, .ready = on_exit_of_child, .arg = c },
		.wait = { .fd = -1, .ready = on_wait_over, .arg = c },
		.tail = TAIL_INIT,
	};
	return &c->stage;
}

struct stage *
command_new(const char *const *argv)
{
	BUG_ON(argv[0] == NULL);
	return make(join_words(argv), copy_words(NULL, 0, argv));
}

struct stage *
command_new_self(const char *name, const char *const *argv)
{
	static const char *const self[] = { "/proc/self/exe", "--stage" };

	return make(strdup(name), copy_words(self, sizeof self / sizeof self[0], argv));
}
