/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on an open file, with EINTR retried and errno turned into struct err. */
#ifndef DECANT_FILE_H
#define DECANT_FILE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* A local descriptor that is closed, unchecked, at the end of its scope; -1 holds nothing.
 * The safety net under file_close(), which a success path calls by name. */
#define own_fd __attribute__((cleanup(own_fd_drop))) int

/* Close the descriptor that FD points to, ignoring failure.  For own_fd only. */
void own_fd_drop(const int *fd);

/*
 * Read at most SIZE bytes at the file position of FD into BUF.
 * *GOT may be less than SIZE; 0 is the end of the file.
 * Any thread.  Blocks.
 * Fails with READ on SIDE, offset -1.
 */
struct err file_read(int fd, void *buf, size_t size, enum err_side side, size_t *got);

/*
 * Read at most SIZE bytes at OFF of source FD into BUF; the file position is not used.
 * *GOT may be less than SIZE; 0 is the end of the file.
 * Any thread.  Blocks.
 * Fails with READ of the source at OFF.
 */
struct err file_pread(int fd, void *buf, size_t size, int64_t off, size_t *got);

/* Likewise, of SIDE, until BUF is full or the file ends: *GOT is less than SIZE only there. */
struct err file_pread_full(
    int fd, void *buf, size_t size, int64_t off, enum err_side side, size_t *got);

/*
 * Write the SIZE bytes of BUF at OFF of destination FD; the file position is not used.
 * Any thread.  Blocks.
 * Fails with WRITE of the destination at the first byte that was not written.
 */
struct err file_pwrite_all(int fd, const void *buf, size_t size, int64_t off);

/*
 * Write the SIZE bytes of BUF at the file position of destination FD; pipes and sockets too.
 * Any thread.  Blocks.
 * Fails with WRITE of the destination, offset -1; a first part of BUF may have been written.
 */
struct err file_write_all(int fd, const void *buf, size_t size);

/* Open for reading what FD is open on, whatever FD itself may do, as *SRC, which the caller closes.
 * Fails with OPEN of the destination. */
struct err file_reopen(int fd, int *src);

/* As file_reopen(), but what is read comes past the page cache: offsets, sizes and memory have to be
 * multiples of 4096 then.  EINVAL where the file system cannot do that. */
struct err file_reopen_direct(int fd, int *src);

/* Drop from the page cache what it has of FD and is not dirty; a hint, so failure means nothing. */
void file_drop_cache(int fd);

/* Get the attributes of FD.  Any thread.  Fails with STAT on SIDE. */
struct err file_stat(int fd, enum err_side side, struct stat *st);

/* Get the kind of file system that FD is on: the f_type of fstatfs(2).  Any thread.
 * Fails with STAT on SIDE. */
struct err file_fs_type(int fd, enum err_side side, int64_t *type);

/* Set the size of destination FD; blocks allocated beyond it go.  Any thread.
 * Fails with TRUNCATE of the destination at SIZE. */
struct err file_truncate(int fd, int64_t size);

/* Reserve blocks for the first SIZE bytes of destination FD; its size stays.  Any thread.
 * Fails with ALLOCATE of the destination; blocks may have been reserved, file_truncate() frees
 * those beyond the size it sets. */
struct err file_allocate(int fd, int64_t size);

/* Make a hole of LEN bytes at OFF of destination FD; its size stays.  Any thread.
 * Fails with ALLOCATE of the destination at OFF; EOPNOTSUPP where there is no such thing. */
struct err file_punch(int fd, int64_t off, int64_t len);

/* Make the content of destination FD durable, and what is needed to find it.  Any thread.  Blocks.
 * Fails with SYNC of the destination.  Never repeat it: a second call answers success for data
 * that was lost (ext4, xfs and btrfs of Linux 6.18). */
struct err file_sync(int fd);

/* Close *FD, which becomes -1 whatever happens; nothing to do when it is -1.  Any thread.
 * Fails with CLOSE on SIDE; EINTR is success, because Linux has released the descriptor. */
struct err file_close(int *fd, enum err_side side);

/* Close *FD, of which nothing was written, ignoring failure; *FD becomes -1.  Any thread. */
void file_drop(int *fd);

/* Find the first byte of data at or after OFF of source FD; *POS = -1 when only a hole follows.
 * Moves the file position.  Fails with SEEK of the source at OFF. */
struct err file_seek_data(int fd, int64_t off, int64_t *pos);

/* Find the first hole at or after OFF of source FD, the end of the file being one; *POS = -1 when
 * OFF is past the end.  Moves the file position.  Fails with SEEK of the source at OFF. */
struct err file_seek_hole(int fd, int64_t off, int64_t *pos);

/* Set the file position of FD to OFF.  Fails with SEEK on SIDE at OFF. */
struct err file_seek_to(int fd, int64_t off, enum err_side side);

/* Get the file position of FD.  Fails with SEEK on SIDE, offset -1. */
struct err file_position(int fd, enum err_side side, int64_t *pos);

/* Tell the kernel that FD will be read from start to end; a hint, so failure means nothing. */
void file_advise_sequential(int fd);

#endif
