#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Every word that is printed: lines, JSON, summary, progress, status.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	require_command jq
}

teardown() {
	[ -z "${HELD:-}" ] || kill -9 "$HELD" 2>/dev/null || true
}

ESC=$'\e'
CR=$'\r'

@test "success prints nothing" {
	make_tree basic src
	run decant copy -a src dst
	assert_success
	assert_output ''
	assert_exist dst/one
}

@test "-v prints cp's lines" {
	make_tree basic src
	run decant copy -av src ours
	assert_success
	sort <<<"$output" >found
	cp -av src theirs | sed 's/theirs/ours/' | sort >expected
	diff expected found
}

@test "-v of one file, quoted as cp quotes it in a pipe" {
	echo x >a
	run decant copy -v a b
	assert_output "'a' -> 'b'"
}

@test "-v -0 ends lines by NUL" {
	echo x >a
	decant copy -v -0 a b >out
	printf "'a' -> 'b'\0" | cmp - out
}

@test "every line of --json is valid, with start first and summary last" {
	make_tree basic src
	make_tree odd-names src/odd
	decant copy -a --json src dst >events
	jq -e . events >/dev/null
	# It began within the last minute.
	head -n 1 events | jq -e '(.time | sub("\\.[0-9]+Z$"; "Z") | fromdate) > (now - 60)'
	assert_equal "$(head -n 1 events | jq -r '.type + " " + .verb + " " + (.version | tostring)')" 'start copy 1'
	assert_equal "$(tail -n 1 events | jq -r '.type + " " + .result + " " + (.exit | tostring)')" 'summary done 0'
	# One item an entry, and the summary counts them.
	local items
	items=$(jq -r 'select(.type == "item" and .action == "new") | .type' events | wc -l)
	assert_equal "$(jq -r 'select(.type == "summary") | .items.new' events)" "$items"
	assert_equal "$items" "$(find src -printf x | wc -c)"
}

@test "JSON names of any bytes come back by path or path_b64" {
	make_tree odd-names src
	mkdir dst
	decant copy -a --json src dst >events
	jq -rj 'select(.type == "item") | ((.path_b64 // empty | "b64:" + .), (.path // empty | @base64 | "b64:" + .)) + "\n"' \
		events | sed 's/^b64://' | while read -r name; do
		base64 -d <<<"$name"
		printf 'X\0'
	done | sort -z >found
	(cd dst && find . -mindepth 1 -printf '%PX\0' | sort -z) >expected
	[ -s expected ]
	comm -z -3 found expected >differences
	[ ! -s differences ] || fail "not in JSON, or there only: $(tr '\0' '\n' <differences | cat -v)"
}

@test "JSON of invalid UTF-8 is still UTF-8" {
	echo x >$'\xff\xfe'
	mkdir dst
	decant copy --json $'\xff\xfe' dst >events
	iconv -f UTF-8 -t UTF-8 events >/dev/null
	assert_equal "$(jq -r 'select(.type == "item") | .path_b64' events)" "$(printf '\xff\xfe' | base64)"
	assert_equal "$(jq -r 'select(.type == "item") | has("path")' events)" false
}

@test "JSON items say action, kind, bytes and means" {
	mkdir src
	data 5000 >src/file
	ln -s file src/soft
	mkfifo src/fifo
	mkdir src/dir dst
	decant copy -a --json src dst >events
	assert_equal "$(jq -c 'select(.path == "src/file") | [.action, .kind, .bytes]' events)" '["new","file",5000]'
	assert_equal "$(jq -r 'select(.path == "src/soft") | .kind' events)" symlink
	assert_equal "$(jq -r 'select(.path == "src/fifo") | .kind' events)" fifo
	assert_equal "$(jq -r 'select(.path == "src/dir") | .kind' events)" directory
	echo longer >>src/file
	decant copy -a --json src dst >events
	assert_equal "$(jq -r 'select(.path == "src/file") | .action' events)" changed
}

@test "JSON hard links are linked" {
	mkdir src
	echo x >src/a
	ln src/a src/b
	decant copy -a --json src dst >events
	assert_equal "$(jq -r 'select(.type == "summary") | .items.linked' events)" 1
	assert_equal "$(items_of linked <events | wc -l)" 1
}

@test "JSON errors name class, errno, path and side" {
	echo x >a
	mkdir d
	run --separate-stderr decant copy --json missing a d
	assert_failure 1
	echo "$output" >events
	assert_equal "$(jq -r 'select(.type == "error") | .errno' events)" ENOENT
	assert_equal "$(jq -r 'select(.type == "error") | .side' events)" src
	assert_equal "$(jq -r 'select(.type == "error") | .fatal' events)" false
	assert_equal "$(jq -r 'select(.type == "summary") | "\(.result) \(.exit) \(.items.failed)"' events)" 'partial 1 1'
}

@test "JSON counts bytes: logical, written, cloned and holes" {
	truncate -s 2M a
	data $((1 << 20)) | dd of=a conv=notrunc status=none
	decant copy --json a b >events
	assert_equal "$(jq -r 'select(.type == "summary") | .bytes.logical' events)" $((2 << 20))
	assert_equal "$(jq -r 'select(.type == "summary") | .bytes | .written + .cloned + .holes' events)" $((2 << 20))
}

@test "--dry-run touches nothing, and says what it would do" {
	mkdir -p here/src here/dst/src
	data 4096 >here/src/guide.md
	echo x >here/src/same
	echo y >here/dst/same
	echo y >here/dst/src/same
	tree_py list here >before
	run decant copy -a --dry-run here/src here/dst
	assert_success
	tree_py list here >after
	diff before after
	assert_line --regexp '^\+ new +4\.0 KiB +src/guide\.md'
	assert_line --regexp '^~ content +2 B +src/same'
	assert_line --regexp '^dry run: 1 new, 1 changed.*; 4\.0 KiB to write$'
}

@test "--dry-run of a new destination makes none" {
	make_tree basic src
	run decant copy -a --dry-run src dst
	assert_success
	assert_not_exist dst
	assert_line --regexp '^\+ new +1\.0 MiB +(dst/)?sub/mega'
	assert_line --regexp '^dry run: '
}

@test "--dry-run says what would fail, exit 1" {
	mkdir d
	run decant copy --dry-run missing d
	assert_failure 1
	assert_output --partial missing
}

@test "--dry-run opens nothing for writing" {
	require_inject
	make_tree basic src
	mkdir dst
	strace -f -qq -o trace -e trace=openat,openat2,mkdirat,unlinkat,linkat,symlinkat,renameat2,fchmod,utimensat,mknodat \
		"$DECANT" copy -a --dry-run src dst >out
	grep -q '^+ new .*mega' out
	run grep -E 'O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE|mkdirat|unlinkat|linkat|renameat|fchmod|utimensat|mknodat' trace
	[ "$status" -eq 1 ] || ! grep -vE '/dev/(null|tty)|/proc/' <<<"$output"
}

@test "--explain names the means and its reason" {
	data $((1 << 20)) >a
	run decant copy --explain a b
	assert_success
	assert_line --regexp '1\.0 MiB +(copied|cloned) +(copy_file_range|FICLONE|sendfile|buffers?)'
}

@test "--explain says why an entry is left" {
	echo new >a
	echo old >b
	touch -d 2001-01-01 a
	run decant copy -u --explain a b
	assert_success
	assert_output --partial 'not older'
}

@test "--stats prints the summary on stderr only" {
	make_tree basic src
	run --separate-stderr decant copy -a --stats src dst
	assert_success
	assert_output ''
	[[ ${stderr_lines[0]} =~ ^decant:\ [0-9,]+\ files?,\ [0-9.]+\ [KMG]?i?B.*\ in\ [0-9.]+\ m?s ]]
}

@test "--report writes the summary as JSON, also on failure" {
	make_tree basic src
	decant copy -a --report=report.json src dst
	assert_equal "$(jq -rs 'last | .type + " " + (.exit | tostring)' report.json)" 'summary 0'
	mkdir d
	run decant copy --report=failed.json missing d
	assert_failure 1
	assert_equal "$(jq -rs 'last | "\(.exit) \(.items.failed)"' failed.json)" '1 1'
	assert_equal "$(jq -rs 'map(select(.type == "error") | .path) | join(" ")' failed.json)" missing
}

@test "--report appears whole or not at all" {
	require_inject
	echo x >a
	echo '{"old":true}' >report.json
	strace -f -qq -o trace -e trace=openat,openat2,rename,renameat,renameat2,linkat \
		"$DECANT" copy --report=report.json a b
	jq -e '.type == "summary"' report.json
	# It is renamed over the old one, never truncated.
	grep -qE 'rename(at2?)?\(.*report' trace
	run grep -E 'open.*"report\.json".*O_TRUNC' trace
	assert_failure
	assert_equal "$(find . -name '*report*' | wc -l)" 1
}

@test "--report that cannot be written is said, and raises the exit status" {
	echo x >a
	run decant copy --report=no/such/dir/report a b
	assert_failure 3
	assert_output --partial report
	assert_equal "$(cat b)" x
}

@test "--print0=done names each finished file, with a NUL" {
	make_tree basic src
	make_tree odd-names src/odd
	decant copy -a --print0=done src dst >names
	# Every name can be handed to xargs -0; nothing but files and links and the rest of the tree.
	xargs -0 -a names ls -d -- >/dev/null
	local count
	count=$(tr -dc '\0' <names | wc -c)
	[ "$count" -ge "$(find src -type f | wc -l)" ]
	sort -z names | uniq -zd >twice
	[ ! -s twice ]
}

@test "--print0=skipped and failed" {
	mkdir src dst
	echo 1 >src/a
	echo 2 >src/b
	echo old >dst/a
	decant copy -aT -n --print0=skipped src dst >names
	assert_equal "$(tr '\0' '\n' <names | sed 's,.*/,,')" a
	run decant copy --print0=failed gone src/b dst
	assert_output --partial gone
	assert_failure 1
}

@test "nothing on stderr has ESC or CR when it is a pipe, --progress or not" {
	make_tree basic src
	make_tree odd-names src/odd
	decant copy -a --progress --stats src dst 2>errors >out
	decant copy -a --progress "$PWD/missing"$'\e[31m' dst 2>>errors >>out || true
	grep -q missing errors
	run grep -c -e "$ESC" -e "$CR" errors
	assert_output 0
	decant copy -av src/odd again >out
	grep -q 'again' out
	run grep -c -e "$ESC" out
	assert_output 0
}

@test "names that could drive a terminal are quoted in errors" {
	mkdir d
	run decant copy $'evil\e[2J\nname' d
	assert_failure 1
	[[ $output == *evil* ]]
	[[ $output != *"$ESC"* ]]
	assert_equal "$(wc -l <<<"$output")" 1
}

@test "on a terminal --progress draws a line that it erases" {
	require_command script
	make_tree basic src
	script -qec "stty cols 80; '$DECANT' copy -a --progress src dst" /dev/null </dev/null >typescript
	grep -q -e "$CR" typescript
	grep -qE 'files|items' typescript
}

@test "on a terminal a short run prints nothing" {
	require_command script
	make_tree basic src
	script -qec "'$DECANT' copy -a src dst" /dev/null </dev/null >typescript
	[ ! -s typescript ] || fail "$(cat -v typescript)"
	assert_exist dst/one
}

@test "SIGUSR1 prints one line of status and the run goes on" {
	mkdir src dst
	echo x >src/a
	mkfifo list names errors
	(cd src && exec "$DECANT" copy -a --files-from=../list --from0 --print0=done -t ../dst) >names 2>errors &
	local name line
	HELD=$!
	exec 7<>errors 8<>list 9<>names
	printf 'a\0' >&8
	IFS= read -r -d '' -t 10 name <&9
	kill -USR1 "$HELD"
	IFS= read -r -t 10 line <&7
	[[ $line == *[0-9]* ]]
	[[ $line != *"$CR"* ]]
	kill -0 "$HELD"
	exec 8>&-
	wait "$HELD"
	HELD=
	exec 7>&- 9<&-
	assert_exist dst/a
}

@test "several errors are grouped at the end" {
	mkdir d
	run decant copy one two three four d
	assert_failure 1
	assert_line --regexp '^decant: .*not'
	assert_line --regexp '^ +.*missing +4 |^ +[a-z ]+ +4 +'
}

@test "one error is not repeated in a group" {
	mkdir d
	run decant copy missing d
	assert_failure 1
	assert_equal "${#lines[@]}" 1
}

@test "a reader that goes away ends the listing quietly" {
	mkdir src
	tree_py wide src 3000
	run --separate-stderr bash -c '"$DECANT" copy -av src dst | head -n 1'
	assert_success
	assert_output --partial "'src"
	assert_equal "$stderr" ''
}

@test "standard output that is full is an error" {
	[ -w /dev/full ] || skip "needs /dev/full"
	echo x >a
	run bash -c '"$DECANT" copy -v a b >/dev/full'
	assert_failure 3
	assert_output --partial 'No space left'
}

# colored STREAM [VARIABLE=VALUE...] -- OPTION...: whether that stream, a terminal, has color; the
# other one, a file, goes to "other"
colored() {
	local stream=$1 environment=()
	shift
	while [ "$1" != -- ]; do environment+=("$1") && shift; done
	shift
	rm -rf dst
	env -u NO_COLOR -u CLICOLOR_FORCE TERM=xterm "${environment[@]}" "$PYTHON" - "$stream" \
		"$DECANT" copy -a --itemize "$@" src nothing dst <<-'END'
		import os, pty, subprocess, sys
		os.mkdir("dst")
		master, slave = pty.openpty()
		with open("other", "wb") as other:
		    streams = {"stdout": other, "stderr": other, sys.argv[1]: slave}
		    subprocess.run(sys.argv[2:], **streams)
		os.close(slave)
		text = b""
		try:
		    while block := os.read(master, 4096):
		        text += block
		except OSError:
		    pass
		sys.exit(b"\033[" not in text)
	END
}

@test "color is for terminals, each stream by itself, and the environment is heard" {
	mkdir src
	echo a >src/a
	local stream
	for stream in stdout stderr; do
		colored "$stream" --
		run ! grep -q $'\033' other
		colored "$stream" CLICOLOR_FORCE=1 --
		grep -q $'\033' other
		colored "$stream" CLICOLOR_FORCE=0 --
		run ! grep -q $'\033' other
		run ! colored "$stream" NO_COLOR=1 --
		run ! colored "$stream" NO_COLOR=1 CLICOLOR_FORCE=1 --
		run ! colored "$stream" TERM=dumb --
		run ! colored "$stream" -- --color=never
		run ! colored "$stream" CLICOLOR_FORCE=1 -- --color=never
		colored "$stream" NO_COLOR=1 TERM=dumb -- --color=always
		grep -q $'\033' other
	done
}
