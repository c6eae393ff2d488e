/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of the means by which content travels. */
#include "base/moved.h"

const char *
method_name(enum method m)
{
	static const char *const names[METHOD_N] = {
		[METHOD_NONE] = "none",
		[METHOD_CLONE] = "reflink",
		[METHOD_COPY_RANGE] = "copy_file_range",
		[METHOD_SENDFILE] = "sendfile",
		[METHOD_BUFFER] = "buffer",
		[METHOD_UPDATE] = "update",
		[METHOD_LINK] = "link",
		[METHOD_COMMAND] = "command",
	};
	return (unsigned)m < METHOD_N ? names[m] : "none";
}
