/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes in the order that keeps them: owner, mode and ACL, xattrs, times. */
#include "run/attrs.h"

#include "run/tell.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>

/* What is wanted for one file or directory, and where. */
struct attrs {
	int src;                /* open source */
	int dst;                /* open destination */
	const struct stat *st;  /* the source's attributes */
	const struct stat *now; /* the destination's, NULL = not known, so every one is set */
	bool drop_others;       /* the destination may have attributes that the source has not */
	bool default_acl;       /* the destination may have ACLs that the source has not */
};

mode_t
attrs_first_mode(const struct worker *w, const struct node *dir, const struct stat *st)
{
	const struct keep *keep = &w->run->copy->keep;
	bool foreign = keep->owner && (!dir->plain_owner || st->st_uid != w->run->uid ||
					  st->st_gid != w->run->gid);

	/* what is about to change hands is nobody else's to read before */
	mode_t mode = st->st_mode & (foreign ? 0700 : 0777);
	/* who is not root needs to be able to write a file to give it attributes (xattr(7)) */
	return keep->xattr && w->run->uid != 0 ? mode | S_IWUSR : mode;
}

/* cp's rule: who may not give files away keeps at least the group, and loses the set-id bits. */
static struct err
set_owner(struct worker *w, const struct entry *e, int fd, const struct stat *st, bool *kept)
{
	*kept = true;
	struct err err = fd >= 0 ? meta_chown(fd, st->st_uid, st->st_gid)
				 : meta_chown_at(e->dir->dst_fd, e->name, st->st_uid, st->st_gid);
	if (!err_failed(err))
		return ERR_OK;
	*kept = false;
	if ((err.code != EPERM && err.code != EINVAL) || w->run->uid == 0)
		return err;
	w->counts.lost++;
	/* the group alone is a bonus: whether that worked changes nothing */
	if (fd >= 0)
		(void)meta_chown(fd, (uid_t)-1, st->st_gid);
	else
		(void)meta_chown_at(e->dir->dst_fd, e->name, (uid_t)-1, st->st_gid);
	return ERR_OK;
}

static struct err
set_xattrs(struct worker *w, const struct entry *e, const struct attrs *a)
{
	const struct keep *keep = &w->run->copy->keep;
	struct meta_loss loss = { 0 };

	if (a->drop_others)
		TRY(meta_drop_others(&w->names, &w->others, a->dst, keep));
	if (w->names.len == 0)
		return ERR_OK;
	TRY(meta_copy_xattrs(&w->names, a->src, a->dst, keep, &loss));
	if (loss.lost == 0)
		return ERR_OK;
	if (keep->xattr_must || loss.first.code != EOPNOTSUPP)
		tell_lost(w, e, loss.first, loss.name);
	else
		w->counts.lost += loss.lost;
	return keep->xattr_must ? loss.first : ERR_OK;
}

static struct err
set_mode(struct worker *w, const struct attrs *a, bool owner_kept)
{
	const struct keep *keep = &w->run->copy->keep;
	mode_t want = a->st->st_mode & 07777;

	if (!keep->mode)
		want &= ~(w->run->umask | 07000);
	if (!owner_kept)
		want &= ~(mode_t)(S_ISUID | S_ISGID);
	/* a directory below a set-group-id one has its bit from there */
	if (!keep->mode && a->now != NULL)
		want |= a->now->st_mode & S_ISGID;
	if (a->now != NULL && (a->now->st_mode & 07777) == want)
		return ERR_OK;
	return meta_chmod(a->dst, want);
}

/* The first failure of two steps, both of which were done. */
static struct err
first_of(struct err a, struct err b)
{
	return err_failed(a) ? a : b;
}

/* Owner, xattrs and ACL, mode, times: each is tried whatever became of the others; the first failure
 * is returned.  Attributes come before the mode, which may forbid to write them. */
static struct err
set_all(struct worker *w, const struct entry *e, const struct attrs *a, bool new_mode)
{
	const struct keep *keep = &w->run->copy->keep;
	struct err err = ERR_OK;
	bool owner_kept = true;
	struct attrs at = *a;

	w->names.len = 0;
	if (keep->mode || keep->xattr || keep->context)
		err = meta_list(&w->names, a->src);
	bool right_owner =
	    a->now != NULL && a->now->st_uid == a->st->st_uid && a->now->st_gid == a->st->st_gid;
	if (keep->owner && !right_owner) {
		err = first_of(err, set_owner(w, e, a->dst, a->st, &owner_kept));
		if ((a->st->st_mode & (S_ISUID | S_ISGID)) != 0)
			at.now = NULL; /* a change of owner takes the set-id bits away */
	}
	if (a->default_acl && keep->mode) {
		err = first_of(err, meta_clear_acl(a->dst));
		at.now = NULL;
	}
	err = first_of(err, set_xattrs(w, e, &at));
	if (keep->mode || new_mode)
		err = first_of(err, set_mode(w, &at, owner_kept));
	if (w->run->copy->fsync == FSYNC_EACH)
		err = first_of(err, file_sync(a->dst));
	return keep->times ? first_of(err, meta_times(a->dst, a->st)) : err;
}

struct err
attrs_of_file(struct worker *w, const struct entry *e, int src, int dst, const struct stat *st,
    const mode_t *made)
{
	const struct run *run = w->run;
	struct stat now = { .st_uid = run->uid, .st_gid = run->gid };
	struct attrs a = {
		.src = src,
		.dst = dst,
		.st = st,
		.default_acl = e->dir->default_acl || made == NULL,
		.drop_others = made == NULL && run->mirror != NULL,
	};

	/* a new file in a directory of ours is ours, and has the mode it was created with */
	if (made != NULL && e->dir->plain_owner) {
		now.st_mode = *made & ~run->umask;
		a.now = &now;
	}
	bool narrowed = made != NULL && (*made & 0777) != (st->st_mode & 0777);
	return set_all(w, e, &a, narrowed);
}

struct err
attrs_of_replaced(struct worker *w, const struct entry *e, int dst, const struct stat *old)
{
	const struct keep *keep = &w->run->copy->keep;
	const struct keep acl = { .mode = true };
	struct meta_loss loss = { 0 };
	own_fd fd = -1;

	/* who may not give a file away keeps it, as a new file of theirs */
	if (!keep->owner && (old->st_uid != w->run->uid || old->st_gid != w->run->gid))
		(void)meta_chown(dst, old->st_uid, old->st_gid);
	if (keep->mode)
		return ERR_OK;
	TRY(meta_chmod(dst, old->st_mode));
	/* an old file that may not be read has its mode kept, if not its ACL */
	if (err_failed(dir_open_file(e->dir->dst_fd, e->name, false, &fd)))
		return ERR_OK;
	TRY(meta_list(&w->names, fd));
	return meta_copy_xattrs(&w->names, fd, dst, &acl, &loss);
}

struct err
attrs_of_name(struct worker *w, const struct entry *e, const struct stat *st)
{
	const struct keep *keep = &w->run->copy->keep;
	struct meta_loss loss = { 0 };
	struct meta_pair pair = {
		.src_dir = e->dir->src_fd,
		.src_name = e->src_name,
		.dst_dir = e->dir->dst_fd,
		.dst_name = e->name,
	};
	bool owner_kept = true;
	mode_t mode = st->st_mode & 07777;

	if (keep->owner)
		TRY(set_owner(w, e, -1, st, &owner_kept));
	if (!owner_kept)
		mode &= ~(mode_t)(S_ISUID | S_ISGID);
	if (keep->mode && !S_ISLNK(st->st_mode))
		TRY(meta_chmod_at(e->dir->dst_fd, e->name, mode));
	/* user attributes cannot stand on links and special files (xattr(7)): only root's can */
	if (keep->xattr || keep->context) {
		TRY(meta_list_at(&w->names, e->dir->src_fd, e->src_name));
		if (w->run->mirror != NULL)
			TRY(meta_drop_others_at(&w->names, &w->others, &pair, keep));
		TRY(meta_copy_xattrs_at(&w->names, &pair, keep, &loss));
		if (loss.lost > 0)
			tell_lost(w, e, loss.first, loss.name);
	}
	return keep->times ? meta_times_at(e->dir->dst_fd, e->name, st) : ERR_OK;
}

void
attrs_of_directory(struct node *n, struct err why, void *worker)
{
	struct worker *w = worker;
	struct entry e = { .dir = n->parent, .src_name = n->src_name, .name = n->name };
	struct attrs a = {
		.src = n->src_fd,
		.dst = n->dst_fd,
		.st = &n->src,
		.now = &n->dst,
		.default_acl = n->default_acl || !n->fresh,
		.drop_others = !n->fresh && w->run->mirror != NULL,
	};

	if (n->failed || n->dst.st_ino == 0 || w->run->request.dry_run)
		return;
	if (err_failed(why)) {
		tell_error(w, &e, why, NULL);
		return;
	}
	struct err err = set_all(w, &e, &a, n->fresh);
	if (err_failed(err))
		tell_error(w, &e, err, NULL);
	if (w->run->copy->fsync == FSYNC_EACH && !err_failed(err)) {
		err = dir_sync(n->dst_fd);
		if (err_failed(err))
			tell_error(w, &e, err, NULL);
	}
}
