/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loadable module of digests exports: the only thing that it and the program share. */
#ifndef DECANT_DIGESTMODULE_H
#define DECANT_DIGESTMODULE_H

#include "pipe/digest.h"

/* File name of the module. */
#define DIGEST_MODULE_FILE   "crypto.so"
/* Name of the one symbol in it, a const struct digest_module. */
#define DIGEST_MODULE_SYMBOL "decant_digest_module"

enum {
	/* Raised with each change of this header or of struct digest_algo. */
	DIGEST_MODULE_VERSION = 1
};

/* The module. */
struct digest_module {
	unsigned version; /* DIGEST_MODULE_VERSION of when it was built; first for ever */
	/* The algorithm of NAME, static; NULL when the library does not offer it, e.g. by its policy. */
	const struct digest_algo *(*find)(const char *name);
};

#endif
