/* SPDX-License-Identifier: BSD-2-Clause */
/* What a report needs of the system: its streams, its clock, its terminal. */
#include "run/console.h"

#include "sys/file.h"
#include "sys/fs.h"
#include "sys/proc.h"

#include <string.h>
#include <unistd.h>

/* Read the line that answers a question; yes begins with y. */
static bool
agreed(void)
{
	char c = '\n';
	char first = '\0';
	size_t got;

	do {
		/* an end or an error of standard input is a no */
		if (err_failed(file_read(STDIN_FILENO, &c, 1, SIDE_NONE, &got)) || got == 0)
			break;
		first = first == '\0' ? c : first;
	} while (c != '\n');
	return first == 'y' || first == 'Y';
}

/* Whether a stream has color: the option first, then NO_COLOR, then CLICOLOR_FORCE (no-color.org,
 * bixense.com/clicolors), then what kind of terminal it is. */
static bool
is_colored(const struct report_opts *r, bool is_tty)
{
	const char *force = proc_variable("CLICOLOR_FORCE");

	if (r->color != COLOR_AUTO)
		return r->color == COLOR_ALWAYS;
	if (proc_variable("NO_COLOR") != NULL)
		return false;
	if (force != NULL && strcmp(force, "0") != 0)
		return true;
	return is_tty && !r->io.dumb;
}

void
console_fill(struct report_opts *r)
{
	struct report_io *io = &r->io;

	io->write = file_write_all;
	io->publish = fs_write_text;
	io->agreed = agreed;
	io->now_ns = proc_now_ns;
	io->dumb = proc_is_dumb_terminal();
	proc_real_time(&io->started);
	io->stdout_is_tty = proc_is_tty(STDOUT_FILENO);
	io->stderr_is_tty = proc_is_tty(STDERR_FILENO);
	io->columns = io->stderr_is_tty ? proc_columns(STDERR_FILENO) : 0;
	io->stdout_colored = is_colored(r, io->stdout_is_tty);
	io->stderr_colored = is_colored(r, io->stderr_is_tty);
}
