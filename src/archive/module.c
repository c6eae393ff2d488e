/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The module of archives: libarchive behind struct arc_module.
 * A module because linking libarchive would cost each start of the program 1.2 ms (DESIGN.md).
 */
#include "archive/coder.h"
#include "archive/reader.h"
#include "archive/stream.h"
#include "archive/writer.h"

extern const struct arc_module decant_archive_module;

[[gnu::visibility("default")]] const struct arc_module decant_archive_module = {
	.version = ARC_MODULE_VERSION,
	.reading = &reader_ops,
	.writing = &writer_ops,
	.streaming = &stream_ops,
	.coding = &coder_ops,
};
