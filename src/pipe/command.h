/* SPDX-License-Identifier: BSD-2-Clause */
/* A stage that is a child process. */
#ifndef DECANT_COMMAND_H
#define DECANT_COMMAND_H

#include "pipe/stage.h"

enum {
	COMMAND_TAIL = 64 << 10,  /* bytes of stderr kept; STAGES.md row 67 */
	COMMAND_GRACE_MS = 2000,  /* from SIGTERM to SIGKILL; STAGES.md row 65 */
	COMMAND_LINGER_MS = 1000, /* for others that hold its stderr after its end; row 67 */
};

/*
 * Make a command of ARGV, NULL-terminated, copied; found by PATH as execvp(3) does.  Its name is
 * ARGV joined by spaces.  Never run by a shell.  NULL = out of memory.
 *
 * The child has descriptors 0, 1 and 2 and no other, SIGPIPE's default action, an empty signal mask,
 * and its own process group unless the run keeps ours.  A missing input or output is /dev/null.
 * It ends with EXIT, SIGNAL, PIPE (killed by SIGPIPE), or by what it was stopped for; a start that
 * fails with START, ENOENT for a command that was not found.
 * stop(): SIGTERM to the group, SIGKILL after COMMAND_GRACE_MS; with STOP_MEMORY SIGKILL at once.
 */
[[nodiscard]] struct stage *command_new(const char *const *argv);
/* Make a command of this very program, "/proc/self/exe --stage ARGV...": code that may crash, kept at
 * a distance.  NAME is for people.  NULL = out of memory. */
[[nodiscard]] struct stage *command_new_self(const char *name, const char *const *argv);

/* Split TEXT into words as a shell would, quotes and backslashes understood, nothing expanded.
 * *ARGV is NULL-terminated, one allocation, the caller's to free; *WHY says what is wrong with TEXT when
 * the result is EINVAL, static storage.  Fails with MEMORY or REFUSE. */
struct err command_split(const char *text, char ***argv, const char **why);
/* The bytes of TEXT before its first '|' that is neither quoted nor behind a backslash, which for a
 * shell ends a command; all of them when there is none.  Pure. */
size_t command_before_bar(const char *text);

#endif
