/* SPDX-License-Identifier: BSD-2-Clause */
/* Compression without an archive. */
#ifndef DECANT_ARCHIVE_STREAM_H
#define DECANT_ARCHIVE_STREAM_H

#include "pipe/archive.h"

/* What module.c exports of stream.c. */
extern const struct arc_streaming stream_ops;

#endif
