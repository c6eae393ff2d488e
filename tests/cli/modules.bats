#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What the program is linked with: every library costs each start of it.
load helpers

# needed FILE: the libraries that FILE itself asks for
needed() {
	LC_ALL=C readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

@test 'the program is not linked with libcrypto' {
	command -v readelf >/dev/null || skip 'readelf is missing'
	run needed "$DECANT"
	assert_success
	assert_output --partial libc.so
	refute_output --partial libcrypto
	run ldd "$DECANT"
	refute_output --partial libcrypto
}

@test 'the module is, and needs nothing of the program' {
	command -v readelf >/dev/null || skip 'readelf is missing'
	module=$(dirname "$DECANT")/crypto.so
	[ -e "$module" ] || skip 'built without libcrypto'
	run needed "$module"
	assert_output --partial libcrypto
	run nm -D --defined-only "$module"
	assert_output --regexp '^[0-9a-f]+ [DR] decant_digest_module$'
}
