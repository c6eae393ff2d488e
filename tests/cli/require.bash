# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What a test needs of its surroundings; each skips the test with a reason where it is missing.

require_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
}

require_command() {
	local name
	for name; do
		command -v "$name" >/dev/null || skip "needs $name"
	done
}

# has_xattr DIR: true where user.* attributes can be set
has_xattr() {
	local probe status=0
	command -v setfattr >/dev/null || return 1
	probe=$(mktemp -p "$1") || return 1
	setfattr -n user.probe -v 1 "$probe" 2>/dev/null || status=1
	rm -f "$probe"
	return "$status"
}

has_acl() {
	local probe status=0
	command -v setfacl >/dev/null || return 1
	probe=$(mktemp -p "$1") || return 1
	setfacl -m u:1:r "$probe" 2>/dev/null || status=1
	rm -f "$probe"
	return "$status"
}

require_xattr() {
	has_xattr "$1" || skip "needs extended attributes on $1"
}

require_acl() {
	has_acl "$1" || skip "needs POSIX ACLs on $1"
}

require_sparse() {
	local probe blocks
	probe=$(mktemp -p "$1")
	truncate -s 1M "$probe"
	blocks=$(stat -c %b "$probe")
	rm -f "$probe"
	[ "$blocks" -lt 64 ] || skip "needs sparse files on $1"
}

require_reflink() {
	local probe status=0
	probe=$(mktemp -p "$1")
	head -c 65536 /dev/zero >"$probe"
	cp --reflink=always "$probe" "$probe.clone" 2>/dev/null || status=1
	rm -f "$probe" "$probe.clone"
	[ "$status" -eq 0 ] || skip "needs cloning on $1"
}

# require_space DIR MIB
require_space() {
	local free
	free=$(df --output=avail -BM "$1" | tail -n 1 | tr -dc 0-9)
	[ "$free" -ge "$2" ] || skip "needs $2 MiB free in $1"
}

# require_inject: strace that can inject faults, and is let
require_inject() {
	require_command strace
	strace -qq -o /dev/null -e inject=getpid:error=EPERM true 2>/dev/null ||
		skip "needs strace with fault injection"
}

# require_count: $COUNT_LIBRARY can be preloaded
require_count() {
	[ "${DECANT_SANITIZERS:-no}" = no ] || skip "sanitizers take memory of their own"
	COUNT_LIBRARY=$(dirname "$DECANT")/tests/cli/count_memory.so
	[ -e "$COUNT_LIBRARY" ] || skip "needs tests/cli/count_memory.so, which make check builds"
}

# require_calls: strace, and a program whose calls are its own
require_calls() {
	[ "${DECANT_SANITIZERS:-no}" = no ] || skip "sanitizers make calls of their own"
	require_command strace
	strace -qq -o /dev/null true 2>/dev/null || skip "needs the right to trace"
}

# require_slow: what takes minutes
require_slow() {
	[ -n "${CHECK_SLOW:-}" ] || skip "takes minutes: set CHECK_SLOW=1"
}

# require_memory MIB: that much is free for what a test puts in memory
require_memory() {
	local kib
	kib=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
	[ "$kib" -ge $(($1 << 10)) ] || skip "needs $1 MiB of free memory"
}

# require_mount: root who may mount
require_mount() {
	require_root
	local probe=$BATS_TEST_TMPDIR/probe-mount
	mkdir -p "$probe"
	mount -t tmpfs none "$probe" 2>/dev/null || skip "needs the right to mount"
	umount "$probe"
	rmdir "$probe"
}

# require_nobody: root who can become nobody
require_nobody() {
	require_root
	require_command setpriv
	setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null || skip "needs setpriv to nobody"
}

# require_digest ALGO: the program can make such digests, by itself or by its module
require_digest() {
	decant pipe /dev/null '|' hash "$1" '|' /dev/null >/dev/null 2>&1 || skip "there is no module for $1"
}

# require_flip: $FLIP_LIBRARY can be preloaded
require_flip() {
	[ "${DECANT_SANITIZERS:-no}" = no ] || skip "sanitizers want to be loaded first"
	FLIP_LIBRARY=$(dirname "$DECANT")/tests/cli/flip_bit.so
	[ -e "$FLIP_LIBRARY" ] || skip "needs tests/cli/flip_bit.so, which make check builds"
}
