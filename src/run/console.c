/* SPDX-License-Identifier: BSD-2-Clause */
/* What a report needs of the system: its streams, its clock, its terminal. */
#include "run/console.h"

#include "sys/file.h"
#include "sys/fs.h"
#include "sys/proc.h"

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

void
console_fill(struct report_io *io)
{
	io->write = file_write_all;
	io->publish = fs_write_text;
	io->agreed = agreed;
	io->now_ns = proc_now_ns;
	io->dumb = proc_is_dumb_terminal();
	proc_real_time(&io->started);
	io->stdout_is_tty = proc_is_tty(STDOUT_FILENO);
	io->stderr_is_tty = proc_is_tty(STDERR_FILENO);
	io->columns = io->stderr_is_tty ? proc_columns(STDERR_FILENO) : 0;
}
