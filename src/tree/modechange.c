/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and applying changes of modes. */
#include "tree/modechange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool
read_octal(struct mode_change *c, const char *at, size_t len)
{
	c->who = 07777;
	c->how = MODE_BECOME;
	for (size_t i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '7')
			return false;
		c->bits = c->bits * 8 + (mode_t)(at[i] - '0');
		if (c->bits > 07777)
			return false;
	}
	return true;
}

/* Read whom C is about: their permissions, and the set-id bits that are theirs. */
static size_t
read_who(struct mode_change *c, const char *at, size_t len)
{
	size_t i = 0;

	for (; i < len && strchr("ugoa", at[i]) != NULL; i++)
		c->who |= at[i] == 'u'   ? S_ISUID | S_IRWXU
			  : at[i] == 'g' ? S_ISGID | S_IRWXG
			  : at[i] == 'o' ? S_IRWXO
					 : S_IRWXU | S_IRWXG | S_IRWXO;
	c->masked = i == 0;
	if (c->masked)
		c->who = S_IRWXU | S_IRWXG | S_IRWXO;
	return i;
}

/* Add the permission that LETTER names; false: it names none. */
static bool
read_bit(struct mode_change *c, char letter)
{
	switch (letter) {
	case 'r':
		c->bits |= c->who & (S_IRUSR | S_IRGRP | S_IROTH);
		return true;
	case 'w':
		c->bits |= c->who & (S_IWUSR | S_IWGRP | S_IWOTH);
		return true;
	case 'X':
		c->cap_x = true;
		[[fallthrough]];
	case 'x':
		c->bits |= c->who & (S_IXUSR | S_IXGRP | S_IXOTH);
		return true;
	case 's':
		/* of nobody in particular, the user's */
		c->bits |=
		    (c->who & (S_ISUID | S_ISGID)) != 0 ? c->who & (S_ISUID | S_ISGID) : S_ISUID;
		return true;
	case 't':
		c->bits |= S_ISVTX;
		return true;
	default:
		return false;
	}
}

static bool
read_change(struct mode_change *c, const char *at, size_t len)
{
	static const char operators[] = "+-=";

	for (; len > 0 && (at[0] == 'D' || at[0] == 'F'); at++, len--) {
		if (c->of != MODE_OF_ALL && (c->of == MODE_OF_DIRS) != (at[0] == 'D'))
			return false;
		c->of = at[0] == 'D' ? MODE_OF_DIRS : MODE_OF_FILES;
	}
	if (len > 0 && at[0] >= '0' && at[0] <= '7')
		return read_octal(c, at, len);
	size_t who = read_who(c, at, len);
	const char *op = who < len ? strchr(operators, at[who]) : NULL;
	if (op == NULL)
		return false;
	c->how = (int)(op - operators) == 0   ? MODE_ADD
		 : (int)(op - operators) == 1 ? MODE_TAKE
					      : MODE_BECOME;
	for (size_t i = who + 1; i < len; i++) {
		if (!read_bit(c, at[i]))
			return false;
	}
	/* what "=" says nothing of stays: the set-id bits */
	if (c->how == MODE_BECOME && (c->bits & (S_ISUID | S_ISGID | S_ISVTX)) == 0)
		c->who &= S_IRWXU | S_IRWXG | S_IRWXO;
	return true;
}

struct err
mode_changes_read(struct mode_changes *m, const char *text)
{
	for (;;) {
		size_t len = strcspn(text, ",");
		struct mode_change *list = reallocarray(m->list, m->n + 1, sizeof list[0]);
		if (list == NULL)
			return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
		m->list = list;
		list[m->n] = (struct mode_change){ 0 };
		if (!read_change(&list[m->n], text, len))
			return err_make(EINVAL, OP_REFUSE, SIDE_NONE, -1);
		m->n++;
		if (text[len] == '\0')
			return ERR_OK;
		text += len + 1;
	}
}

mode_t
mode_changes_apply(const struct mode_changes *m, mode_t mode, mode_t umask)
{
	bool could_run = (mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;

	if (S_ISLNK(mode))
		return mode;
	for (size_t i = 0; i < m->n; i++) {
		const struct mode_change *c = &m->list[i];
		mode_t bits = c->masked ? c->bits & ~umask : c->bits;
		mode_t given = bits;
		if (c->of != MODE_OF_ALL && (c->of == MODE_OF_DIRS) != S_ISDIR(mode))
			continue;
		if (c->cap_x && !could_run && !S_ISDIR(mode))
			given &= ~(mode_t)(S_IXUSR | S_IXGRP | S_IXOTH);
		if (c->how == MODE_TAKE)
			mode &= ~bits;
		else if (c->how == MODE_BECOME)
			mode = (mode & ~(c->who & 07777)) | given;
		else
			mode |= given;
	}
	return mode;
}

void
mode_changes_release(struct mode_changes *m)
{
	free(m->list);
	*m = (struct mode_changes){ 0 };
}
