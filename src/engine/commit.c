/* SPDX-License-Identifier: BSD-2-Clause */
/* Files appear whole: O_TMPFILE and linkat, or a temporary name and renameat2. */
#include "engine/commit.h"

#include "sys/dir.h"
#include "sys/file.h"
#include "sys/meta.h"
#include "sys/proc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

void
commit_aside_name(const char *name, char *aside)
{
	XXH128_hash_t h = XXH3_128bits(name, strlen(name));

	snprintf(aside, NAME_MAX + 1, ".decant-%016llx%016llx", (unsigned long long)h.high64,
	    (unsigned long long)h.low64);
}

bool
commit_is_aside(const char *name)
{
	static const char start[] = ".decant-";
	const char *digits = name + strlen(start);

	return strncmp(name, start, strlen(start)) == 0 && strlen(digits) == 32 &&
	       strspn(digits, "0123456789abcdef") == 32;
}

/* A file under its temporary name; a leftover of a killed run has it at most once. */
static struct err
begin_aside(struct commit *c, mode_t mode)
{
	struct err e = dir_create(c->dir, c->aside, mode, &c->fd);

	if (e.code == EEXIST) {
		e = dir_unlink(c->dir, c->aside);
		e = err_failed(e) ? err_make(e.code, OP_CREATE, SIDE_DST, -1)
				  : dir_create(c->dir, c->aside, mode, &c->fd);
	}
	if (!err_failed(e))
		c->ours = c->aside;
	return e;
}

static struct err
begin_whole(struct commit *c, mode_t mode)
{
	commit_aside_name(c->name, c->aside);
	struct err e = dir_create_nameless(c->dir, mode, &c->fd);
	c->nameless = !err_failed(e);
	/* EISDIR, ENOENT: kernels and file systems that do not know O_TMPFILE (open(2)) */
	if (e.code == EOPNOTSUPP || e.code == EISDIR || e.code == ENOENT || e.code == EINVAL)
		return begin_aside(c, mode);
	return e;
}

/* Prepare C, which has nothing yet. */
static void
init(struct commit *c, int dir, const char *name, enum commit_how how)
{
	c->dir = dir;
	c->name = name;
	c->fd = -1;
	c->how = how;
	c->nameless = false;
	c->stays = c->resumed = false;
	c->ours = NULL;
}

struct err
commit_begin(struct commit *c, int dir, const char *name, enum commit_how how, mode_t mode)
{
	struct err e;

	init(c, dir, name, how);
	switch (how) {
	case COMMIT_DIRECT:
		e = dir_create(dir, name, mode, &c->fd);
		c->ours = err_failed(e) ? NULL : name;
		return e;
	case COMMIT_WHOLE:
	case COMMIT_REPLACE:
		return begin_whole(c, mode);
	case COMMIT_UPDATE:
		e = dir_open_update(dir, name, &c->fd);
		return err_failed(e) ? err_make(e.code, OP_CREATE, SIDE_DST, -1) : e;
	case COMMIT_IN_PLACE:
	case COMMIT_THROUGH:
		break;
	}
	return dir_open_truncate(dir, name, how == COMMIT_THROUGH, &c->fd);
}

/* Whether C's temporary name is that of C's file still: who had it locked may have given it its own. */
static bool
is_aside_still(const struct commit *c, const struct stat *st)
{
	struct stat now;

	return !err_failed(dir_stat(c->dir, c->aside, false, SIDE_DST, &now)) &&
	       now.st_dev == st->st_dev && now.st_ino == st->st_ino;
}

/* Go on with what has the temporary name, if it is nobody else's; C->fd stays -1 if it is not. */
static struct err
take_over(struct commit *c, mode_t mode)
{
	struct stat st;
	struct err e = dir_open_update(c->dir, c->aside, &c->fd);

	if (err_failed(e))
		return ERR_OK;
	e = file_stat(c->fd, SIDE_DST, &st);
	/* whoever owns it, or has another name of it, could change it after it was compared */
	bool own =
	    !err_failed(e) && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == proc_uid();
	if (own)
		e = dir_lock(c->fd);
	own = own && is_aside_still(c, &st);
	if (own && !err_failed(e))
		e = meta_chmod(c->fd, mode);
	c->resumed = own && !err_failed(e);
	if (!c->resumed)
		file_drop(&c->fd);
	return e.code == EWOULDBLOCK ? e : ERR_OK;
}

struct err
commit_resume(struct commit *c, int dir, const char *name, enum commit_how how, mode_t mode)
{
	init(c, dir, name, how);
	c->stays = true;
	commit_aside_name(name, c->aside);
	TRY(take_over(c, mode));
	if (c->resumed) {
		c->ours = c->aside;
		return ERR_OK;
	}
	TRY(begin_aside(c, mode));
	/* one that cannot be locked is made anew by whoever else comes, unless that has happened */
	struct err e = dir_lock(c->fd);
	if (e.code != EWOULDBLOCK)
		return ERR_OK;
	c->ours = NULL;
	file_drop(&c->fd);
	return e;
}

/* Give the nameless file its temporary name, of which a killed run may have left one. */
static struct err
name_aside(struct commit *c)
{
	struct err e = dir_link_nameless(c->fd, c->dir, c->aside);

	if (e.code == EEXIST) {
		e = dir_unlink(c->dir, c->aside);
		e = err_failed(e) ? err_make(e.code, OP_RENAME, SIDE_DST, -1)
				  : dir_link_nameless(c->fd, c->dir, c->aside);
	}
	if (!err_failed(e)) {
		c->nameless = false;
		c->ours = c->aside;
	}
	return e;
}

static struct err
give_name(struct commit *c)
{
	if (c->how == COMMIT_WHOLE && c->nameless) {
		TRY(dir_link_nameless(c->fd, c->dir, c->name));
		c->ours = c->name;
		return ERR_OK;
	}
	if (c->how != COMMIT_WHOLE && c->how != COMMIT_REPLACE)
		return ERR_OK;
	if (c->nameless)
		TRY(name_aside(c));
	TRY(dir_rename(c->dir, c->aside, c->name, c->how == COMMIT_WHOLE));
	c->ours = NULL; /* it may be all that there is under its name */
	return ERR_OK;
}

struct err
commit_publish(struct commit *c)
{
	struct err e = ERR_OK;

	/* a file under a temporary name is closed, and so checked, before it is shown */
	if (c->ours == c->aside)
		e = file_close(&c->fd, SIDE_DST);
	if (!err_failed(e))
		e = give_name(c);
	if (!err_failed(e))
		e = file_close(&c->fd, SIDE_DST);
	if (err_failed(e))
		commit_discard(c);
	return e;
}

/* Whether what C has begun is worth being left for the next run. */
static bool
is_worth_leaving(const struct commit *c)
{
	struct stat st;

	/* closed is complete */
	return c->stays &&
	       (c->fd < 0 || (!err_failed(file_stat(c->fd, SIDE_DST, &st)) && st.st_size > 0));
}

void
commit_discard(struct commit *c)
{
	if (is_worth_leaving(c))
		c->ours = NULL;
	file_drop(&c->fd);
	/* the failure that led here has been reported; what cannot be removed is met by the next run */
	if (c->ours != NULL)
		(void)dir_unlink(c->dir, c->ours);
	c->ours = NULL;
}
