/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of members of an archive: split, and refused where they would lead out. */
#ifndef DECANT_MEMBERPATH_H
#define DECANT_MEMBERPATH_H

#include "base/str.h"

#include <stdbool.h>

/* What a member's name is. */
enum memberpath {
	MEMBER_FINE,     /* a path below the destination */
	MEMBER_TOP,      /* "." or the like: the destination itself */
	MEMBER_STRIPPED, /* nothing is left of it without its first components */
	MEMBER_ABSOLUTE, /* it begins with '/' */
	MEMBER_DOTDOT,   /* it has a component ".." */
	MEMBER_LONG,     /* a component has more than NAME_MAX bytes */
	MEMBER_EMPTY,    /* there is not a byte */
};

/*
 * Put NAME[len] into PATH, joined by single slashes, without "." and empty components and without the
 * first STRIP others.  PATH is "" unless MEMBER_FINE is the answer.  What is wrong with a component that is
 * stripped is wrong all the same.  An append that ran out of memory is left to str_check().
 */
enum memberpath memberpath_make(const char *name, size_t len, unsigned strip, struct str *path);
/* Why a name with answer M is refused, for people; NULL = it is not. */
const char *memberpath_refusal(enum memberpath m);

#endif
