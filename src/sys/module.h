/* SPDX-License-Identifier: BSD-2-Clause */
/* Loadable modules: code whose libraries would make every start of the program slower. */
#ifndef DECANT_MODULE_H
#define DECANT_MODULE_H

#include "base/err.h"

/*
 * Load the module FILE, a bare name, and find SYMBOL in it; it is never unloaded.
 * It is looked for beside the program, where a build leaves it, and then in the directory where
 * it is installed; nowhere else.  Beside the program it must be as safe as the program: in the same
 * hands, or root's, in a directory that nobody else may write to.
 * Main thread.  Fails with OPEN and ENOENT when it is in neither place, ELIBBAD when it cannot be
 * loaded; *WHY is one sentence about it, in storage that the next call reuses.
 */
struct err module_load(const char *file, const char *symbol, const void **what, const char **why);
/* Load the module at PATH, which must be absolute.  Likewise. */
struct err module_open(const char *path, const char *symbol, const void **what, const char **why);

#endif
