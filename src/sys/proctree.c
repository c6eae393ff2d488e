/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of a process tree, as proc(5) tells it. */
#include "sys/spawn.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PATH_ROOM = 64 /* "/proc/PID/task/TID/children" with two numbers of at most 10 digits: 43 */
};

/* Processes of a tree, each after its parent. */
struct pids {
	pid_t *list; /* [n], owned */
	size_t n;    /* number of them */
	size_t cap;  /* room in LIST */
};

/* Add PID unless it is there: a process that is handed to another parent while we look is met twice. */
static struct err
pids_add(struct pids *p, pid_t pid)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->list[i] == pid)
			return ERR_OK;
	if (p->n == p->cap) {
		size_t cap = p->cap == 0 ? 16 : p->cap * 2;
		pid_t *list = reallocarray(p->list, cap, sizeof *list);
		if (list == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		p->list = list;
		p->cap = cap;
	}
	p->list[p->n++] = pid;
	return ERR_OK;
}

/* The failure to read something of a process in errno; one that has gone shows as ENOENT or ESRCH. */
static struct err
why_unreadable(void)
{
	struct err err = err_sys(OP_READ, SIDE_NONE, -1);

	if (err.code == ENOENT)
		err.code = ESRCH;
	return err;
}

/* Add the RssAnon of PID to *BYTES; zombies and threads of the kernel have none. */
static struct err
add_memory(pid_t pid, int64_t *bytes)
{
	static const char key[] = "RssAnon:";
	char path[PATH_ROOM];
	char *line = NULL;
	size_t room = 0;
	struct err err = ERR_OK;

	(void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return why_unreadable();
	/* by lines, not one block: the list of groups, which comes before, may be long */
	while (getline(&line, &room, f) >= 0)
		if (strncmp(line, key, sizeof key - 1) == 0) {
			*bytes += strtoll(line + sizeof key - 1, NULL, 10) << 10; /* in kB */
			break;
		}
	if (ferror(f) != 0)
		err = why_unreadable();
	free(line);
	(void)fclose(f);
	return err;
}

/* Add the children that thread TID of PID has started. */
static struct err
add_children_of(struct pids *p, pid_t pid, const char *tid)
{
	char path[PATH_ROOM];
	char *word = NULL;
	size_t room = 0;
	struct err err = ERR_OK;

	(void)snprintf(path, sizeof path, "/proc/%d/task/%.10s/children", (int)pid, tid);
	FILE *f = fopen(path, "re");
	if (f == NULL)
		return why_unreadable();
	while (!err_failed(err) && getdelim(&word, &room, ' ', f) >= 0) {
		pid_t child = (pid_t)strtol(word, NULL, 10);
		if (child > 0)
			err = pids_add(p, child);
	}
	free(word);
	(void)fclose(f);
	return err;
}

/* Add the children of all threads of PID; what has ended has none. */
static struct err
add_children(struct pids *p, pid_t pid)
{
	char path[PATH_ROOM];
	struct err err = ERR_OK;

	(void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	DIR *d = opendir(path);
	if (d == NULL)
		return ERR_OK;
	/* the stream is ours alone */
	for (struct dirent *e; (e = readdir(d)) != NULL;) { /* NOLINT(concurrency-mt-unsafe) */
		if (e->d_name[0] == '.')
			continue;
		struct err one = add_children_of(p, pid, e->d_name);
		if (one.op == OP_MEMORY)
			err = one;
	}
	(void)closedir(d);
	return err;
}

/* Without CONFIG_PROC_CHILDREN a tree would pass for one process, and its limit for kept. */
static struct err
check_children(pid_t pid)
{
	char tid[16];
	struct pids none = { 0 };

	(void)snprintf(tid, sizeof tid, "%d", (int)pid);
	struct err err = add_children_of(&none, pid, tid);
	free(none.list);
	if (err.code == ESRCH)
		err.code = ENOSYS;
	return err;
}

static struct err
sum_tree(struct pids *p, int64_t *bytes)
{
	for (size_t i = 0; i < p->n; i++) {
		struct err err = add_memory(p->list[i], bytes);
		if (i == 0) {
			TRY(err);
			TRY(check_children(p->list[i]));
		}
		TRY(add_children(p, p->list[i]));
	}
	return ERR_OK;
}

struct err
child_memory(pid_t pid, int64_t *bytes)
{
	struct pids p = { 0 };
	int64_t sum = 0;

	struct err err = pids_add(&p, pid);
	if (!err_failed(err))
		err = sum_tree(&p, &sum);
	free(p.list);
	if (!err_failed(err))
		*bytes = sum;
	return err;
}
