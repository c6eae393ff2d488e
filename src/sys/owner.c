/* SPDX-License-Identifier: BSD-2-Clause */
/* getpwnam_r(3) and its kin, with a buffer that grows as they ask. */
#include "sys/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

enum {
	FIRST_BUF = 1024,   /* bytes; what sysconf(_SC_GETPW_R_SIZE_MAX) says with glibc */
	LAST_BUF = 1 << 20, /* a group with more members than that is not known; arbitrary */
};

/* One question of the databases: the number of NAME, or the name of ID when NAME is NULL. */
struct question {
	const char *name;
	int64_t id;
	bool group;
	char *found; /* the name of ID, OWNER_NAME bytes */
};

/* Ask Q with BUF[size]; ERANGE = it is too small. */
static int
ask(struct question *q, char *buf, size_t size)
{
	struct passwd pw;
	struct passwd *user = NULL;
	struct group gr;
	struct group *group = NULL;
	int code;

	if (q->group && q->name != NULL)
		code = getgrnam_r(q->name, &gr, buf, size, &group);
	else if (q->group)
		code = getgrgid_r((gid_t)q->id, &gr, buf, size, &group);
	else if (q->name != NULL)
		code = getpwnam_r(q->name, &pw, buf, size, &user);
	else
		code = getpwuid_r((uid_t)q->id, &pw, buf, size, &user);
	if (user == NULL && group == NULL)
		return code;
	if (q->name != NULL)
		q->id = q->group ? (int64_t)gr.gr_gid : (int64_t)pw.pw_uid;
	else
		(void)snprintf(q->found, OWNER_NAME, "%s", q->group ? gr.gr_name : pw.pw_name);
	return 0;
}

static void
answer(struct question *q)
{
	for (size_t size = FIRST_BUF; size <= LAST_BUF; size *= 4) {
		char *buf = malloc(size);

		if (buf == NULL)
			return; /* as if it were not known */
		int code = ask(q, buf, size);
		free(buf);
		if (code != ERANGE)
			return;
	}
}

int64_t
owner_number(const char *name, bool group)
{
	struct question q = { .name = name, .id = -1, .group = group };

	answer(&q);
	return q.id;
}

void
owner_name(int64_t id, bool group, char name[static OWNER_NAME])
{
	struct question q = { .id = id, .group = group, .found = name };

	name[0] = '\0';
	if (id >= 0 && id < UINT32_MAX)
		answer(&q);
}
