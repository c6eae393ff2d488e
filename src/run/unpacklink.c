/* SPDX-License-Identifier: BSD-2-Clause */
/* Hard links of an archive: only to files that this run has made, whatever their name. */
#include "base/own.h"
#include "engine/commit.h"
#include "run/unpacking.h"
#include "sys/dir.h"
#include "sys/file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* What a link leads to. */
struct origin {
	int dir;          /* its directory; owned */
	const char *name; /* its name there */
	struct stat st;   /* its attributes */
};

/* Find what u->link names.  *WHY is set if it is to be refused. */
static struct err
find_origin(struct unpacking *u, struct origin *o, const char **why)
{
	char *slash = strrchr(u->link.buf, '/');
	int base = u->run.base->src_fd;
	struct stat dir;

	*why = NULL;
	o->name = slash != NULL ? slash + 1 : u->link.buf;
	if (slash != NULL)
		*slash = '\0';
	struct err err = dir_open_below(
	    base, slash != NULL ? u->link.buf : ".", O_RDONLY | O_DIRECTORY, SIDE_DST, &o->dir);
	if (slash != NULL)
		*slash = '/';
	if (!err_failed(err))
		err = file_stat(o->dir, SIDE_DST, &dir);
	if (!err_failed(err)) {
		/* it may be on its way */
		claim_wait(u, claim_of(u, &dir, o->name));
		err = dir_stat(o->dir, o->name, false, SIDE_DST, &o->st);
	}
	if (err.code == ENOENT || err.code == ENOTDIR || err.code == ELOOP) {
		*why = "it is a link to what was not unpacked";
		return ERR_OK;
	}
	TRY(err);
	pthread_mutex_lock(&u->lock);
	if (!madeset_has(&u->made, &o->st))
		*why = u->made.files.full
			   ? "it is a link, and there are too many files to know its origin"
			   : "it is a link to what was not unpacked";
	pthread_mutex_unlock(&u->lock);
	return ERR_OK;
}

/* Make NAME below DIR a name of O, over what has it. */
static struct err
link_over(struct node *dir, const char *name, const struct origin *o)
{
	char aside[NAME_MAX + 1];

	commit_aside_name(name, aside);
	struct err err = dir_link(o->dir, o->name, false, dir->src_fd, aside);
	if (err.code == EEXIST) {
		TRY(dir_unlink(dir->src_fd, aside));
		err = dir_link(o->dir, o->name, false, dir->src_fd, aside);
	}
	TRY(err);
	err = dir_rename(dir->src_fd, aside, name, false);
	/* two names of one file are not renamed over each other (rename(2)): ASIDE is there still */
	(void)dir_unlink(dir->src_fd, aside);
	return err;
}

static struct err
link_to(struct node *dir, const char *name, const struct origin *o)
{
	struct stat st;
	struct err err = dir_link(o->dir, o->name, false, dir->src_fd, name);

	if (err.code != EEXIST)
		return err;
	TRY(dir_stat(dir->src_fd, name, false, SIDE_DST, &st));
	if (S_ISDIR(st.st_mode))
		return err_make(EISDIR, OP_LINK, SIDE_DST, -1);
	if (st.st_dev == o->st.st_dev && st.st_ino == o->st.st_ino)
		return ERR_OK;
	return link_over(dir, name, o);
}

/* Formats like cpio have the content with the last name: write it to the file that all names share. */
static struct err
write_linked(struct unpacking *u, const struct entry *e, const struct arc_member *m,
    const struct origin *o, struct carried *c)
{
	struct item i = { .m = *m, .name = e->name, .streams = true };
	own_fd fd = -1;
	struct stat st;

	/* whoever may not write to it yet owns it: this run has made it */
	struct err err = meta_chmod_at(e->dir->src_fd, e->name, 0600);
	if (!err_failed(err))
		err = dir_open_truncate(e->dir->src_fd, e->name, false, &fd);
	TRY(err);
	TRY(file_stat(fd, SIDE_DST, &st));
	if (st.st_dev != o->st.st_dev || st.st_ino != o->st.st_ino)
		return err_make(ESTALE, OP_OPEN, SIDE_DST, -1);
	TRY(item_content(u->w, &i, fd, &c->moved));
	c->size = i.end;
	err = member_attrs(u->w, e, m, fd, &st);
	if (err_failed(err))
		tell_error(u->w, e, err, NULL);
	return file_close(&fd, SIDE_DST);
}

/* Make E, member M, a link to what u->link names. */
static struct err
make_link(struct unpacking *u, const struct entry *e, const struct arc_member *m, struct carried *c)
{
	struct origin o = { .dir = -1 };
	const char *why;
	struct stat st;

	bool stays = u->opts->existing == EXISTING_KEEP || u->opts->existing == EXISTING_NEWER;
	if (stays && !err_failed(dir_stat(e->dir->src_fd, e->name, false, SIDE_DST, &st))) {
		c->action = ACTION_UNCHANGED;
		c->note = "exists";
		return ERR_OK;
	}

	struct err err = find_origin(u, &o, &why);
	own_fd dir = o.dir;
	(void)dir; /* closed at the end */
	TRY(err);
	if (why != NULL) {
		unpack_refuse(u, m->name, why);
		return err_make(ECANCELED, OP_REFUSE, SIDE_SRC, -1);
	}
	if (u->opts->existing == EXISTING_COMPARE &&
	    !err_failed(dir_stat(e->dir->src_fd, e->name, false, SIDE_DST, &st)) &&
	    st.st_dev == o.st.st_dev && st.st_ino == o.st.st_ino) {
		c->action = ACTION_UNCHANGED;
		c->note = NULL;
		c->moved.method = METHOD_NONE;
	}
	TRY(link_to(e->dir, e->name, &o));
	if (S_ISREG(o.st.st_mode) && m->size > 0)
		return write_linked(u, e, m, &o, c);
	return ERR_OK;
}

void
item_link(struct unpacking *u, struct node *dir, const char *name, const struct arc_member *m)
{
	struct entry e = { .dir = dir, .src_name = name, .name = name };
	struct carried c = { .what = KIND_FILE, .action = ACTION_LINKED };

	claim_wait(u, claim_of(u, &dir->src, name));
	struct err err = nodes_hold(u->run.nodes, dir);
	if (!err_failed(err)) {
		c.moved.method = METHOD_LINK;
		c.note = u->link.buf;
		err = make_link(u, &e, m, &c);
		if (!err_failed(err))
			unpacknote_link(u, &e, (unsigned)u->entries);
		nodes_release(u->run.nodes, dir);
	}
	if (err_failed(err))
		tell_error(u->w, &e, err, NULL);
	else
		tell_item(u->w, &e, &c);
}
