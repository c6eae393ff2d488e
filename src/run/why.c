/* SPDX-License-Identifier: BSD-2-Clause */
/* One name, followed from the root of the transfer downwards, as a walk would come to it. */
#include "run/why.h"

#include "base/own.h"
#include "run/ignores.h"
#include "run/mirror.h"
#include "run/tell.h"
#include "sys/file.h"

#include <errno.h>
#include <string.h>

/* Tell what became of PATH. */
static void
tell_why(struct run *run, const char *path, const struct ignores_why *why)
{
	struct str line = STR_INIT;

	str_add_shown(&line, path, strlen(path));
	str_adds(&line, why->included ? ": kept" : ": left out");
	if (why->origin == NULL) {
		str_adds(&line, ", no rule matches");
	} else {
		str_adds(&line, " by ");
		if (why->text != NULL) {
			str_add_quoted(&line, why->text, strlen(why->text));
			str_adds(&line, " of ");
		}
		str_add_shown(&line, why->origin, strlen(why->origin));
		if (why->line > 0)
			str_addf(&line, ", line %u", why->line);
	}
	struct event ev = {
		.kind = EVENT_RESULT,
		.src = path,
		.note = line.buf,
		.result = why->included ? "kept" : "left out",
	};
	report_emit(run->report, &ev);
	str_release(&line);
}

/* Make the node of directory NAME below DIR, hold it and read its rules; NULL = it was told why not. */
static struct node *
enter(struct worker *w, struct node *dir, const char *name, bool root)
{
	struct node *n = node_new(dir, name, root ? "." : name);
	int fd = -1;

	if (n == NULL)
		return NULL;
	struct err err = root ? dir_open_path(AT_FDCWD, name, SIDE_SRC, &fd)
			      : dir_open(dir->src_fd, name, SIDE_SRC, &fd);
	if (!err_failed(err))
		err = file_stat(fd, SIDE_SRC, &n->src);
	if (err_failed(err)) {
		n->failed = true;
		tell_operand_error(w->run, name, err, NULL);
		nodes_drop_work(w->run->nodes, n, w);
		return NULL;
	}
	nodes_opened(w->run->nodes, n, fd, -1);
	ignores_enter(w, n);
	return n;
}

/* Follow PATH, which is split, below N, which is held; returns the innermost node, held. */
static struct node *
follow(struct worker *w, struct node *n, char *path, struct str *so_far)
{
	for (char *name; (name = strsep(&path, "/")) != NULL;) {
		struct ignores_why why;
		struct stat st;

		if (name[0] == '\0' || strcmp(name, ".") == 0)
			continue;
		if (so_far->len > 0)
			str_addc(so_far, '/');
		str_adds(so_far, name);
		struct err err = dir_stat(n->src_fd, name, false, SIDE_SRC, &st);
		if (err_failed(err)) {
			tell_operand_error(w->run, so_far->buf, err, NULL);
			return n;
		}
		bool out = ignores_ask(w, n, name, S_ISDIR(st.st_mode), RULES_SOURCE, &why);
		if (!out && ignores_size(w->run, &st))
			why = (struct ignores_why){ .origin = "its size or age" };
		tell_why(w->run, so_far->buf, &why);
		if (out || !S_ISDIR(st.st_mode))
			return n;
		struct node *child = enter(w, n, name, false);
		if (child == NULL)
			return n;
		nodes_release(w->run->nodes, n);
		n = child;
	}
	return n;
}

/* Finish N, which is held, and all above it but the base. */
static void
leave(struct worker *w, struct node *n)
{
	nodes_release(w->run->nodes, n);
	while (n->parent != NULL) {
		struct node *up = n->parent;
		nodes_drop_work(w->run->nodes, n, w);
		n = up;
	}
}

void
why_run(struct run *run, const char *path)
{
	struct worker *w = &run->workers[run->n_workers];
	struct str so_far = STR_INIT;
	own_mem char *copy = strdup(path);

	run->base = node_new_base(run->nodes, AT_FDCWD, -1, run->request.report->dst);
	if (run->base == NULL || copy == NULL) {
		tell_operand_error(run, path, err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1), NULL);
		return;
	}
	struct node *root = enter(w, run->base, run->copy->operands[0], true);
	if (root != NULL)
		leave(w, follow(w, root, copy, &so_far));
	str_release(&so_far);
}
