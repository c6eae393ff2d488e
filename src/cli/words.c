/* SPDX-License-Identifier: BSD-2-Clause */
/* The words that options take as values: lists, and how a value is found in them. */
#include "cli/words.h"

#include "run/copy.h"

#include <string.h>

const struct word words_update[] = {
	{ "older", UPDATE_OLDER },
	{ "all", UPDATE_ALL },
	{ "none", UPDATE_NONE },
	{ "none-fail", UPDATE_NONE_FAIL },
	{ NULL, 0 },
};

const struct word words_backup[] = {
	{ "existing", BACKUP_EXISTING },
	{ "nil", BACKUP_EXISTING },
	{ "numbered", BACKUP_NUMBERED },
	{ "t", BACKUP_NUMBERED },
	{ "simple", BACKUP_SIMPLE },
	{ "never", BACKUP_SIMPLE },
	{ "none", BACKUP_NONE },
	{ "off", BACKUP_NONE },
	{ NULL, 0 },
};

const struct word words_preserve[] = {
	{ "mode", KEEP_MODE },
	{ "ownership", KEEP_OWNER },
	{ "timestamps", KEEP_TIMES },
	{ "links", KEEP_LINKS },
	{ "xattr", KEEP_XATTR },
	{ "context", KEEP_CONTEXT },
	{ "all", KEEP_ALL },
	{ NULL, 0 },
};

const struct word words_reflink[] = {
	{ "always", WHEN_ALWAYS },
	{ "auto", WHEN_AUTO },
	{ "never", WHEN_NEVER },
	{ NULL, 0 },
};

const struct word words_sparse[] = {
	{ "auto", WHEN_AUTO },
	{ "always", WHEN_ALWAYS },
	{ "never", WHEN_NEVER },
	{ NULL, 0 },
};

const struct word words_fsync[] = {
	{ "none", FSYNC_NONE },
	{ "end", FSYNC_END },
	{ "each", FSYNC_EACH },
	{ NULL, 0 },
};

const struct word words_verify[] = {
	{ "read", READBACK_READ },
	{ "cold", READBACK_COLD },
	{ NULL, 0 },
};

const struct word words_progress[] = {
	{ "always", PROGRESS_ALWAYS },
	{ "auto", PROGRESS_AUTO },
	{ "never", PROGRESS_NEVER },
	{ NULL, 0 },
};

const struct word words_print0[] = {
	{ "done", PRINT0_DONE },
	{ "skipped", PRINT0_SKIPPED },
	{ "failed", PRINT0_FAILED },
	{ NULL, 0 },
};

const struct word words_color[] = {
	{ "auto", COLOR_AUTO },
	{ "always", COLOR_ALWAYS },
	{ "never", COLOR_NEVER },
	{ NULL, 0 },
};

const struct word *
words_find(const struct word *list, const char *text, size_t len)
{
	const struct word *found = NULL;
	bool ambiguous = len == 0;

	for (const struct word *w = list; w->text != NULL; w++) {
		if (strncmp(w->text, text, len) != 0)
			continue;
		if (strlen(w->text) == len)
			return w;
		if (found != NULL && found->value != w->value)
			ambiguous = true;
		found = w;
	}
	return ambiguous ? NULL : found;
}

void
words_add(struct str *s, const struct word *list)
{
	for (const struct word *w = list; w->text != NULL; w++) {
		if (w != list)
			str_adds(s, w[1].text == NULL ? " or " : ", ");
		str_adds(s, w->text);
	}
}
