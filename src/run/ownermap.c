/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and asking a map of owners. */
#include "run/ownermap.h"

#include "sys/owner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The number that TEXT is; -1 = it is none. */
static int64_t
number(const char *text)
{
	char *end;

	if (text[0] < '0' || text[0] > '9' || strlen(text) > 10)
		return -1;
	unsigned long long n = strtoull(text, &end, 10);
	/* the last number means "leave it" (chown(2)) */
	return *end == '\0' && n < UINT32_MAX ? (int64_t)n : -1;
}

/* Read one rule; false: PART is none, and is as it was. */
static bool
read_rule(struct owner_rule *r, char *part)
{
	char *equals = strchr(part, '=');

	r->group = part[0] == ':';
	r->old_name = part + r->group;
	if (equals == NULL || equals == r->old_name || equals[1] == '\0')
		return false;
	const char *to = equals + 1 + (r->group && equals[1] == ':');
	r->new_id = number(to);
	if (r->new_id < 0)
		r->new_id = owner_number(to, r->group);
	if (r->new_id < 0)
		return false;
	*equals = '\0';
	r->old_id = number(r->old_name);
	return true;
}

struct err
owner_map_read(struct owner_map *m, const char *text, const char **culprit)
{
	size_t most = 1;

	for (const char *at = text; *at != '\0'; at++)
		most += *at == ',';
	m->text = strdup(text);
	m->rules = calloc(most, sizeof m->rules[0]);
	if (m->text == NULL || m->rules == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (char *rest = m->text, *part; (part = strsep(&rest, ",")) != NULL; m->n++) {
		*culprit = part;
		if (!read_rule(&m->rules[m->n], part))
			return err_make(EINVAL, OP_REFUSE, SIDE_NONE, -1);
	}
	return ERR_OK;
}

int64_t
owner_map_find(const struct owner_map *m, const char *name, int64_t id, bool group)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct owner_rule *r = &m->rules[i];
		bool named = name != NULL && strcmp(name, r->old_name) == 0;

		if (r->group == group && (named || (r->old_id >= 0 && r->old_id == id)))
			return r->new_id;
	}
	return -1;
}

void
owner_map_release(struct owner_map *m)
{
	free(m->rules);
	free(m->text);
	*m = (struct owner_map){ 0 };
}
