# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What every test of the command line shares: the program, trees to copy, and their comparison.
bats_require_minimum_version 1.5.0
load /usr/lib/bats/bats-support/load
load /usr/lib/bats/bats-assert/load
load /usr/lib/bats/bats-file/load
load require

: "${DECANT:=$BATS_TEST_DIRNAME/../../decant}"
DECANT=$(realpath -m "$DECANT")
export DECANT LC_ALL=C
if [ ! -x "$DECANT" ]; then
	echo "no program at $DECANT: set DECANT, or build it" >&2
	exit 1
fi
# LeakSanitizer cannot work under strace; leaks are looked for by the unit tests.
export ASAN_OPTIONS="detect_leaks=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
# What sync remembers of sources is not to outlive the test.
export XDG_STATE_HOME=${BATS_FILE_TMPDIR:-${TMPDIR:-/tmp}}/state
PYTHON=/usr/bin/python3
[ -x "$PYTHON" ] || PYTHON=python3

decant() {
	"$DECANT" "$@"
}

tree_py() {
	"$PYTHON" "$BATS_TEST_DIRNAME/tree.py" "$@"
}

# data SIZE: that many bytes that do not compress, the same each time
data() {
	"$PYTHON" -c 'import random, sys
sys.stdout.buffer.write(random.Random(7).randbytes(int(sys.argv[1])))' "$1"
}

# make_tree KIND DIR: a tree of one kind
make_tree() {
	mkdir -p "$2"
	"make_tree_${1//-/_}" "$2"
}

make_tree_basic() {
	mkdir -p "$1/sub/deeper" "$1/empty"
	echo one >"$1/one"
	: >"$1/nothing"
	echo two >"$1/sub/two"
	head -c 5000 /dev/zero | tr '\0' x >"$1/sub/deeper/five"
	data $((1 << 20)) >"$1/sub/mega"
	ln -s sub/two "$1/pointer"
	touch -d '2001-02-03 04:05:06.123456789' "$1/one" "$1/sub/two"
	touch -d '2002-02-03 04:05:06.987654321' "$1/empty" "$1/sub"
}

make_tree_perms() {
	local mode
	for mode in 0000 0400 0644 0711 0755 1777 2755 4755 6711 7777; do
		echo "$mode" >"$1/f$mode"
		mkdir "$1/d$mode"
		echo inside >"$1/d$mode/file"
		chmod "$mode" "$1/f$mode"
	done
	[ "$(id -u)" -ne 0 ] || chown 4000000000:4000000001 "$1/f0644" "$1/d0755" "$1/f6711"
	# A change of owner clears the set-id bits, so they come last.
	chmod 6711 "$1/f6711"
	for mode in 0755 1777 2755 4755 6711 7777 0711; do
		chmod "$mode" "$1/d$mode"
	done
	mkdir "$1/dropped"
	echo in >"$1/dropped/file"
	chmod 0555 "$1/dropped"
	if [ "$(id -u)" -eq 0 ]; then
		chmod 0000 "$1/d0000"
		chmod 0400 "$1/d0400"
	else
		chmod 0644 "$1/f0000"
	fi
}

make_tree_links() {
	mkdir -p "$1/a/b" "$1/c"
	echo shared >"$1/a/first"
	ln "$1/a/first" "$1/c/second"
	ln "$1/a/first" "$1/a/b/third"
	data $((1 << 20)) >"$1/c/big"
	ln "$1/c/big" "$1/a/big2"
	ln -s ../c/second "$1/a/soft"
	ln -s nowhere "$1/dangling"
	ln -s a "$1/to-directory"
	ln "$1/dangling" "$1/dangling2" 2>/dev/null || true
	touch -h -d '1999-12-31 23:59:59.5' "$1/dangling" "$1/a/soft"
}

make_tree_sparse() {
	truncate -s 8M "$1/hole"
	truncate -s 4M "$1/ends"
	printf head | dd of="$1/ends" conv=notrunc status=none
	printf tail | dd of="$1/ends" bs=1 seek=$((4194304 - 4)) conv=notrunc status=none
	truncate -s 1M "$1/middle"
	data 65536 | dd of="$1/middle" bs=65536 seek=4 conv=notrunc status=none
	truncate -s 1000000 "$1/odd-size"
	printf x | dd of="$1/odd-size" bs=1 seek=500001 conv=notrunc status=none
	truncate -s 100 "$1/small-hole"
}

make_tree_xattr() {
	echo a >"$1/file"
	mkdir "$1/dir"
	setfattr -n user.one -v 1 "$1/file"
	setfattr -n user.empty "$1/file"
	setfattr -n user.binary -v 0x00ff0a1b "$1/file"
	setfattr -n user.long -v "$(printf '%02000d' 7)" "$1/dir"
}

make_tree_deep() {
	tree_py deep "$1" "${DEPTH:-200}"
}

make_tree_odd_names() {
	local name
	for name in $'new\nline' $'\xff\xfe' $'esc\e[31m' '-dash' '--help' '*' ' ' ' lead' 'trail ' \
		$'tab\t' 'quote"' "quote'" "back\\slash" \$HOME 'a;b' '...' '#x' '!x' \
		"$(printf 'n%.0s' {1..255})" $'\xc3\xa9' $'\xc3'; do
		printf '%s' "$name" >"$1/$name"
	done
	mkdir "$1/"$'dir\n'
	echo below >"$1/"$'dir\n/\x01'
	ln -s $'\xff\n' "$1/"$'soft\xff'
}

# make_zoo DIR: everything that copy -a keeps, as far as this user and file system have it
make_zoo() {
	local kind
	mkdir -p "$1"
	for kind in basic perms links sparse odd-names; do
		make_tree "$kind" "$1/$kind"
	done
	# As deep as rsync, whose paths end at 4096 bytes, can look.
	DEPTH=300 make_tree deep "$1/deep"
	mkfifo -m 0640 "$1/fifo"
	"$PYTHON" -c 'import os, socket, sys
os.chdir(sys.argv[1])
socket.socket(socket.AF_UNIX).bind("socket")' "$1"
	mkdir "$1/times"
	echo past >"$1/times/past"
	echo future >"$1/times/future"
	touch -d '1935-06-07 08:09:10.000000001' "$1/times/past"
	touch -d '2042-06-07 08:09:10.999999999' "$1/times/future"
	mkdir "$1/times/old-dir"
	touch -d '1960-01-02 03:04:05.5' "$1/times/old-dir" "$1/fifo" "$1/socket"
	if has_xattr "$1"; then
		make_tree xattr "$1/xattr"
		touch -d '1980-01-02 03:04:05' "$1/xattr/file"
	fi
	if has_acl "$1"; then
		mkdir "$1/acl"
		echo acl >"$1/acl/file"
		setfacl -m u:12345:rw-,g:23456:r--,m::rw- "$1/acl/file"
		setfacl -m u:12345:rwx -d -m u:12345:r-x,m::r-x "$1/acl"
		# Made after the default ACL and freed of it: a copy must not inherit it.
		echo bare >"$1/acl/bare"
		setfacl -b "$1/acl/bare"
		mkdir "$1/acl/bare-dir"
		setfacl -b -k "$1/acl/bare-dir"
	fi
	if [ "$(id -u)" -eq 0 ]; then
		mknod -m 0600 "$1/null" c 1 3 2>/dev/null && mknod -m 0640 "$1/block" b 7 99
		chown 1234:2345 "$1/fifo"
		chown -h 1234:2345 "$1/links/dangling"
		cp /bin/true "$1/capable"
		setcap cap_net_raw+ep "$1/capable" 2>/dev/null || true
		setfattr -h -n trusted.note -v soft "$1/links/to-directory" 2>/dev/null || true
	fi
	touch -d '2003-04-05 06:07:08.090807060' "$1"
}

# zoo_has_all DIR: each animal is there, as root has it on ext4, xfs and btrfs
zoo_has_all() {
	local name
	assert_equal "$(stat -c %h "$1/links/a/first")" 3
	[ "$(stat -c %a "$1/perms/f4755" "$1/perms/f2755" "$1/perms/f6711" | tr '\n' ' ')" = '4755 2755 6711 ' ]
	assert_equal "$(stat -c %a "$1/perms/dropped")" 555
	assert_equal "$(stat -c %u:%g "$1/perms/f6711")" 4000000000:4000000001
	[ -L "$1/links/dangling" ]
	[ -p "$1/fifo" ] && [ -S "$1/socket" ] && [ -c "$1/null" ] && [ -b "$1/block" ]
	[ "$(stat -c %b "$1/sparse/ends")" -lt 128 ]
	[ "$(stat -c %Y "$1/times/past")" -lt 0 ]
	[ "$(stat -c %Y "$1/times/future")" -gt $((1 << 31)) ]
	for name in $'new\nline' $'\xff\xfe'; do [ -f "$1/odd-names/$name" ]; done
	getfacl -pn "$1/acl/file" | grep -q '^user:12345:rw-'
	getfacl -pn "$1/acl" | grep -q '^default:user:12345:r-x'
	getfattr -n user.binary -e hex "$1/xattr/file" | grep -q 0x00ff0a1b
	getcap "$1/capable" | grep -q cap_net_raw
}

# let_go: give back the rights that trees of make_tree perms lack, so that they can be removed
let_go() {
	[ "$(id -u)" -eq 0 ] || chmod -R u+rwX "$BATS_TEST_TMPDIR"
}

# same_tree A B: fails, with the differences, unless B has everything that A has and nothing else
same_tree() {
	local found a b
	a=${1%/} b=${2%/}
	found=$(rsync -aHAXn --itemize-changes --delete --checksum --modify-window=-1 "$a/" "$b/" 2>&1) || {
		echo "rsync cannot compare: $found"
		return 1
	}
	if [ -n "$found" ]; then
		printf 'rsync finds differences from %s to %s:\n%s\n' "$a" "$b" "$found"
		return 1
	fi
	same_listing "$a" "$b" && same_holes "$a" "$b"
}

# same_listing A B: likewise without rsync, for trees of any depth; knows nanoseconds and owners
same_listing() {
	local lists status=0
	lists=$(mktemp -d "$BATS_RUN_TMPDIR/lists.XXXXXX")
	tree_py list "$1" >"$lists/a" && tree_py list "$2" >"$lists/b" || status=1
	diff -u --label "$1" --label "$2" "$lists/a" "$lists/b" >"$lists/differences" || status=1
	head -n 40 "$lists/differences"
	rm -r "$lists"
	return "$status"
}

# same_holes A B: what is sparse in A is as sparse in B
same_holes() {
	local file from to bad=0
	while IFS= read -r -d '' file; do
		from=$(stat -c %b "$1/$file") to=$(stat -c %b "$2/$file")
		# 128 blocks of 512 bytes: file systems allocate in units of up to 64 KiB.
		if [ "$to" -gt $((from + 128)) ]; then
			printf 'holes are lost: %q has %s blocks, its copy %s\n' "$file" "$from" "$to"
			bad=1
		fi
	done < <(cd "$1" && find . -type f -size +128k -print0)
	return "$bad"
}

# how_of FILE: the means by which FILE, a path or its last part, travelled, from --json on stdin
how_of() {
	jq -r --arg path "$1" 'select(.type == "item" and .path != null) |
		select(.path == $path or (.path | endswith("/" + $path))) | .how // "none"'
}

# items_of ACTION: the paths of the entries with that action, sorted, from the --json lines on stdin
items_of() {
	jq -r --arg action "$1" 'select(.type == "item" and .action == $action) | .path' | sort
}

# no_temporaries DIR [KNOWN-LIST-FILE]: nothing but known names stands below DIR
# The known names are those of SRC, one a line, as find -printf '%P\n' gives them.
no_temporaries() {
	local extra
	[ -d "$1" ] || fail "no directory $1"
	extra=$(comm -13 <(sort "$2") <(find "$1" -mindepth 1 -printf '%P\n' | sort))
	if [ -n "$extra" ]; then
		printf 'left behind in %s:\n%s\n' "$1" "$extra"
		return 1
	fi
}

# names_of DIR: what find sees below DIR, one a line
names_of() {
	find "$1" -mindepth 1 -printf '%P\n'
}

# wait_until COMMAND...: return when it succeeds; fails after ten seconds.  No sleep: it yields.
wait_until() {
	local end=$((SECONDS + 10))
	until "$@" 2>/dev/null; do
		[ "$SECONDS" -lt "$end" ] || return 1
		read -r -t 0.01 <> <(:) || true
	done
}

# assert_one_line TEXT: TEXT is one line that starts with the program's name
assert_one_line() {
	[ "$(printf '%s\n' "$1" | wc -l)" -eq 1 ] || fail "more than one line: $1"
	[[ $1 == "decant: "* ]] || fail "no 'decant: ' in front: $1"
}

# counted COMMAND...: run COMMAND; ALLOCS is how often it asked for memory, KIB the most it had
counted() {
	local status=0
	rm -f "$BATS_TEST_TMPDIR/counts"
	LD_PRELOAD=$COUNT_LIBRARY COUNT_MEMORY=$BATS_TEST_TMPDIR/counts "$@" || status=$?
	# shellcheck disable=SC2034 # for the tests
	read -r ALLOCS KIB <"$BATS_TEST_TMPDIR/counts" || fail "no counts of $*"
	return "$status"
}

# inj SPEC COMMAND...: run COMMAND with strace's injection SPEC; "NAME:error=E:when=N"
# Then $BATS_TEST_TMPDIR/injected has the calls of that NAME.
inj() {
	local spec=$1
	shift
	strace -f -qq -o "$BATS_TEST_TMPDIR/injected" -e "trace=${spec%%:*}" -e "inject=$spec" "$@"
}

# inj_at PATH SPEC COMMAND...: the same for calls on PATH only
inj_at() {
	local path=$1 spec=$2
	shift 2
	strace -f -qq -o "$BATS_TEST_TMPDIR/injected" -P "$path" -e "trace=${spec%%:*}" \
		-e "inject=$spec" "$@"
}

# assert_injected [CALLS]: strace really made a call of that name fail; else the test proves nothing
# A call during which another thread made one stands in two lines.
assert_injected() {
	grep -qE "${1:-[a-z0-9_]+}(\(| resumed>).*\(INJECTED\)" "$BATS_TEST_TMPDIR/injected" ||
		fail "nothing was injected into ${1:-any call}"
}
