/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes: owner, mode, times by descriptor, extended attributes by raw calls. */
#include "sys/meta.h"

#include "base/str.h"
#include "sys/fs.h"
#include "sys/xattrs.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char acl_access[] = "system.posix_acl_access";
static const char acl_default[] = "system.posix_acl_default";
static const char selinux[] = "security.selinux";

/* One rule of xattr.conf(5). */
struct xattr_rule {
	char pattern[64];

	enum { RULE_SKIP, RULE_PERMISSIONS } kind;
};

/* Set once by meta_read_rules() before the first thread, constant afterwards. */
static struct {
	struct xattr_rule rules[64];
	size_t n;
} conf;

static void
add_rule(const char *line, size_t len)
{
	char text[128];
	char pattern[64];
	char action[32];

	if (len >= sizeof text || conf.n == sizeof conf.rules / sizeof conf.rules[0])
		return;
	memcpy(text, line, len);
	text[len] = '\0';
	text[strcspn(text, "#")] = '\0';
	if (sscanf(text, "%63s %31s", pattern, action) != 2)
		return;
	struct xattr_rule *r = &conf.rules[conf.n++];
	memcpy(r->pattern, pattern, sizeof r->pattern);
	r->kind = strcmp(action, "skip") == 0 ? RULE_SKIP : RULE_PERMISSIONS;
}

void
meta_read_rules(const char *path)
{
	char *text;
	size_t len;

	conf.n = 0;
	/* without the file the built-in rules of meta_wants() stand alone */
	if (err_failed(fs_read_text(path, &text, &len)))
		return;
	for (const char *at = text; *at != '\0';) {
		size_t line = strcspn(at, "\n");
		add_rule(at, line);
		at += line + (at[line] == '\n');
	}
	free(text);
}

void
meta_names_release(struct meta_names *n)
{
	free(n->buf);
	free(n->value);
	*n = (struct meta_names){ 0 };
}

static struct err
grow(char **buf, size_t *cap, size_t want)
{
	if (want <= *cap)
		return ERR_OK;
	char *bigger = realloc(*buf, want);
	if (bigger == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	*buf = bigger;
	*cap = want;
	return ERR_OK;
}

enum { FIRST_LIST = 1024 }; /* bytes; longer lists than this are rare, and grow it once */

/* List the attributes of OF; the list is read again when it grew meanwhile. */
static struct err
list_into(struct meta_names *n, const struct xattr_of *of)
{
	TRY(grow(&n->buf, &n->cap, FIRST_LIST));
	for (;;) {
		ssize_t len = xattr_list(of, n->buf, n->cap);
		n->len = len > 0 ? (size_t)len : 0;
		if (len >= 0 || errno == EOPNOTSUPP || errno == ENOSYS)
			return ERR_OK;
		if (errno != ERANGE)
			return err_sys(OP_XATTR, SIDE_SRC, -1);
		TRY(grow(&n->buf, &n->cap, n->cap * 4));
	}
}

struct err
meta_list(struct meta_names *n, int fd)
{
	return list_into(n, &(struct xattr_of){ .fd = fd });
}

struct err
meta_list_at(struct meta_names *n, int dir, const char *name)
{
	return list_into(n, &(struct xattr_of){ .fd = dir, .name = name });
}

bool
meta_wants(const char *name, const struct keep *keep)
{
	if (strcmp(name, acl_access) == 0 || strcmp(name, acl_default) == 0)
		return keep->mode && !keep->no_acl;
	if (strcmp(name, selinux) == 0)
		return keep->context;
	if (!keep->xattr || strcmp(name, META_MARK) == 0)
		return false;
	for (size_t i = 0; i < conf.n; i++) {
		if (fnmatch(conf.rules[i].pattern, name, 0) == 0)
			return conf.rules[i].kind == RULE_PERMISSIONS ? keep->mode : false;
	}
	return true;
}

static void
count_loss(struct meta_loss *loss, const char *name, struct err why)
{
	if (loss->lost++ > 0)
		return;
	loss->first = why;
	snprintf(loss->name, sizeof loss->name, "%s", name);
}

/* Get the value of attribute NAME of OF, a file of SIDE, into N; *LEN is -1 when there is none. */
static struct err
value_of(struct meta_names *n, const struct xattr_of *of, enum err_side side, const char *name,
    ssize_t *len)
{
	TRY(grow(&n->value, &n->value_cap, FIRST_LIST));
	for (;;) {
		*len = xattr_get(of, name, n->value, n->value_cap);
		if (*len >= 0 || errno == ENODATA)
			return ERR_OK;
		if (errno != ERANGE)
			return err_sys(OP_XATTR, side, -1);
		TRY(grow(&n->value, &n->value_cap, n->value_cap * 4));
	}
}

static struct err
copy_one(struct meta_names *n, const char *name, const struct xattr_of *src,
    const struct xattr_of *dst, struct meta_loss *loss)
{
	ssize_t len;
	struct err err = value_of(n, src, SIDE_SRC, name, &len);

	if (err.op == OP_MEMORY)
		return err;
	if (err_failed(err))
		count_loss(loss, name, err);
	else if (len >= 0 && xattr_set(dst, name, n->value, (size_t)len) != 0)
		count_loss(loss, name, err_sys(OP_XATTR, SIDE_DST, -1));
	return ERR_OK;
}

static struct err
copy_all(struct meta_names *n, const struct xattr_of *src, const struct xattr_of *dst,
    const struct keep *keep, struct meta_loss *loss)
{
	for (size_t i = 0; i < n->len; i += strlen(n->buf + i) + 1) {
		const char *name = n->buf + i;
		if (meta_wants(name, keep))
			TRY(copy_one(n, name, src, dst, loss));
	}
	return ERR_OK;
}

struct err
meta_copy_xattrs(
    struct meta_names *n, int src, int dst, const struct keep *keep, struct meta_loss *loss)
{
	return copy_all(
	    n, &(struct xattr_of){ .fd = src }, &(struct xattr_of){ .fd = dst }, keep, loss);
}

static struct xattr_of
source_of(const struct meta_pair *pair)
{
	return (struct xattr_of){ .fd = pair->src_dir, .name = pair->src_name };
}

static struct xattr_of
destination_of(const struct meta_pair *pair)
{
	return (struct xattr_of){ .fd = pair->dst_dir, .name = pair->dst_name };
}

struct err
meta_copy_xattrs_at(struct meta_names *n, const struct meta_pair *pair, const struct keep *keep,
    struct meta_loss *loss)
{
	const struct xattr_of src = source_of(pair);
	const struct xattr_of dst = destination_of(pair);

	return copy_all(n, &src, &dst, keep, loss);
}

/* Show V attribute NAME of OF, unless it was removed since it was listed. */
static struct err
visit_one(struct meta_names *n, const char *name, const struct xattr_of *of, struct meta_visit *v)
{
	ssize_t len;
	struct err err = value_of(n, of, SIDE_SRC, name, &len);

	if (err.op == OP_MEMORY)
		return err;
	if (err_failed(err)) {
		count_loss(&v->loss, name, err);
		return ERR_OK;
	}
	return len < 0 ? ERR_OK : v->each(v->arg, name, n->value, (size_t)len);
}

static struct err
visit(
    struct meta_names *n, const struct xattr_of *of, const struct keep *keep, struct meta_visit *v)
{
	v->loss = (struct meta_loss){ 0 };
	TRY(list_into(n, of));
	for (size_t i = 0; i < n->len; i += strlen(n->buf + i) + 1) {
		if (meta_wants(n->buf + i, keep))
			TRY(visit_one(n, n->buf + i, of, v));
	}
	return ERR_OK;
}

struct err
meta_visit_xattrs(struct meta_names *n, int fd, const struct keep *keep, struct meta_visit *v)
{
	return visit(n, &(struct xattr_of){ .fd = fd }, keep, v);
}

struct err
meta_visit_xattrs_at(
    struct meta_names *n, int dir, const char *name, const struct keep *keep, struct meta_visit *v)
{
	return visit(n, &(struct xattr_of){ .fd = dir, .name = name }, keep, v);
}

/* A file of one side of a comparison. */
struct holder {
	struct xattr_of of;
	enum err_side side;
};

static struct err
list_of(struct meta_names *n, const struct holder *h)
{
	struct err err = list_into(n, &h->of);

	if (err.op == OP_XATTR)
		err.side = (uint8_t)h->side;
	return err;
}

/* Find the first attribute of FROM, by N[0], that WITH lacks or has another value of. */
static struct err
compare_one_way(struct meta_names *const n[2], const struct holder *from, const struct holder *with,
    const struct keep *keep, struct meta_difference *out)
{
	for (size_t i = 0; i < n[0]->len; i += strlen(n[0]->buf + i) + 1) {
		const char *name = n[0]->buf + i;
		ssize_t len[2];
		if (!meta_wants(name, keep))
			continue;
		TRY(value_of(n[0], &from->of, from->side, name, &len[0]));
		TRY(value_of(n[1], &with->of, with->side, name, &len[1]));
		if (len[0] == len[1] &&
		    (len[0] <= 0 || memcmp(n[0]->value, n[1]->value, (size_t)len[0]) == 0))
			continue;
		out->how = META_VALUE;
		if (len[0] < 0 || len[1] < 0)
			out->how = len[1] < 0 ? META_MISSING : META_EXTRA;
		snprintf(out->name, sizeof out->name, "%s", name);
		return ERR_OK;
	}
	return ERR_OK;
}

static struct err
compare_holders(struct meta_names *const n[2], const struct holder *src, const struct holder *dst,
    const struct keep *keep, struct meta_difference *out)
{
	out->how = META_ALIKE;
	TRY(list_of(n[0], src));
	TRY(compare_one_way(n, src, dst, keep, out));
	if (out->how != META_ALIKE)
		return ERR_OK;
	/* what both have is alike by now */
	TRY(list_of(n[0], dst));
	TRY(compare_one_way(n, dst, src, keep, out));
	if (out->how == META_MISSING)
		out->how = META_EXTRA;
	return ERR_OK;
}

struct err
meta_compare(struct meta_names *const n[static 2], int src, int dst, const struct keep *keep,
    struct meta_difference *out)
{
	const struct holder a = { { .fd = src }, SIDE_SRC };
	const struct holder b = { { .fd = dst }, SIDE_DST };

	return compare_holders(n, &a, &b, keep, out);
}

struct err
meta_compare_at(struct meta_names *const n[static 2], const struct meta_pair *pair,
    const struct keep *keep, struct meta_difference *out)
{
	const struct holder a = { source_of(pair), SIDE_SRC };
	const struct holder b = { destination_of(pair), SIDE_DST };

	return compare_holders(n, &a, &b, keep, out);
}

static bool
has_name(const struct meta_names *n, const char *name)
{
	for (size_t i = 0; i < n->len; i += strlen(n->buf + i) + 1) {
		if (strcmp(n->buf + i, name) == 0)
			return true;
	}
	return false;
}

static struct err
drop_others(const struct meta_names *src, struct meta_names *dst, const struct xattr_of *of,
    const struct keep *keep)
{
	TRY(list_into(dst, of));
	for (size_t i = 0; i < dst->len; i += strlen(dst->buf + i) + 1) {
		const char *name = dst->buf + i;
		if (!meta_wants(name, keep) || has_name(src, name) || strcmp(name, selinux) == 0 ||
		    strcmp(name, acl_access) == 0 || strcmp(name, acl_default) == 0)
			continue;
		if (xattr_remove(of, name) != 0 && errno != ENODATA)
			return err_sys(OP_XATTR, SIDE_DST, -1);
	}
	return ERR_OK;
}

struct err
meta_drop_others(
    const struct meta_names *src, struct meta_names *dst, int fd, const struct keep *keep)
{
	return drop_others(src, dst, &(struct xattr_of){ .fd = fd }, keep);
}

struct err
meta_drop_others_at(const struct meta_names *src, struct meta_names *dst,
    const struct meta_pair *pair, const struct keep *keep)
{
	const struct xattr_of of = destination_of(pair);

	return drop_others(src, dst, &of, keep);
}

struct err
meta_clear_acl(int fd)
{
	static const char *const names[] = { acl_access, acl_default };
	const struct xattr_of of = { .fd = fd };

	for (size_t i = 0; i < 2; i++) {
		if (xattr_remove(&of, names[i]) == 0 || errno == ENODATA || errno == EOPNOTSUPP ||
		    errno == EINVAL || errno == EACCES)
			continue;
		return err_sys(OP_XATTR, SIDE_DST, -1);
	}
	return ERR_OK;
}

bool
meta_has_default_acl(int fd)
{
	return xattr_get(&(struct xattr_of){ .fd = fd }, acl_default, NULL, 0) > 0;
}

static struct err
set_value(const struct xattr_of *of, const char *name, const void *value, size_t len)
{
	return xattr_set(of, name, value, len) != 0 ? err_sys(OP_XATTR, SIDE_DST, -1) : ERR_OK;
}

struct err
meta_get_xattr(int fd, const char *name, void *value, size_t size, size_t *len)
{
	ssize_t got = xattr_get(&(struct xattr_of){ .fd = fd }, name, value, size);

	if (got < 0)
		return err_sys(OP_XATTR, SIDE_DST, -1);
	*len = (size_t)got;
	return ERR_OK;
}

struct err
meta_drop_xattr(int fd, const char *name)
{
	return xattr_remove(&(struct xattr_of){ .fd = fd }, name) != 0
		   ? err_sys(OP_XATTR, SIDE_DST, -1)
		   : ERR_OK;
}

struct err
meta_set_xattr(int fd, const char *name, const void *value, size_t len)
{
	return set_value(&(struct xattr_of){ .fd = fd }, name, value, len);
}

struct err
meta_set_xattr_at(int dir, const char *name, const char *xattr, const void *value, size_t len)
{
	return set_value(&(struct xattr_of){ .fd = dir, .name = name }, xattr, value, len);
}

struct err
meta_chown(int fd, uid_t uid, gid_t gid)
{
	return fchown(fd, uid, gid) != 0 ? err_sys(OP_CHOWN, SIDE_DST, -1) : ERR_OK;
}

struct err
meta_chmod(int fd, mode_t mode)
{
	return fchmod(fd, mode & 07777) != 0 ? err_sys(OP_CHMOD, SIDE_DST, -1) : ERR_OK;
}

struct err
meta_times(int fd, const struct stat *st)
{
	struct timespec times[2] = { st->st_atim, st->st_mtim };

	return futimens(fd, times) != 0 ? err_sys(OP_TIMES, SIDE_DST, -1) : ERR_OK;
}

struct err
meta_chown_at(int dir, const char *name, uid_t uid, gid_t gid)
{
	return fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) != 0
		   ? err_sys(OP_CHOWN, SIDE_DST, -1)
		   : ERR_OK;
}

/*
 * glibc 2.36 has no fchmodat2; its fchmodat(AT_SYMLINK_NOFOLLOW) opens O_PATH, checks that it is no
 * link and goes through /proc, so that a link swapped in is refused and not followed.
 */
struct err
meta_chmod_at(int dir, const char *name, mode_t mode)
{
	return fchmodat(dir, name, mode & 07777, AT_SYMLINK_NOFOLLOW) != 0
		   ? err_sys(OP_CHMOD, SIDE_DST, -1)
		   : ERR_OK;
}

struct err
meta_times_at(int dir, const char *name, const struct stat *st)
{
	struct timespec times[2] = { st->st_atim, st->st_mtim };

	return utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) != 0
		   ? err_sys(OP_TIMES, SIDE_DST, -1)
		   : ERR_OK;
}
