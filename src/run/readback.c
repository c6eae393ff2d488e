/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading back.
 *
 * For the device's own answer the data is made durable, dropped from the page cache, and read past it by
 * O_DIRECT.  Dropping alone is a hint that the kernel need not take, so that without O_DIRECT a file
 * counts as read from the cache.
 */
#include "run/readback.h"

#include "engine/fstraits.h"
#include "sys/file.h"

#include <errno.h>
#include <string.h>

const char readback_cold[] = "cold";
const char readback_cached[] = "cached";
const char readback_shared[] = "shared";

/* Open what is to be read of DST; cold if that was asked for and works. */
static struct err
open_back(struct worker *w, int dst, dev_t dev, int *fd, bool *cold)
{
	struct run *run = w->run;

	*cold = false;
	if (run->request.readback == READBACK_COLD) {
		TRY(file_sync(dst));
		file_drop_cache(dst);
		if (refusals_traits(&run->refusals, dev, dst, SIDE_DST) & FS_COLD_DIRECT)
			*cold = !err_failed(file_reopen_direct(dst, fd));
	}
	return *cold ? ERR_OK : file_reopen(dst, fd);
}

/* Show all of FD, which has SIZE bytes, to W's second digest; ends where reading does. */
static struct err
see_all(struct worker *w, int fd, int64_t size)
{
	struct observer *o = &w->readback.observer;
	size_t room = bufs_size(w->run->bufs);
	size_t got;

	o->begin(o);
	for (int64_t at = 0; at < size; at += (int64_t)got) {
		TRY(cancel_check(&w->run->cancel));
		struct err err = file_pread(fd, w->buf, room, at, &got);
		err.side = SIDE_DST;
		TRY(err);
		if (got == 0)
			break;
		o->see(o, w->buf, got);
	}
	return ERR_OK;
}

/* Whether what W has seen coming back has the digest, in words, of what was written. */
static struct err
compare(struct worker *w, bool *same)
{
	struct str is = STR_INIT;

	/* the first digest ends at a comma, or is the only one */
	hashing_text(&w->readback, &is);
	*same = strncmp(is.buf, w->hash.buf, is.len) == 0 &&
		(w->hash.buf[is.len] == '\0' || w->hash.buf[is.len] == ',');
	struct err err = str_check(&is);
	str_release(&is);
	return err;
}

struct err
readback(struct worker *w, int dst, dev_t dev, const char **how, bool *same)
{
	own_fd fd = -1;
	bool cold;
	struct stat st;

	*same = false;
	TRY(file_stat(dst, SIDE_DST, &st));
	TRY(open_back(w, dst, dev, &fd, &cold));
	struct err err = see_all(w, fd, st.st_size);
	/* a file whose parts lie oddly cannot be read past the cache */
	if (cold && err.code == EINVAL) {
		cold = false;
		file_drop(&fd);
		TRY(file_reopen(dst, &fd));
		err = see_all(w, fd, st.st_size);
	}
	*how = cold ? readback_cold : readback_cached;
	/* what cannot be read back is not there, whether or not the file system knows why */
	if (err.op == OP_READ && err.code != ENOMEM)
		return ERR_OK;
	TRY(err);
	return compare(w, same);
}
