#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# decant sync: operands, comparing, what a person sees, and what is left alone.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	make_tree basic src
}

@test "a slash at the end means what is in it, and --contents says so too" {
	decant sync -a src dst
	[ -f dst/src/one ]
	decant sync -a src/ two
	same_listing src two
	decant sync -a --contents src three
	same_listing src three
	decant sync -a src/. four
	same_listing src four
	run decant sync -a src/ two/ three
	assert_failure 2
	assert_output --partial "must be the only SOURCE"
}

@test "a file goes into a directory, or gets the name of DEST" {
	decant sync src/one copy
	assert_equal "$(cat copy)" one
	mkdir dir
	decant sync src/one dir
	[ -f dir/one ]
	decant sync src/one new/
	[ -f new/one ]
	decant sync src/one src/sub/two several
	assert_equal "$(ls several)" 'one
two'
}

@test "a source that is missing stops the run before it begins" {
	run decant sync -a nothing src/ dst
	assert_failure 2
	run decant sync -a nothing src dst
	assert_failure 3
	assert_output "decant: cannot stat 'nothing': No such file or directory"
	[ ! -e dst ]
	decant sync -a --ignore-missing-args nothing src dst
	[ -f dst/src/one ]
}

@test "what differs is listed in words" {
	decant sync -a src/ dst/
	echo more >>dst/one
	touch -r src/one dst/one
	chmod 700 dst/sub/two
	rm dst/pointer
	ln -s elsewhere dst/pointer
	mkdir dst/nothing.d
	run decant sync -a -n src/ dst/
	assert_success
	assert_line --regexp '^~ content +4 B +one +size$'
	assert_line --regexp '^\. attributes +sub/two +mode 0700 -> 0644$'
	assert_line --regexp '^~ content +pointer +target'
	assert_line --regexp '^dry run: 2 changed, [12] attributes, [0-9]+ unchanged; 4 B to write$'
	run decant sync -ai src/ dst/
	assert_success
	assert_line --regexp '^~ content +4 B +one +size$'
	run decant sync -avv src/ dst/
	assert_line --regexp '^= unchanged +4 B +one'
}

@test "attributes are mended without copying data" {
	decant sync -a src/ dst/
	stat -c %i dst/sub/mega >before
	chmod 700 dst/sub/mega
	setfattr -n user.extra -v 1 dst/sub/mega
	setfattr -n user.wanted -v 1 src/sub/mega
	strace -f -o calls "$DECANT" sync -a src/ dst/
	stat -c %i dst/sub/mega | diff before -
	run grep -E 'copy_file_range|pwrite|FICLONE|sendfile' calls
	assert_failure
	run getfattr -d dst/sub/mega
	assert_output --partial user.wanted
	refute_output --partial user.extra
}

@test "a second run changes nothing, and calls nothing that would" {
	require_calls
	make_zoo zoo
	decant sync -a --delete zoo/ dst/
	strace -f -o calls "$DECANT" sync -ai --delete zoo/ dst/ >again
	[ ! -s again ]
	run grep -E 'O_(WRONLY|RDWR|CREAT)|(mkdir|mknod|unlink|rename|link|symlink)at2?\(|chmod|chown|utimens|setxattr|removexattr|syscall_0x1(cf|d2)' <(grep -v readlink calls)
	assert_output ''
	same_listing zoo dst
	let_go
}

@test "who reads a file while it is replaced reads the old one" {
	decant sync -a src/ dst/
	exec 7<dst/one
	echo new >src/one
	decant sync -a src/ dst/
	assert_equal "$(cat <&7)" one
	exec 7<&-
	assert_equal "$(cat dst/one)" new
}

@test "size and time may be told to count for less, or more" {
	decant sync -a src/ dst/
	printf 'oNe\n' >dst/one
	touch -r src/one dst/one
	touch -d 2001-02-03T04:05:06 dst/sub/two
	run decant sync -n src/ dst/
	refute_output --partial ' one'
	run decant sync -nc src/ dst/
	assert_line --regexp '^~ content +4 B +one +content$'
	assert_line --regexp '^\. attributes +sub/two +mtime$'
	run decant sync -n --size-only src/ dst/
	refute_output --partial content
	run decant sync -n -@1 src/ dst/
	refute_output --partial sub/two
	run decant sync -nI src/ dst/
	assert_line --regexp '^~ content +4 B +one'
}

@test "a change within the tick of the last run is found" {
	mkdir s
	echo aaa >s/f
	decant sync -a s/ d/
	"$PYTHON" -c 'import os, time
with open("s/f", "w") as f:
    f.write("bbb\n")
now = time.time_ns()
for path in "s/f", "d/f":
    os.utime(path, ns=(now, now))'
	decant sync -a s/ d/
	assert_equal "$(cat d/f)" bbb
}

@test "-u, --existing and --ignore-existing leave files alone" {
	mkdir s d
	echo new >s/a
	echo new >s/b
	touch -d 2001-01-01 s/a
	echo mine >d/a
	decant sync -a -u s/ d/
	assert_equal "$(cat d/a)" mine
	assert_equal "$(cat d/b)" new
	echo newer >s/b
	echo c >s/c
	decant sync -a --ignore-existing s/ d/
	assert_equal "$(cat d/b)" new
	[ -f d/c ]
	echo x >s/x
	decant sync -a --existing s/ d/
	[ ! -e d/x ]
	assert_equal "$(cat d/b)" newer
}

@test "names that are not links in the source are not in the destination, once they differ" {
	mkdir s d
	echo same >s/a
	echo same >s/b
	touch -d 2001-01-01 s/a s/b
	cp -p s/a d/a
	ln d/a d/b
	chmod 600 s/a
	decant sync -a s/ d/
	assert_equal "$(stat -c '%a %h' d/a)" '600 1'
	assert_equal "$(stat -c '%a %h' d/b)" '644 1'
}

@test "rsync's options for other machines are named as such" {
	run decant sync -az src/ dst/
	assert_failure 2
	assert_output --partial "'-z' is not an option of sync; between machines use"
	run decant sync -a --no-owner src/ dst/
	assert_output --partial "use '--no-preserve=ownership'"
}

@test "a run that is killed is made good by the next, and loses nothing that was to be saved" {
	local i whole points=15 killed=0 word
	[ -z "${CHECK_SLOW:-}" ] || points=300
	mkdir s old
	tree_py small s/files 300
	data 3000000 >s/big
	cp -a s/files old
	find old -type f -name '*1' -exec sh -c 'echo "old $1" >"$1"' _ {} \;
	for i in {1..50}; do echo "gone $i" >"old/gone$i"; done
	(cd old && find . -type f \( -name '*1' -o -name 'gone*' \)) >saved
	[ "$(grep -vc gone saved)" -gt 10 ]
	cp -a old d
	read -r _ whole _ < <(tree_py kill KILL 60000000 "$DECANT" sync -a --delete --backup-dir=../bk s/ d/)
	for ((i = 1; i <= points; i++)); do
		rm -rf d bk
		cp -a old d
		read -r word _ < <(tree_py kill KILL $((whole * i / points)) "$DECANT" sync -a --delete --backup-dir=../bk s/ d/)
		[ "$word" != killed ] || killed=$((killed + 1))
		decant sync -a --delete --backup-dir=../bk s/ d/
		run rsync -aHAXni --delete --checksum s/ d/
		assert_output ''
		run find d bk -name '.decant-*'
		assert_output ''
		(cd old && xargs -d '\n' sha256sum <../saved) | (cd bk && sha256sum --quiet -c)
	done
	[ "$killed" -ge $((points / 3)) ] || fail "only $killed of $points were killed"
}
