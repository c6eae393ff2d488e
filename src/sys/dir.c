/* SPDX-License-Identifier: BSD-2-Clause */
/* Names below directory descriptors. */
#include "sys/dir.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	DIRECTORY = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
	QUIET_READ = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, /* blocks on nothing */
};

static int
open_retry(int dir, const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = openat(dir, path, flags, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static struct err
open_checked(int dir, const char *path, int flags, enum err_side side, int *fd)
{
	int got = open_retry(dir, path, flags, 0);

	if (got < 0)
		return err_sys(OP_OPEN, side, -1);
	*fd = got;
	return ERR_OK;
}

struct err
dir_open(int dir, const char *name, enum err_side side, int *fd)
{
	return open_checked(dir, name, DIRECTORY | O_NOFOLLOW, side, fd);
}

struct err
dir_open_path(int dir, const char *path, enum err_side side, int *fd)
{
	return open_checked(dir, path, DIRECTORY, side, fd);
}

struct err
dir_open_place(int dir, const char *path, int *fd)
{
	struct err e = open_checked(dir, path, DIRECTORY, SIDE_DST, fd);

	return e.code == EACCES ? open_checked(dir, path, DIRECTORY | O_PATH, SIDE_DST, fd) : e;
}

struct err
dir_open_parent(int fd, enum err_side side, int *parent)
{
	return open_checked(fd, "..", DIRECTORY, side, parent);
}

struct err
dir_open_file(int dir, const char *path, bool follow, int *fd)
{
	return open_checked(dir, path, QUIET_READ | (follow ? 0 : O_NOFOLLOW), SIDE_SRC, fd);
}

struct err
dir_open_write(int dir, const char *name, bool follow, int *fd)
{
	return open_checked(dir, name,
	    O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW), SIDE_DST, fd);
}

struct err
dir_open_update(int dir, const char *name, int *fd)
{
	return open_checked(
	    dir, name, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW, SIDE_DST, fd);
}

/* dir_open_below() for kernels and sandboxes without openat2. */
static int
open_by_component(int dir, const char *path, int flags)
{
	char name[NAME_MAX + 1];
	int at = dir;

	for (;;) {
		path += strspn(path, "/");
		size_t len = strcspn(path, "/");
		bool last = path[len + strspn(path + len, "/")] == '\0';
		int fd = -1;

		if (len > NAME_MAX)
			errno = ENAMETOOLONG;
		else if (len == 2 && memcmp(path, "..", 2) == 0)
			errno = EXDEV;
		else {
			memcpy(name, len == 0 ? "." : path, len == 0 ? 1 : len);
			name[len == 0 ? 1 : len] = '\0';
			fd = open_retry(
			    at, name, (last ? flags : DIRECTORY) | O_NOFOLLOW | O_CLOEXEC, 0);
		}
		int saved = errno;
		if (at != dir)
			(void)close(at);
		errno = saved;
		if (fd < 0 || last)
			return fd;
		at = fd;
		path += len;
	}
}

struct err
dir_open_below(int dir, const char *path, int flags, enum err_side side, int *fd)
{
	static atomic_bool absent; /* openat2 answered ENOSYS: kernel < 5.6, or a sandbox */
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int got = -1;

	/* EAGAIN: a rename elsewhere raced with the walk; a bounded number of further tries */
	for (int i = 0; !atomic_load(&absent) && i < 32; i++) {
		got = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
		if (got >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	if (got < 0 && (atomic_load(&absent) || errno == ENOSYS || errno == EPERM)) {
		atomic_store(&absent, true);
		got = open_by_component(dir, path, flags);
	}
	if (got < 0)
		return err_sys(OP_OPEN, side, -1);
	*fd = got;
	return ERR_OK;
}

/* dir_open_unmounted() for kernels and sandboxes without openat2: by device alone. */
static struct err
open_same_device(int dir, const char *name, int *fd)
{
	struct stat above, st;

	TRY(open_checked(dir, name, DIRECTORY | O_NOFOLLOW, SIDE_DST, fd));
	if (fstat(dir, &above) == 0 && fstat(*fd, &st) == 0 && above.st_dev == st.st_dev)
		return ERR_OK;
	(void)close(*fd);
	*fd = -1;
	return err_make(EXDEV, OP_OPEN, SIDE_DST, -1);
}

/* openat2() of NAME, a single component that is no link and on which nothing is mounted. */
static int
open_unmounted(int dir, const char *name, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)flags | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
	};
	int got = -1;

	for (int i = 0; i < 32; i++) {
		got = (int)syscall(SYS_openat2, dir, name, &how, sizeof how);
		if (got >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return got;
}

struct err
dir_open_unmounted(int dir, const char *name, int *fd)
{
	int got = open_unmounted(dir, name, DIRECTORY);

	if (got < 0 && (errno == ENOSYS || errno == EPERM))
		return open_same_device(dir, name, fd);
	if (got < 0)
		return err_sys(OP_OPEN, SIDE_DST, -1);
	*fd = got;
	return ERR_OK;
}

struct err
dir_open_unmounted_file(int dir, const char *name, int *fd)
{
	static atomic_bool absent; /* openat2 answered ENOSYS */
	int got = -1;

	if (atomic_load_explicit(&absent, memory_order_relaxed))
		return err_make(ENOSYS, OP_OPEN, SIDE_SRC, -1);
	got = open_unmounted(dir, name, QUIET_READ);
	if (got < 0) {
		if (errno == ENOSYS)
			atomic_store_explicit(&absent, true, memory_order_relaxed);
		return err_sys(OP_OPEN, SIDE_SRC, -1);
	}
	*fd = got;
	return ERR_OK;
}

struct err
dir_create(int dir, const char *name, mode_t mode, int *fd)
{
	int got = open_retry(
	    dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, mode);

	if (got < 0)
		return err_sys(OP_CREATE, SIDE_DST, -1);
	*fd = got;
	return ERR_OK;
}

struct err
dir_open_truncate(int dir, const char *name, bool follow, int *fd)
{
	int got = open_retry(dir, name,
	    O_WRONLY | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW), 0);

	if (got < 0)
		return err_sys(OP_CREATE, SIDE_DST, -1);
	*fd = got;
	return ERR_OK;
}

struct err
dir_create_nameless(int dir, mode_t mode, int *fd)
{
	int got = open_retry(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);

	if (got < 0)
		return err_sys(OP_CREATE, SIDE_DST, -1);
	*fd = got;
	return ERR_OK;
}

struct err
dir_link_nameless(int fd, int dir, const char *name)
{
	char proc[32];

	if (linkat(fd, "", dir, name, AT_EMPTY_PATH) == 0)
		return ERR_OK;
	/* ENOENT: no CAP_DAC_READ_SEARCH (linkat(2)); /proc names the same file for anybody */
	if (errno != ENOENT)
		return err_sys(OP_RENAME, SIDE_DST, -1);
	snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, proc, dir, name, AT_SYMLINK_FOLLOW) != 0)
		return err_sys(OP_RENAME, SIDE_DST, -1);
	return ERR_OK;
}

struct err
dir_stat(int dir, const char *name, bool follow, enum err_side side, struct stat *st)
{
	if (fstatat(dir, name, st, (follow ? 0 : AT_SYMLINK_NOFOLLOW) | AT_NO_AUTOMOUNT) != 0)
		return err_sys(OP_STAT, side, -1);
	return ERR_OK;
}

struct err
dir_make(int dir, const char *name, mode_t mode)
{
	return mkdirat(dir, name, mode) != 0 ? err_sys(OP_MKDIR, SIDE_DST, -1) : ERR_OK;
}

struct err
dir_make_node(int dir, const char *name, mode_t mode, dev_t dev)
{
	return mknodat(dir, name, mode, dev) != 0 ? err_sys(OP_MKNOD, SIDE_DST, -1) : ERR_OK;
}

struct err
dir_make_symlink(const char *target, int dir, const char *name)
{
	return symlinkat(target, dir, name) != 0 ? err_sys(OP_SYMLINK, SIDE_DST, -1) : ERR_OK;
}

struct err
dir_read_symlink(int dir, const char *name, char *buf, size_t size)
{
	ssize_t n = readlinkat(dir, name, buf, size);

	if (n < 0)
		return err_sys(OP_READLINK, SIDE_SRC, -1);
	if ((size_t)n == size)
		return err_make(ENAMETOOLONG, OP_READLINK, SIDE_SRC, -1);
	buf[n] = '\0';
	return ERR_OK;
}

struct err
dir_link(int from, const char *from_name, bool follow, int to, const char *to_name)
{
	int flags = follow ? AT_SYMLINK_FOLLOW : 0;

	if (linkat(from, from_name, to, to_name, flags) != 0)
		return err_sys(OP_LINK, SIDE_DST, -1);
	return ERR_OK;
}

struct err
dir_move(int from, const char *from_name, int to, const char *to_name, bool keep)
{
	if (renameat2(from, from_name, to, to_name, keep ? RENAME_NOREPLACE : 0) == 0)
		return ERR_OK;
	/* EINVAL: this file system has no NOREPLACE (NFS, some FUSE); link decides instead */
	if (!keep || errno != EINVAL)
		return err_sys(OP_RENAME, SIDE_DST, -1);
	if (linkat(from, from_name, to, to_name, 0) != 0 || unlinkat(from, from_name, 0) != 0)
		return err_sys(OP_RENAME, SIDE_DST, -1);
	return ERR_OK;
}

struct err
dir_rename(int dir, const char *from, const char *to, bool keep)
{
	return dir_move(dir, from, dir, to, keep);
}

struct err
dir_unlink(int dir, const char *name)
{
	return unlinkat(dir, name, 0) != 0 ? err_sys(OP_UNLINK, SIDE_DST, -1) : ERR_OK;
}

struct err
dir_remove(int dir, const char *name)
{
	return unlinkat(dir, name, AT_REMOVEDIR) != 0 ? err_sys(OP_UNLINK, SIDE_DST, -1) : ERR_OK;
}

struct err
dir_lock(int fd)
{
	/* the header of flock(2) is hidden behind our own of that name */
	return syscall(SYS_flock, fd, LOCK_EX | LOCK_NB) != 0 ? err_sys(OP_OPEN, SIDE_DST, -1)
							      : ERR_OK;
}

struct err
dir_sync(int fd)
{
	return fsync(fd) != 0 ? err_sys(OP_SYNC, SIDE_DST, -1) : ERR_OK;
}

struct err
dir_list_start(struct dir_list *l, int fd, char *buf, int64_t at)
{
	*l = (struct dir_list){ .fd = fd, .buf = buf, .next = at };
	if (at != 0 && lseek(fd, at, SEEK_SET) < 0)
		return err_sys(OP_READDIR, SIDE_SRC, -1);
	return ERR_OK;
}

static bool
is_dots(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

struct err
dir_list_next(struct dir_list *l, struct dir_name *n)
{
	for (;;) {
		if (l->pos == l->len) {
			ssize_t got = getdents64(l->fd, l->buf, DIR_BUF_SIZE);
			if (got < 0)
				return err_sys(OP_READDIR, SIDE_SRC, -1);
			l->pos = 0;
			l->len = (size_t)got;
		}
		if (l->len == 0) {
			n->name = NULL;
			return ERR_OK;
		}
		const struct dirent64 *d = (const void *)(l->buf + l->pos);
		l->pos += d->d_reclen;
		l->next = d->d_off;
		if (is_dots(d->d_name))
			continue;
		*n = (struct dir_name){ .name = d->d_name, .type = d->d_type, .ino = d->d_ino };
		return ERR_OK;
	}
}
