/* SPDX-License-Identifier: BSD-2-Clause */
/* Members' names, component by component. */
#include "tree/memberpath.h"

#include <limits.h>
#include <string.h>

/* Judge and append NAME[len], a name that is not absolute. */
static enum memberpath
add_components(const char *name, size_t len, unsigned strip, struct str *path)
{
	const char *end = name + len;
	unsigned left = strip;
	bool any = false;

	while (name < end) {
		const char *slash = memchr(name, '/', (size_t)(end - name));
		const char *next = slash != NULL ? slash + 1 : end;
		size_t n = (size_t)((slash != NULL ? slash : end) - name);

		if (n == 2 && memcmp(name, "..", 2) == 0)
			return MEMBER_DOTDOT;
		if (n > NAME_MAX)
			return MEMBER_LONG;
		if (n > 0 && !(n == 1 && name[0] == '.')) {
			any = true;
			if (left > 0) {
				left--;
			} else {
				if (path->len > 0)
					str_addc(path, '/');
				str_add(path, name, n);
			}
		}
		name = next;
	}
	if (path->len > 0)
		return MEMBER_FINE;
	return any || strip > 0 ? MEMBER_STRIPPED : MEMBER_TOP;
}

enum memberpath
memberpath_make(const char *name, size_t len, unsigned strip, struct str *path)
{
	enum memberpath m = MEMBER_EMPTY;

	str_clear(path);
	if (len > 0)
		m = name[0] == '/' ? MEMBER_ABSOLUTE : add_components(name, len, strip, path);
	if (m != MEMBER_FINE)
		str_clear(path);
	return m;
}

const char *
memberpath_refusal(enum memberpath m)
{
	switch (m) {
	case MEMBER_ABSOLUTE:
		return "its name is absolute";
	case MEMBER_DOTDOT:
		return "its name has '..' in it";
	case MEMBER_LONG:
		return "a part of its name is longer than 255 bytes";
	case MEMBER_EMPTY:
		return "it has no name";
	default:
		return NULL;
	}
}
