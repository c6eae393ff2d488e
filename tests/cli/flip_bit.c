/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A preloaded library that damages what a program writes, beneath the file system.
 *
 * LD_PRELOAD=flip_bit.so FLIP_IMAGE=IMAGE FLIP_TIMES=N PROGRAM flips one bit of each of the first N files that
 * PROGRAM syncs, right after that: it asks where the file's first block lies and writes to the image that
 * the file system is mounted from.  What is in the page cache stays as it was.  With FLIP_AT=close it does that,
 * and syncs, when PROGRAM closes a file that it has open for writing: for programs that sync nothing.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int fsync(int fd);
int fdatasync(int fd);
int close(int fd);

static atomic_int flipped;

/* Where the first byte of FD lies in the image; -1 = nowhere that could be told. */
static off_t
place_of(int fd)
{
	union {
		struct fiemap head;
		char room[sizeof(struct fiemap) + sizeof(struct fiemap_extent)];
	} r;

	memset(&r, 0, sizeof r);
	r.head.fm_length = FIEMAP_MAX_OFFSET;
	r.head.fm_extent_count = 1;
	if (ioctl(fd, FS_IOC_FIEMAP, &r) != 0 || r.head.fm_mapped_extents != 1 ||
	    (r.head.fm_extents[0].fe_flags & (FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DATA_INLINE)) !=
		0)
		return -1;
	return (off_t)r.head.fm_extents[0].fe_physical;
}

static void
flip(int fd)
{
	const char *image = getenv("FLIP_IMAGE");
	const char *times = getenv("FLIP_TIMES");
	struct stat st;
	char byte;

	if (image == NULL || times == NULL || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return;
	off_t at = place_of(fd);
	if (at < 0 || atomic_fetch_add(&flipped, 1) >= strtol(times, NULL, 10))
		return;
	int to = open(image, O_RDWR | O_CLOEXEC);
	if (to < 0 || pread(to, &byte, 1, at) != 1)
		abort();
	byte ^= 0x10;
	if (pwrite(to, &byte, 1, at) != 1 || close(to) != 0)
		abort();
}

/* Call the C library's function NAME of FD, then damage the file. */
static int
pass_on(const char *name, int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
	int status = real(fd);

	flip(fd);
	return status;
}

int
fsync(int fd)
{
	return pass_on("fsync", fd);
}

int
fdatasync(int fd)
{
	return pass_on("fdatasync", fd);
}

int
close(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
	const char *at = getenv("FLIP_AT");

	if (at != NULL && strcmp(at, "close") == 0 && fd > 2 &&
	    (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
		(void)fdatasync(fd);
	return real(fd);
}
