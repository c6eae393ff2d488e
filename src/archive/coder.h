/* SPDX-License-Identifier: BSD-2-Clause */
/* What module.c exports of coder.c. */
#ifndef DECANT_ARCHIVE_CODER_H
#define DECANT_ARCHIVE_CODER_H

#include "pipe/archive.h"

/* Pieces packed and unpacked. */
extern const struct arc_coding coder_ops;

#endif
