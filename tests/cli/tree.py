#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Trees that shell tools cannot walk: list them, make them deep, make them wide.

list DIR        one line an entry with everything that a copy keeps, in a fixed order
deep DIR N      N directories below one another in DIR, each with a small file
wide DIR N      N empty files in DIR
small DIR N     N files of 1 to 4,000 bytes in DIR
fan DIR LEVELS FANOUT FILES     DIR and all directories below it have FILES empty files each, and
                FANOUT directories each, LEVELS deep
holes FILE      the data extents of FILE, one "offset length" a line
kill SIG USEC CMD   run CMD, send it signal SIG after USEC microseconds; prints "killed" or
                "ended", the microseconds, and its exit status as a shell has it
Walks below directory descriptors, two at a time, so depth and path length have no limit.
"""
import hashlib
import os
import signal
import stat
import sys
import time
import zlib


def content_of(directory, name):
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=directory)
    try:
        sum_ = 0
        while block := os.read(fd, 1 << 20):
            sum_ = zlib.crc32(block, sum_)
        return "%08x" % sum_
    finally:
        os.close(fd)


def xattrs_of(directory, name):
    path = b"/proc/self/fd/%d/%s" % (directory, name)
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
        return ["%s=%r" % (n, os.getxattr(path, n, follow_symlinks=False)) for n in names]
    except OSError:
        return []


class Lister:
    """Prints one line an entry; hard links get the number of their first name."""

    def __init__(self):
        self.links = {}
        self.count = 0

    def line(self, depth, directory, name):
        st = os.stat(name, dir_fd=directory, follow_symlinks=False)
        kind = stat.S_IFMT(st.st_mode)
        self.count += 1
        fields = [str(depth), repr(name), "%06o" % st.st_mode, "%d:%d" % (st.st_uid, st.st_gid),
                  "%d" % st.st_mtime_ns]
        if kind == stat.S_IFREG:
            fields += ["%d" % st.st_size, content_of(directory, name)]
        elif kind == stat.S_IFLNK:
            fields.append(repr(os.readlink(name, dir_fd=directory)))
        elif kind in (stat.S_IFCHR, stat.S_IFBLK):
            fields.append("%d,%d" % (os.major(st.st_rdev), os.minor(st.st_rdev)))
        if kind != stat.S_IFDIR and st.st_nlink > 1:
            first = self.links.setdefault((st.st_dev, st.st_ino), self.count)
            fields.append("link%d/%d" % (first, st.st_nlink))
        fields += xattrs_of(directory, name)
        print(" ".join(fields))
        return kind == stat.S_IFDIR


def list_tree(root):
    lister = Lister()
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    lister.line(0, fd, b".")
    todo = [sorted(map(os.fsencode, os.listdir(fd)), reverse=True)]
    while todo:
        if not todo[-1]:
            todo.pop()
            if todo:
                up = os.open("..", os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
                os.close(fd)
                fd = up
            continue
        name = todo[-1].pop()
        if lister.line(len(todo), fd, name):
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
            child = os.open(name, flags, dir_fd=fd)
            os.close(fd)
            fd = child
            todo.append(sorted(map(os.fsencode, os.listdir(fd)), reverse=True))
    os.close(fd)


def make_deep(root, levels):
    os.makedirs(root, exist_ok=True)
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for level in range(levels):
        name = "level%05d" % level
        file = os.open("f", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=fd)
        os.write(file, b"%d\n" % level)
        os.close(file)
        os.mkdir(name, dir_fd=fd)
        child = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
        os.close(fd)
        fd = child
    os.close(fd)


def make_wide(root, files):
    os.makedirs(root, exist_ok=True)
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for number in range(files):
        os.close(os.open("f%07d" % number, os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=fd))
    os.close(fd)


def make_small(root, files):
    os.makedirs(root, exist_ok=True)
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for number in range(files):
        file = os.open("f%07d" % number, os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=fd)
        os.write(file, b"%d\n" % number + b"x" * (number * 37 % 3990))
        os.close(file)
    os.close(fd)


def make_fan(root, levels, fanout, files):
    os.makedirs(root, exist_ok=True)
    make_wide(root, files)
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    left = [fanout]
    while left:
        if left[-1] == 0 or len(left) > levels:
            left.pop()
            if left:
                up = os.open("..", os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
                os.close(fd)
                fd = up
            continue
        name = "d%06d" % left[-1]
        left[-1] -= 1
        os.mkdir(name, dir_fd=fd)
        if len(left) == levels and files == 0:
            continue
        child = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
        os.close(fd)
        fd = child
        for number in range(files):
            os.close(os.open("f%07d" % number, os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=fd))
        left.append(fanout)
    os.close(fd)


def print_holes(path):
    fd = os.open(path, os.O_RDONLY)
    end = os.fstat(fd).st_size
    at = 0
    while at < end:
        try:
            data = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:
            break
        at = os.lseek(fd, data, os.SEEK_HOLE)
        print(data, at - data)
    os.close(fd)


def text_of(name):
    """Bytes as manifests have them."""
    out = b""
    at = 0
    while at < len(name):
        for size in (4, 3, 2, 1):
            piece = name[at:at + size]
            try:
                char = piece.decode()
            except UnicodeDecodeError:
                continue
            if len(piece) == size and len(char) == 1:
                break
        else:
            char = "\0"
            piece = name[at:at + 1]
        if ord(char) >= 0xa0 or (0x20 < ord(char) < 0x7f and char != "\\"):
            out += piece
        else:
            out += b"".join(b"\\x%02x" % byte for byte in piece)
        at += len(piece)
    return out


def entries_of(path, name, algo):
    """(type, digest, stat, extra, name) of all entries, in tree order."""
    at = os.lstat(path)
    kind = {stat.S_IFREG: b"f", stat.S_IFDIR: b"d", stat.S_IFLNK: b"l", stat.S_IFIFO: b"p",
            stat.S_IFSOCK: b"s", stat.S_IFBLK: b"b", stat.S_IFCHR: b"c"}[stat.S_IFMT(at.st_mode)]
    digest = extra = b"-"
    if kind == b"f":
        with open(path, "rb") as file:
            digest = hashlib.new(algo, file.read()).hexdigest().encode()
    elif kind == b"l":
        extra = text_of(os.readlink(path))
    elif kind in b"bc":
        extra = b"%d:%d" % (os.major(at.st_rdev), os.minor(at.st_rdev))
    yield kind, digest, at, extra, text_of(name or b".")
    if kind == b"d":
        for child in sorted(os.listdir(path)):
            yield from entries_of(path + b"/" + child, name + b"/" + child if name else child, algo)


def print_digest(root, algo):
    """The digest of a tree as the manual defines it."""
    whole = hashlib.new(algo)
    for kind, digest, at, extra, name in entries_of(root, b"", algo):
        mode = b"%04o" % stat.S_IMODE(at.st_mode)
        whole.update(b" ".join((kind, digest, mode, extra, name)) + b"\n")
    print(whole.hexdigest())


def print_manifest(root, algo):
    """The manifest of a tree without its last line."""
    out = sys.stdout.buffer
    out.write(b"decant-manifest 1 %s\n" % algo.encode())
    for kind, digest, at, extra, name in entries_of(root, b"", algo):
        size = b"%d" % at.st_size if kind == b"f" else b"-"
        mode = b"%04o" % stat.S_IMODE(at.st_mode)
        seconds, ns = divmod(at.st_mtime_ns, 10**9)
        out.write(b" ".join((kind, digest, size, mode, b"%d" % at.st_uid, b"%d" % at.st_gid,
                             b"%d.%09d" % (seconds, ns), extra, name)) + b"\n")


def shell_status(status):
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def kill_after(number, microseconds, command):
    start = time.monotonic_ns()
    pid = os.posix_spawnp(command[0], command, os.environ)
    end = start + microseconds * 1000
    # Spun, not slept: a copy of some milliseconds is to be hit anywhere.
    while time.monotonic_ns() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            print("ended", (time.monotonic_ns() - start) // 1000, shell_status(status))
            return
    os.kill(pid, number)
    status = os.waitpid(pid, 0)[1]
    print("killed", microseconds, shell_status(status))


def main(args):
    if args[1] == "kill":
        kill_after(signal.Signals["SIG" + args[2]], int(args[3]), args[4:])
        return
    verb, path = args[1], os.fsencode(args[2])
    if verb == "list":
        list_tree(path)
    elif verb == "deep":
        make_deep(path, int(args[3]))
    elif verb == "wide":
        make_wide(path, int(args[3]))
    elif verb == "small":
        make_small(path, int(args[3]))
    elif verb == "fan":
        make_fan(path, *map(int, args[3:6]))
    elif verb == "digest":
        print_digest(path, args[3])
    elif verb == "manifest":
        print_manifest(path, args[3])
    elif verb == "holes":
        print_holes(path)
    else:
        sys.exit("tree.py: unknown verb " + verb)


main(sys.argv)
