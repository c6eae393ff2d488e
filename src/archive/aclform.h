/* SPDX-License-Identifier: BSD-2-Clause */
/* POSIX ACLs: libarchive's lists, and the bytes that the kernel has in extended attributes. */
#ifndef DECANT_ACLFORM_H
#define DECANT_ACLFORM_H

#include "pipe/archive.h"

#include <archive_entry.h>

/* Names of the attributes. */
#define ACL_ACCESS_NAME  "system.posix_acl_access"
#define ACL_DEFAULT_NAME "system.posix_acl_default"

/* An ACL in the kernel's form. */
struct acl_form {
	unsigned char *bytes; /* bytes[cap] */
	size_t len;           /* 0 = there is none */
	size_t cap;
	bool lost; /* there is one that the kernel would not take */
};

/*
 * Make FORM of the ACL of ENTRY of TYPE (ARCHIVE_ENTRY_ACL_TYPE_ACCESS or _DEFAULT); OPTIONS find the
 * numbers of names.  Fails with ENOMEM (MEMORY).
 */
struct err acl_form_from_entry(struct acl_form *form, struct archive_entry *entry, int type,
    const struct arc_read_options *options);
/* Give ENTRY the ACL of TYPE whose kernel form is BYTES[len].  False = it is none. */
bool acl_form_to_entry(struct archive_entry *entry, int type, const void *bytes, size_t len);

#endif
