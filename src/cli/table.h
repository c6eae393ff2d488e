/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of options as data: what getopt_long, the help pages and the suggestions are made of. */
#ifndef DECANT_TABLE_H
#define DECANT_TABLE_H

#include "cli/words.h"

#include <getopt.h>

struct cli;
enum cli_outcome : unsigned;
