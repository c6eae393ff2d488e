#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --files-from with names that meet: one name listed often, and by several ways.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p src/d dst
	data $((2 << 20)) >src/d/big
}

@test "a name that is listed again waits for the first, however long that takes" {
	require_command strace
	printf '%s\n' d/big d/big d//big ./d/big >list
	# The first file gets its name late: whoever overtook it would be in its way.
	run inj linkat:delay_enter=300000:when=1 "$DECANT" copy -j 4 --files-from=list src dst
	assert_success
	assert_output ''
	cmp src/d/big dst/d/big
	assert_equal "$(find dst -type f)" dst/d/big
}

@test "a name listed a thousand times arrives whole, once" {
	for ((i = 0; i < 1000; i++)); do echo d/big; done >list
	run timeout 100 "$DECANT" copy -j 4 -p --atomic --files-from=list src dst
	assert_success
	assert_output ''
	cmp src/d/big dst/d/big
	assert_equal "$(find dst -type f)" dst/d/big
}
