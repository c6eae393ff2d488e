/* SPDX-License-Identifier: BSD-2-Clause */
/* --parents and --files-from: the way to a name is made as the name is met. */
#include "run/chain.h"

#include "run/dirjob.h"
#include "run/tell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Finish the directories deeper than LEN. */
static void
cut(struct worker *w, struct chain *c, size_t len)
{
	while (c->len > len)
		nodes_drop_work(w->run->nodes, c->nodes[--c->len], w);
}

static struct err
append(struct chain *c, struct node *n)
{
	if (c->len == c->cap) {
		size_t cap = c->cap == 0 ? 16 : c->cap * 2;
		struct node **nodes = reallocarray(c->nodes, cap, sizeof(struct node *));
		if (nodes == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		c->nodes = nodes;
		c->cap = cap;
	}
	c->nodes[c->len++] = n;
	return ERR_OK;
}

static struct node *
last(struct worker *w, const struct chain *c)
{
	return c->len > 0 ? c->nodes[c->len - 1] : w->run->base;
}

bool
chain_enter(struct worker *w, struct chain *c, const char *src_name, const char *name, bool follow)
{
	struct node *dir = last(w, c);
	struct entry e = { .dir = dir, .src_name = src_name, .name = name, .operand = true };
	struct node *n = node_new(dir, src_name, name);

	struct err err = n != NULL ? append(c, n) : err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	if (err_failed(err)) {
		tell_error(w, &e, err, NULL);
		if (n != NULL)
			nodes_drop_work(w->run->nodes, n, w);
		return false;
	}
	n->follow = follow;
	if (dirjob_open(w, n, true)) {
		nodes_release(w->run->nodes, n);
		return true;
	}
	cut(w, c, c->len - 1);
	return false;
}

bool
chain_to(struct worker *w, struct chain *c, struct chain_path path, bool follow, struct node **dir,
    const char **name)
{
	char *at = path.text + path.skip + strspn(path.text + path.skip, "/");
	size_t depth = 0;

	/* the outermost directory keeps what is in front of it: "/usr" */
	for (;; depth++) {
		size_t len = strcspn(at, "/");
		char *next = at + len + strspn(at + len, "/");
		if (*next == '\0')
			break;
		char *start = depth == 0 ? path.text : at;
		at[len] = '\0';
		bool known = depth < c->len && strcmp(c->nodes[depth]->src_name, start) == 0;
		if (!known) {
			cut(w, c, depth);
			if (!chain_enter(w, c, start, at, follow))
				return false;
		}
		at = next;
	}
	cut(w, c, depth);
	at[strcspn(at, "/")] = '\0';
	*dir = last(w, c);
	*name = depth == 0 ? path.text : at;
	return true;
}

void
chain_release(struct worker *w, struct chain *c)
{
	cut(w, c, 0);
	free(c->nodes);
	*c = (struct chain){ 0 };
}
