/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of owners by the reentrant calls, with room that grows. */
#include "sys/ownername.h"

#include "base/own.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

enum {
	ROOM_FIRST = 4 << 10, /* more than a line of passwd(5) has */
	ROOM_MOST = 4 << 20,  /* a group of a hundred thousand members; arbitrary */
};

/* Ask once, with ROOM bytes; *NAME stays NULL when there is none. */
static int
ask(uint32_t id, bool group, size_t room, char **name)
{
	own_mem char *buf = malloc(room);
	struct passwd user, *found_user = NULL;
	struct group grp, *found_group = NULL;

	if (buf == NULL)
		return ENOMEM;
	int code = group ? getgrgid_r(id, &grp, buf, room, &found_group)
			 : getpwuid_r(id, &user, buf, room, &found_user);
	const char *found = found_user != NULL    ? found_user->pw_name
			    : found_group != NULL ? found_group->gr_name
						  : NULL;
	if (code == 0 && found != NULL)
		*name = strdup(found);
	return code;
}

char *
ownername_get(uint32_t id, bool group)
{
	char *name = NULL;
	size_t room = ROOM_FIRST;

	while (ask(id, group, room, &name) == ERANGE && room < ROOM_MOST)
		room *= 4;
	return name;
}
