# SPDX-License-Identifier: BSD-2-Clause
# File systems in memory for the benchmarks: sourced by them.  Wants $work, a folder on a tmpfs, and may have
# $image_size; sets $fs to where the file system at hand is mounted.
# shellcheck shell=bash
: "${work:?}"
mounted=
fs=

tidy() {
	cd /
	if [ -n "$mounted" ]; then
		umount "$mounted" || umount -l "$mounted" || true
	fi
	rm -rf "$work"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

note() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# Mount a fresh file system of kind $1 at $fs; false, with a reason, where that cannot be.
mount_fs() {
	local image=$work/image
	fs=$work/$1
	mkdir -p "$fs"
	if [ "$1" = tmpfs ]; then
		# The work folder is on a tmpfs already; a mount of our own only needs its own limits.
		[ "$(id -u)" -eq 0 ] || return 0
		mount -t tmpfs -o size=10G,nr_inodes=0 decant-bench "$fs" && mounted=$fs
		return
	fi
	if [ "$(id -u)" -ne 0 ]; then
		note "$1 is left out: loop images need root"
		return 1
	fi
	command -v "mkfs.$1" >/dev/null || {
		note "$1 is left out: no mkfs.$1"
		return 1
	}
	# All its memory exists before, and stays: whoever writes where nobody has must not pay for that.
	fallocate -l "${image_size:-4G}" "$image"
	case $1 in
	# Nothing is left for the kernel to initialize behind a measurement.
	ext4) mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$image" ;;
	xfs) mkfs.xfs -q -f -K -m reflink=1 "$image" ;;
	btrfs) mkfs.btrfs -q -f -K "$image" >/dev/null ;;
	*)
		note "$1 is left out: not known"
		return 1
		;;
	esac || return 1
	mount -o loop,nodiscard "$image" "$fs" || {
		note "$1 is left out: it cannot be mounted"
		return 1
	}
	mounted=$fs
}

unmount_fs() {
	cd /
	if [ -n "$mounted" ]; then
		umount "$mounted"
		mounted=
	fi
	rm -rf "$fs" "$work/image"
}
