/* SPDX-License-Identifier: BSD-2-Clause */
/* Output files: resolve the name, begin aside, publish. */
#include "run/outfile.h"

#include "sys/dir.h"
#include "sys/file.h"
#include "sys/fs.h"
#include "sys/meta.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* Open the directory that F's path is in; *NAME is what follows it. */
static struct err
open_directory(struct outfile *f, const char **name)
{
	char *slash = strrchr(f->path, '/');

	*name = slash != NULL ? slash + 1 : f->path;
	if ((*name)[0] == '\0')
		return err_make(EISDIR, OP_CREATE, SIDE_DST, -1);
	if (slash == NULL)
		return dir_open_place(AT_FDCWD, ".", &f->dir);
	*slash = '\0';
	struct err err = dir_open_place(AT_FDCWD, slash == f->path ? "/" : f->path, &f->dir);
	*slash = '/';
	return err;
}

/* Begin a new file, which is to replace the one with OLD's attributes if that is not NULL. */
static struct err
begin_aside(struct outfile *f, const struct stat *old)
{
	const char *name;

	TRY(open_directory(f, &name));
	TRY(commit_begin(&f->commit, f->dir, name, COMMIT_REPLACE,
	    old != NULL ? old->st_mode & 0777 & ~(mode_t)077 : 0666));
	f->fd = f->commit.fd;
	f->commits = true;
	if (old == NULL)
		return ERR_OK;
	/* a user may not give files away; then the file is the user's, as after a rename */
	struct err err = meta_chown(f->fd, old->st_uid, old->st_gid);
	mode_t mode = old->st_mode & (err_failed(err) ? 0777 : 07777);
	return meta_chmod(f->fd, mode);
}

/* Begin at PATH, whose links are followed. */
static struct err
begin(struct outfile *f, const char *path)
{
	struct stat st;
	struct err err = dir_stat(AT_FDCWD, path, true, SIDE_DST, &st);
	bool exists = !err_failed(err);

	if (err_failed(err) && err.code != ENOENT)
		return err;
	if (exists && S_ISDIR(st.st_mode))
		return err_make(EISDIR, OP_CREATE, SIDE_DST, -1);
	if (exists && !S_ISREG(st.st_mode))
		return dir_open_truncate(AT_FDCWD, path, true, &f->fd);
	if (exists) {
		TRY(fs_resolve(path, &f->path));
		return begin_aside(f, &st);
	}
	f->path = strdup(path);
	if (f->path == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	return begin_aside(f, NULL);
}

struct err
outfile_begin(struct outfile *f, const char *path)
{
	*f = (struct outfile){ .fd = -1, .dir = -1, .commit = { .fd = -1 } };
	struct err err = begin(f, path);
	if (err_failed(err))
		outfile_discard(f);
	return err;
}

struct err
outfile_publish(struct outfile *f, bool sync)
{
	struct err err = ERR_OK;

	if (!f->commits) {
		err = file_close(&f->fd, SIDE_DST);
	} else {
		if (sync)
			err = file_sync(f->fd);
		if (!err_failed(err)) {
			f->fd = -1;
			f->commits = false;
			err = commit_publish(&f->commit);
		}
		if (!err_failed(err) && sync)
			err = dir_sync(f->dir);
	}
	outfile_discard(f);
	return err;
}

void
outfile_discard(struct outfile *f)
{
	if (f->commits)
		commit_discard(&f->commit);
	else
		file_drop(&f->fd);
	f->commits = false;
	f->fd = -1;
	file_drop(&f->dir);
	free(f->path);
	f->path = NULL;
}
