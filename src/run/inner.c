/* SPDX-License-Identifier: BSD-2-Clause */
/* Stages of our own that run as a child process. */
#include "run/inner.h"

#include "report/report.h"
#include "sys/file.h"
#include "sys/proc.h"

#include <string.h>

enum {
	CAT_BUF = 64 << 10, /* what a pipe holds by default, pipe(7) */
	EXIT_UNKNOWN = 127, /* as shells say "not found" */
	STDIN = 0,          /* standard input */
	STDOUT = 1          /* standard output */
};

static struct err
cat(void)
{
	char buf[CAT_BUF];
	size_t got;

	for (;;) {
		TRY(file_read(STDIN, buf, sizeof(buf), SIDE_SRC, &got));
		if (got == 0)
			return ERR_OK;
		TRY(file_write_all(STDOUT, buf, got));
	}
}

int
stage_main(int argc, char **argv)
{
	const char *name = argc > 0 ? argv[0] : "";

	if (strcmp(name, "cat") == 0)
		return err_failed(cat()) ? EXIT_PARTIAL : EXIT_DONE;
	if (strcmp(name, "crash") == 0)
		proc_die_of(SIGSEGV);
	return EXIT_UNKNOWN;
}
