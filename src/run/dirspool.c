/* SPDX-License-Identifier: BSD-2-Clause */
/* The spool of directories: records linked by depth. */
#include "run/dirspool.h"

#include "engine/commit.h"
#include "sys/dir.h"
#include "sys/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The beginning of a record; the path, then name and value of each attribute follow. */
struct record {
	int64_t next; /* offset of the next one of the depth, -1 = none */
	uint32_t len; /* bytes of all of it */
	uint32_t path_len;
	uint32_t n_xattrs;
	uint32_t mode;
	int64_t uid;
	int64_t gid;
	unsigned has_times;
	bool has_owner;
	bool lost_acl;
	struct timespec times[ARC_TIMES_N];
};

void
dirspool_init(struct dirspool *s)
{
	*s = (struct dirspool){ .fd = -1, .read_fd = -1, .record = STR_INIT };
}

/* Make the file: without a name, or with one for a moment. */
static struct err
make_file(struct dirspool *s, int dir)
{
	char name[NAME_MAX + 1];

	if (s->fd >= 0)
		return ERR_OK;
	if (!err_failed(dir_create_nameless(dir, 0600, &s->fd)))
		return file_reopen(s->fd, &s->read_fd);
	commit_aside_name("directories", name);
	(void)dir_unlink(dir, name); /* of a run that was killed in this moment */
	TRY(dir_create(dir, name, 0600, &s->fd));
	struct err err = dir_open_file(dir, name, false, &s->read_fd);
	struct err gone = dir_unlink(dir, name);
	return err_failed(err) ? err : gone;
}

static struct err
fit_levels(struct dirspool *s, size_t depth)
{
	size_t n = s->n_levels;

	if (depth < n)
		return ERR_OK;
	size_t more = depth + 1 > n * 2 ? depth + 1 : n * 2;
	struct spool_level *levels = reallocarray(s->levels, more, sizeof *levels);
	if (levels == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (; n < more; n++)
		levels[n] = (struct spool_level){ -1, -1 };
	s->levels = levels;
	s->n_levels = more;
	return ERR_OK;
}

static struct err
build(struct dirspool *s, const char *path, const struct arc_member *m)
{
	struct record r = {
		.next = -1,
		.path_len = (uint32_t)strlen(path),
		.n_xattrs = (uint32_t)m->n_xattrs,
		.mode = m->mode,
		.uid = m->uid,
		.gid = m->gid,
		.has_times = m->has_times,
		.has_owner = m->has_owner,
		.lost_acl = m->lost_acl,
	};

	memcpy(r.times, m->times, sizeof r.times);
	str_clear(&s->record);
	str_add(&s->record, &r, sizeof r);
	str_add(&s->record, path, r.path_len + 1);
	for (size_t i = 0; i < m->n_xattrs; i++) {
		const struct arc_xattr *x = &m->xattrs[i];
		str_add(&s->record, &x->len, sizeof x->len);
		str_add(&s->record, x->name, strlen(x->name) + 1);
		str_add(&s->record, x->value, x->len);
	}
	TRY(str_check(&s->record));
	r.len = (uint32_t)s->record.len; /* a header is 16 MiB at most */
	memcpy(s->record.buf, &r, sizeof r);
	return ERR_OK;
}

struct err
dirspool_add(
    struct dirspool *s, int dir, const char *path, size_t depth, const struct arc_member *m)
{
	TRY(make_file(s, dir));
	TRY(fit_levels(s, depth));
	TRY(build(s, path, m));
	TRY(file_pwrite_all(s->fd, s->record.buf, s->record.len, s->size));

	struct spool_level *l = &s->levels[depth];
	if (l->first < 0)
		l->first = s->size;
	else
		TRY(file_pwrite_all(s->fd, &s->size, sizeof s->size, l->last));
	l->last = s->size;
	s->size += (int64_t)s->record.len;
	return ERR_OK;
}

/* Read LEN bytes at AT into S->record. */
static struct err
load(struct dirspool *s, int64_t at, size_t len)
{
	str_clear(&s->record);
	while (s->record.len < len) {
		char part[4096];
		size_t left = len - s->record.len;
		size_t got = left < sizeof part ? left : sizeof part;

		TRY(file_pread(s->read_fd, part, got, at + (int64_t)s->record.len, &got));
		if (got == 0)
			return err_make(EIO, OP_READ, SIDE_NONE, at);
		str_add(&s->record, part, got);
	}
	return str_check(&s->record);
}

static struct err
fit_xattrs(struct dirspool *s, size_t n)
{
	if (n <= s->cap_xattrs)
		return ERR_OK;
	struct arc_xattr *bigger = reallocarray(s->xattrs, n, sizeof *bigger);
	if (bigger == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	s->xattrs = bigger;
	s->cap_xattrs = n;
	return ERR_OK;
}

struct err
dirspool_read(struct dirspool *s, int64_t *at, const char **path, struct arc_member *m)
{
	struct record r;

	TRY(load(s, *at, sizeof r));
	memcpy(&r, s->record.buf, sizeof r);
	TRY(load(s, *at, r.len));
	TRY(fit_xattrs(s, r.n_xattrs));
	*at = r.next;
	*path = s->record.buf + sizeof r;
	const char *p = *path + r.path_len + 1;
	for (uint32_t i = 0; i < r.n_xattrs; i++) {
		struct arc_xattr *x = &s->xattrs[i];
		memcpy(&x->len, p, sizeof x->len);
		x->name = p + sizeof x->len;
		x->value = x->name + strlen(x->name) + 1;
		p = (const char *)x->value + x->len;
	}
	*m = (struct arc_member){
		.type = ARC_DIR,
		.mode = r.mode,
		.has_owner = r.has_owner,
		.uid = r.uid,
		.gid = r.gid,
		.has_times = r.has_times,
		.lost_acl = r.lost_acl,
		.xattrs = s->xattrs,
		.n_xattrs = r.n_xattrs,
	};
	memcpy(m->times, r.times, sizeof r.times);
	return ERR_OK;
}

void
dirspool_release(struct dirspool *s)
{
	file_drop(&s->fd);
	file_drop(&s->read_fd);
	free(s->levels);
	free(s->xattrs);
	str_release(&s->record);
	dirspool_init(s);
}
