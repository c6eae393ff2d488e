/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings on top of an environment. */
#include "pipe/environ.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the name in ENTRY, which goes to the first '='. */
static size_t
name_len(const char *entry)
{
	return strcspn(entry, "=");
}

/* The newest of SETTINGS, up to but not including END, that is about the name of ENTRY; or NULL. */
static const struct stage_env *
setting_of(const struct stage_env *settings, const struct stage_env *end, const char *entry)
{
	size_t len = name_len(entry);

	for (const struct stage_env *e = settings; e != end; e = e->older)
		if (name_len(e->setting) == len && memcmp(e->setting, entry, len) == 0)
			return e;
	return NULL;
}

struct err
environ_make(const struct stage_env *settings, const char *const *base, const char ***envp)
{
	size_t room = 1, n = 0;

	for (size_t i = 0; base[i] != NULL; i++)
		room++;
	for (const struct stage_env *e = settings; e != NULL; e = e->older)
		room++;
	const char **list = calloc(room, sizeof *list);
	if (list == NULL)
		return err_make(ENOMEM, OP_MEMORY, SIDE_NONE, -1);
	for (size_t i = 0; base[i] != NULL; i++)
		if (setting_of(settings, NULL, base[i]) == NULL)
			list[n++] = base[i];
	for (const struct stage_env *e = settings; e != NULL; e = e->older)
		if (strchr(e->setting, '=') != NULL && setting_of(settings, e, e->setting) == NULL)
			list[n++] = e->setting;
	*envp = list;
	return ERR_OK;
}
