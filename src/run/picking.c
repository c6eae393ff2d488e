/* SPDX-License-Identifier: BSD-2-Clause */
/* Members by pattern. */
#include "run/picking.h"

#include "base/own.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct err
picking_init(struct picking *p, char **texts, size_t n, const struct filter *filter)
{
	*p = (struct picking){ .texts = texts, .filter = filter };
	if (n == 0)
		return ERR_OK;
	p->picks = calloc(n, sizeof p->picks[0]);
	if (p->picks == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (; p->n < n; p->n++) {
		const char *text = texts[p->n];

		while (strncmp(text, "./", 2) == 0)
			text += 2 + strspn(text + 2, "/");
		size_t len = strlen(text);
		while (len > 1 && text[len - 1] == '/')
			len--;
		TRY(glob_compile(&p->picks[p->n].glob, text, len));
	}
	return ERR_OK;
}

/* The end of the component of PATH[len] that begins at AT. */
static size_t
component_end(const char *path, size_t len, size_t at)
{
	const char *slash = memchr(path + at, '/', len - at);

	return slash != NULL ? (size_t)(slash - path) : len;
}

static bool
is_picked(struct picking *p, const char *path, size_t len)
{
	bool any = p->n == 0;

	for (size_t i = 0; i < p->n; i++) {
		for (size_t end = 0; end < len; end++) {
			end = component_end(path, len, end);
			if (glob_matches(&p->picks[i].glob, path, end)) {
				p->picks[i].used = true;
				any = true;
				break;
			}
		}
	}
	return any;
}

static bool
is_left_out(const struct filter *f, const char *path, size_t len, bool is_dir)
{
	char name[256]; /* NAME_MAX and a NUL: no component is longer */

	for (size_t at = 0, end = 0; end < len; at = end + 1) {
		end = component_end(path, len, at);
		memcpy(name, path + at, end - at);
		name[end - at] = '\0';
		if (filter_excludes(f, path, end, name, end < len || is_dir))
			return true;
	}
	return false;
}

bool
picking_wants(struct picking *p, const char *path, size_t len, bool is_dir)
{
	if (!is_picked(p, path, len))
		return false;
	return p->filter == NULL || !is_left_out(p->filter, path, len, is_dir);
}

void
picking_release(struct picking *p)
{
	for (size_t i = 0; i < p->n; i++)
		glob_release(&p->picks[i].glob);
	free(p->picks);
	*p = (struct picking){ 0 };
}
