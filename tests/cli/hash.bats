#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Digests of files and trees: what the tools for sums accept, and what we accept of them.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# has_algo NAME: skip without the module
need_algo() {
	decant hash -a "$1" /dev/null >/dev/null || skip "no $1"
}

# odd DIR: files whose names are hard to write
odd() {
	local name i=0
	mkdir -p "$1/sub"
	for name in $'new\nline' 'back\slash' ' lead' 'trail ' $'\xff\xfe' $'cr\rin' '-dash' '*star' \
		$'both\\\n' 'sub/plain' 'paren) = (' '#hash'; do
		i=$((i + 1))
		printf '%s' "content $i" >"$1/$name"
	done
	: >"$1/empty"
	data 3000000 >"$1/sub/big"
}

@test "sums are those of the tools, byte for byte" {
	odd t
	for algo in sha256 sha512 blake2b sha1 md5; do
		need_algo "$algo"
		tool=${algo}sum
		[ "$algo" != blake2b ] || tool=b2sum
		find t -type f -print0 | LC_ALL=C sort -z | xargs -0 "$tool" >theirs
		find t -type f -print0 | LC_ALL=C sort -z | xargs -0 "$tool" --tag >theirs.tag
		find t -type f -print0 | LC_ALL=C sort -z | xargs -0 "$tool" -z >theirs.zero
		decant hash -a "$algo" t >ours
		decant hash -a "$algo" --tag t >ours.tag
		decant hash --hash="$algo" -z t >ours.zero
		for form in '' .tag .zero; do
			run diff "theirs$form" "ours$form"
			assert_success
		done
	done
}

@test "each accepts the sums of the other" {
	odd t
	for algo in sha256 blake2b; do
		need_algo "$algo"
		tool=sha256sum
		[ "$algo" != blake2b ] || tool=b2sum
		decant hash -a "$algo" t >ours
		decant hash -a "$algo" --tag t >ours.tag
		find t -type f -print0 | xargs -0 "$tool" >theirs
		find t -type f -print0 | xargs -0 "$tool" --tag >theirs.tag
		find t -type f -print0 | xargs -0 "$tool" -b >theirs.binary
		find t -type f -print0 | xargs -0 "$tool" -z >theirs.zero
		"$tool" -c --strict --quiet ours
		"$tool" -c --strict --quiet ours.tag
		for list in ours ours.tag theirs theirs.tag theirs.binary; do
			run decant hash -c "$list" --strict --quiet
			assert_success
			assert_output ""
		done
		decant hash -c theirs.zero -z --strict --status
	done
}

@test "xxhsum accepts our sums, and we accept its" {
	require_command xxhsum
	odd t
	# xxhsum before 0.8.2 cannot write or read names with line ends
	rm -f t/*$'\n'* t/*$'\r'*
	for algo in xxh128 xxh64; do
		type=2
		[ "$algo" != xxh64 ] || type=1
		decant hash -a "$algo" t >ours
		find t -type f -print0 | xargs -0 xxhsum "-H$type" >theirs 2>/dev/null
		run xxhsum -c --strict ours
		assert_success
		for list in ours theirs; do
			run decant hash -c "$list" --strict --quiet
			assert_success
			assert_output ""
		done
	done
	assert_equal "$(decant hash t)" "$(decant hash --algorithm=xxh128 t)"
}

@test "checking says what sha256sum says, and ends as it does" {
	need_algo sha256
	odd t
	sha256sum t/*ead t/empty t/sub/* >list
	printf x >>t/empty
	rm t/sub/plain
	echo garbage >>list
	for options in '' --quiet --status --strict -w --ignore-missing '--ignore-missing --quiet'; do
		status_theirs=0
		# shellcheck disable=SC2086
		sha256sum -c $options list >out 2>err || status_theirs=$?
		# shellcheck disable=SC2086
		run --separate-stderr decant hash -a sha256 -c list $options
		assert_equal "$status" "$status_theirs"
		assert_equal "$output" "$(cat out)"
		# shellcheck disable=SC2154
		assert_equal "$(grep -c WARNING <<<"$stderr")" "$(grep -c WARNING err)"
	done
	sed 's/^sha256sum: //;/WARNING/!d' err >warnings
	run diff <(sed -n 's/^decant: WARNING/WARNING/p' <<<"$stderr") warnings
	sed -i d t/empty
	sha256sum t/empty >good
	echo garbage >>good
	decant hash -c good
	run decant hash -c good --strict
	assert_failure 1
	echo nothing >bad
	run decant hash -c bad
	assert_failure 1
	assert_output "decant: bad: no properly formatted checksum lines found"
	run decant hash -c list.missing
	assert_failure 1
}

@test "verdicts are in the order of the list, with any number of workers" {
	mkdir t
	for i in $(seq 300); do
		echo "$i" >"t/$i"
	done
	decant hash t | sort -R >list
	cut -c 35- list | sed 's/$/: OK/' >expected
	for jobs in 1 2 4; do
		decant hash -j"$jobs" -c list >out
		run diff expected out
		assert_success
	done
}

@test "the output is the same with any number of workers" {
	odd t
	make_tree basic t/more
	decant hash -j1 t >one
	decant hash -j4 t >four
	decant hash --unsorted t | sort >unsorted
	cmp one four
	sort one | cmp - unsorted
}

@test "operands are printed in their order, and what is not there fails alone" {
	echo a >a
	echo b >b
	run decant hash b missing a
	assert_failure 1
	assert_line --index 0 --partial "missing"
	assert_line --index 1 --regexp '  b$'
	assert_line --index 2 --regexp '  a$'
	run decant hash - <a
	assert_output "$(decant hash a | sed 's/a$/-/')"
}

@test "ten thousand files in one directory" {
	tree_py small t 10000
	decant hash -j2 t >two
	assert_equal "$(wc -l <two)" "$(find t -type f | wc -l)"
	decant hash -j1 t | cmp - two
	decant hash --tree t >tree
	decant hash -j1 --tree t | cmp - tree
	decant hash -c two --status
}

@test "filters, lists, links and mount points are as in copy" {
	make_tree basic t
	ln -s sub t/to-sub
	assert_equal "$(decant hash --exclude=sub t | wc -l)" 2
	assert_equal "$(decant hash -L t | wc -l)" 9
	assert_equal "$(decant hash -P t | wc -l)" 5
	ln -s t link
	assert_equal "$(decant hash link | wc -l)" 5
	assert_equal "$(decant hash -P link | wc -l)" 0
	printf 'one\nsub/two\n' | decant hash --files-from=- t >list
	assert_equal "$(wc -l <list)" 2
	(cd t && decant hash -c ../list --status)
}

@test "--json has an event of each file" {
	echo a >a
	run decant hash -a xxh128,xxh64 --json a
	assert_success
	assert_line --index 1 --regexp '"path":"a".*"hash":"xxh128:[0-9a-f]{32},xxh64:[0-9a-f]{16}"'
}

@test "--tree is what the manual says it is" {
	odd t
	ln -s 'some where' t/sub/soft
	mkfifo t/sub/fifo
	ln t/sub/plain t/hard
	mkdir t/void
	chmod 1775 t/void
	need_algo sha256
	run decant hash --tree -a sha256 t
	assert_success
	assert_output "$(tree_py digest t sha256)  t"
	run decant hash --tree -a sha256 t/sub t/empty
	assert_line --index 0 "$(tree_py digest t/sub sha256)  t/sub"
	assert_line --index 1 "$(tree_py digest t/empty sha256)  t/empty"
}

@test "--tree changes with names, types, modes, links and contents alone" {
	make_tree basic t
	before=$(decant hash --tree t)
	touch t/one
	assert_equal "$(decant hash --tree t)" "$before"
	decant copy -a t u
	assert_equal "$(decant hash --tree u | cut -c -32)" "${before%% *}"
	for change in 'echo x >>t/one' 'mv t/one t/eins' 'chmod 600 t/eins' 'ln -sfn other t/pointer' \
		'rm -r t/empty' 'mkfifo t/pipe'; do
		eval "$change"
		after=$(decant hash --tree t)
		[ "$after" != "$before" ]
		before=$after
	done
	if [ "$(id -u)" -ne 0 ]; then
		chmod 0 t/eins
		run decant hash --tree t
		assert_failure 1
		refute_output --partial "  t"
	fi
}
