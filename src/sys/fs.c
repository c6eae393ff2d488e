/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole file systems, and whole small files. */
#include "sys/fs.h"

#include "base/own.h"
#include "base/str.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <unistd.h>

struct err
fs_sync(int fd)
{
	return syncfs(fd) != 0 ? err_sys(OP_SYNC, SIDE_DST, -1) : ERR_OK;
}

/* struct fsuuid2 and FS_IOC_GETFSUUID of include/uapi/linux/fs.h, since Linux 6.9. */
struct fs_uuid {
	uint8_t len;
	uint8_t bytes[16];
};

#define GET_UUID _IOR(0x15, 0, struct fs_uuid)

/* The first half of the UUID of FD's file system; false where it does not tell. */
static bool
uuid_of(int fd, uint64_t *id)
{
	struct fs_uuid uuid = { 0 };

	if (ioctl(fd, GET_UUID, &uuid) != 0 || uuid.len < sizeof *id)
		return false;
	memcpy(id, uuid.bytes, sizeof *id);
	return true;
}

struct err
fs_identity(int fd, uint64_t *id)
{
	struct statfs st;

	if (fstatfs(fd, &st) != 0)
		return err_sys(OP_STAT, SIDE_SRC, -1);
	/* that of xfs is the number of its device, which is another one when disks are found in another order */
	if (st.f_type != XFS_SUPER_MAGIC || !uuid_of(fd, id))
		memcpy(id, &st.f_fsid, sizeof *id);
	return *id != 0 ? ERR_OK : err_make(ENODATA, OP_STAT, SIDE_SRC, -1);
}

struct err
fs_resolve(const char *path, char **real)
{
	*real = realpath(path, NULL);
	return *real == NULL ? err_sys(OP_STAT, SIDE_DST, -1) : ERR_OK;
}

struct err
fs_read_text(const char *path, char **text, size_t *len)
{
	struct str s = STR_INIT;
	char block[4096];
	size_t got;
	own_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_sys(OP_OPEN, SIDE_SRC, -1);
	do {
		struct err e = file_read(fd, block, sizeof block, SIDE_SRC, &got);
		str_add(&s, block, got);
		if (!err_failed(e))
			e = str_check(&s);
		if (err_failed(e)) {
			str_release(&s);
			return e;
		}
	} while (got > 0);
	str_addc(&s, '\0');
	struct err e = str_check(&s);
	if (err_failed(e)) {
		str_release(&s);
		return e;
	}
	*text = s.buf;
	*len = s.len - 1;
	return ERR_OK;
}

static struct err
write_aside(const char *aside, const char *path, const char *text, size_t len)
{
	own_fd fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);

	if (fd < 0)
		return err_sys(OP_CREATE, SIDE_NONE, -1);
	TRY(file_write_all(fd, text, len));
	TRY(file_sync(fd));
	TRY(file_close(&fd, SIDE_DST));
	return rename(aside, path) != 0 ? err_sys(OP_RENAME, SIDE_NONE, -1) : ERR_OK;
}

struct err
fs_write_text(const char *path, const char *text, size_t len)
{
	struct str aside = STR_INIT;
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		own_fd fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			return err_sys(OP_OPEN, SIDE_NONE, -1);
		TRY(file_write_all(fd, text, len));
		return file_close(&fd, SIDE_DST);
	}
	str_addf(&aside, "%s.%ld.new", path, (long)getpid());
	struct err e = str_check(&aside);
	if (!err_failed(e))
		e = write_aside(aside.buf, path, text, len);
	if (err_failed(e) && aside.len > 0)
		(void)unlink(aside.buf); /* the failure is reported; the leftover may not exist */
	str_release(&aside);
	return e;
}

struct err
fs_open_temporary(int *fd)
{
	/* no thread of ours changes the environment */
	const char *dir = secure_getenv("TMPDIR"); /* NOLINT(concurrency-mt-unsafe) */
	struct str name = STR_INIT;

	if (dir == NULL || dir[0] == '\0')
		dir = "/tmp";
	*fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*fd >= 0)
		return ERR_OK;
	/* a file system without nameless files, or none that is there at all */
	str_addf(&name, "%s/decant.XXXXXX", dir);
	struct err err = str_check(&name);
	if (!err_failed(err)) {
		*fd = mkostemp(name.buf, O_CLOEXEC);
		if (*fd < 0)
			err = err_sys(OP_CREATE, SIDE_DST, -1);
		else
			(void)unlink(name.buf); /* what stays is an empty name more in /tmp */
	}
	str_release(&name);
	return err;
}
