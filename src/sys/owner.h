/* SPDX-License-Identifier: BSD-2-Clause */
/* Users and groups: names and their numbers, as the system's databases have them. */
#ifndef DECANT_OWNER_H
#define DECANT_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	OWNER_NAME = 256 /* room for a name; LOGIN_NAME_MAX of Linux */
};

/* The number of the user NAME, or with GROUP of the group; -1 = there is none.  Blocks: databases may be
 * on the network.  Any thread. */
int64_t owner_number(const char *name, bool group);
/* Write the name of user ID, or with GROUP of the group, into NAME; "" = it has none.  Likewise. */
void owner_name(int64_t id, bool group, char name[static OWNER_NAME]);

#endif
