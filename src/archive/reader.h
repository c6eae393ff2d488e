/* SPDX-License-Identifier: BSD-2-Clause */
/* The module's readers. */
#ifndef DECANT_READER_H
#define DECANT_READER_H

#include "pipe/archive.h"

/* What module.c exports of reader.c. */
extern const struct arc_reading reader_ops;

#endif
