/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and asking maps of owners in rsync's language. */
#include "run/idmap.h"

#include "sys/owner.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* The number at TEXT up to *END; -1 = there is none. */
static int64_t
number(const char *text, char **end)
{
	*end = (char *)text;
	if (text[0] < '0' || text[0] > '9' || strspn(text, "0123456789") > 10)
		return -1;
	int64_t n = strtoll(text, end, 10);
	/* the last number means "leave it" (chown(2)) */
	return n < UINT32_MAX ? n : -1;
}

/* The owner that NAME is, a name or a number; -1 = nobody. */
static int64_t
owner(const char *name, bool group)
{
	char *end;
	int64_t n = number(name, &end);

	return n >= 0 && *end == '\0' ? n : owner_number(name, group);
}

/* Read who is meant; false: it is a range without an end. */
static bool
read_from(struct id_rule *r, const char *from, bool group)
{
	char *end;

	r->low = r->high = number(from, &end);
	if (r->low >= 0 && *end == '-') {
		r->high = number(end + 1, &end);
		return *end == '\0' && r->high >= r->low;
	}
	if (r->low >= 0)
		return *end == '\0';
	if (strcmp(from, "*") == 0) {
		r->low = 0;
		r->high = UINT32_MAX;
		return true;
	}
	if (from[0] == '\0' || strpbrk(from, "*?[") != NULL)
		r->pattern = from;
	else /* who is not known here has no files here: -1 is nobody */
		r->low = r->high = owner_number(from, group);
	return true;
}

static bool
read_rule(struct id_rule *r, char *part, bool group)
{
	char *colon = strchr(part, ':');

	if (colon == NULL)
		return false;
	int64_t to = owner(colon + 1, group);
	if (to < 0)
		return false;
	*colon = '\0';
	r->to = (id_t)to;
	bool good = read_from(r, part, group);
	if (!good)
		*colon = ':';
	return good;
}

/* Make room for N rules. */
static struct err
prepare(struct id_map *m, size_t n, const char *text, bool group)
{
	m->group = group;
	m->text = strdup(text);
	m->rules = calloc(n, sizeof m->rules[0]);
	return m->text != NULL && m->rules != NULL ? ERR_OK
						   : err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
}

struct err
id_map_read(struct id_map *m, const char *text, bool group, const char **culprit)
{
	size_t most = 1;

	for (const char *at = text; *at != '\0'; at++)
		most += *at == ',';
	id_map_release(m);
	TRY(prepare(m, most, text, group));
	for (char *rest = m->text, *part; (part = strsep(&rest, ",")) != NULL; m->n++) {
		*culprit = part;
		if (!read_rule(&m->rules[m->n], part, group))
			return err_make(EINVAL, OP_REFUSE, SIDE_NONE, -1);
	}
	return ERR_OK;
}

struct err
id_map_all(struct id_map *m, const char *to, bool group)
{
	int64_t id = owner(to, group);

	if (id < 0)
		return err_make(EINVAL, OP_REFUSE, SIDE_NONE, -1);
	id_map_release(m);
	TRY(prepare(m, 1, to, group));
	m->rules[m->n++] = (struct id_rule){ .high = UINT32_MAX, .to = (id_t)id };
	return ERR_OK;
}

id_t
id_map_apply(const struct id_map *m, id_t id)
{
	char name[OWNER_NAME];
	bool asked = false;

	for (size_t i = 0; i < m->n; i++) {
		const struct id_rule *r = &m->rules[i];
		if (r->pattern == NULL) {
			if (id >= r->low && id <= r->high)
				return r->to;
			continue;
		}
		if (!asked)
			owner_name(id, m->group, name);
		asked = true;
		if (fnmatch(r->pattern, name, 0) == 0)
			return r->to;
	}
	return id;
}

void
id_map_release(struct id_map *m)
{
	free(m->rules);
	free(m->text);
	*m = (struct id_map){ 0 };
}
