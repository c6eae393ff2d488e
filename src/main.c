/* SPDX-License-Identifier: BSD-2-Clause */
/* The map of the program: block signals, parse, run, exit code. */
#include "cli/options.h"
#include "sys/proc.h"

int
main(int argc, char **argv)
{
	struct copy_opts opts;
	int status = EXIT_DONE;

	proc_block_signals();
	switch (cli_parse(argc, argv, &opts)) {
	case CLI_RUN:
		status = copy_run(&opts);
		break;
	case CLI_DONE:
		break;
	case CLI_USAGE:
		status = EXIT_USAGE;
		break;
	}
	cli_release(&opts);
	if (status > 128)
		proc_die_of(status - 128);
	return status;
}
