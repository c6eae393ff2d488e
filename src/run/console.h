/* SPDX-License-Identifier: BSD-2-Clause */
/* What a report needs of the system: its streams, its clock, its terminal. */
#ifndef DECANT_CONSOLE_H
#define DECANT_CONSOLE_H

#include "report/report.h"

/* Fill R's IO with the process's own streams, clock and terminal, as they are now.  Main thread. */
void console_fill(struct report_opts *r);

#endif
