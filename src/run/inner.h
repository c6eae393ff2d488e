/* SPDX-License-Identifier: BSD-2-Clause */
/* Stages of our own that run as a child process, kept at a distance: decant --stage NAME. */
#ifndef DECANT_INNER_H
#define DECANT_INNER_H

/*
 * Be the stage that ARGV[0] names, with ARGV[argc] as its arguments: read standard input, write standard
 * output.  The whole program is this stage then, and has not touched signals.
 *
 *   cat    copies its input to its output, plainly
 *   crash  dies of SIGSEGV, for tests
 *
 * Returns the exit status: 127 for a name that is none of these, as for a command not found.
 */
int stage_main(int argc, char **argv);

#endif
