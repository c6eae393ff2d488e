/* SPDX-License-Identifier: BSD-2-Clause */
/* The map of the program: block signals, parse, run the verb, exit code. */
#include "cli/verb.h"
#include "run/inner.h"
#include "sys/proc.h"

#include <string.h>

int
main(int argc, char **argv)
{
	struct command cmd;
	int status = EXIT_DONE;

	if (argc > 1 && strcmp(argv[1], "--stage") == 0)
		return stage_main(argc - 2, argv + 2);
	proc_block_signals();
	switch (cli_parse(argc, argv, &cmd)) {
	case CLI_RUN:
		status = cmd.verb->run(&cmd);
		break;
	case CLI_DONE:
		break;
	case CLI_USAGE:
		status = EXIT_USAGE;
		break;
	}
	cli_release(&cmd);
	if (status > 128)
		proc_die_of(status - 128);
	return status;
}
