# SPDX-License-Identifier: BSD-2-Clause
# A pair of random trees: one, and what became of a copy of it.
# usage: pairs.py SEED SOURCE DEST
import os
import random
import shutil
import socket
import subprocess
import sys

NAMES = [
    b"a", b"b", b"cc", b"d.txt", b"-n", b"with space", b"new\nline", b"\xff\xfe", b"esc\x1b[31m",
    b"quote'\"", b"*", b"[x]", b"\xc3\xbcml\xc3\xa4ut", b".hidden", b"x" * 200, b"e", b"f", b"g.o", b"h", b"~",
]
ROOT = os.geteuid() == 0


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.files = []

    def name(self, taken):
        while True:
            name = self.random.choice(NAMES)
            if self.random.random() < 0.3:
                name += str(self.random.randrange(100)).encode()
            if name not in taken:
                taken.add(name)
                return name

    def content(self, path):
        size = self.random.choice([0, 1, 10, 300, 4096, 5000, 70000, 300000])
        with open(path, "wb") as f:
            if size > 4096 and self.random.random() < 0.4:
                f.truncate(size)
                f.seek(self.random.randrange(size))
                f.write(b"data")
                f.truncate(max(size, f.tell()))
            else:
                f.write(self.random.randbytes(size))

    def times(self, path):
        stamp = self.random.randrange(10**9, 17 * 10**8) * 10**9 + self.random.choice(
            [0, 1, 500000000, self.random.randrange(10**9)]
        )
        os.utime(path, ns=(stamp, stamp), follow_symlinks=False)

    def attributes(self, path, kind):
        if ROOT and self.random.random() < 0.2:
            os.chown(path, self.random.randrange(5), self.random.randrange(5), follow_symlinks=False)
        if kind != "link" and self.random.random() < 0.4:
            os.chmod(path, self.random.choice([0o644, 0o600, 0o755, 0o700, 0o751, 0o2755, 0o1777]))
        if kind in ("file", "dir") and self.random.random() < 0.2:
            name = self.random.choice(["user.one", "user.two", "user.three"])
            os.setxattr(path, name, self.random.randbytes(self.random.randrange(1, 40)))
        if kind in ("file", "dir") and self.random.random() < 0.05:
            subprocess.run(["setfacl", "-m", "u:%d:rx" % self.random.randrange(5), path], check=False)

    def linkable(self):
        return [p for p in self.files if os.path.isfile(p) and not os.path.islink(p)]

    def special(self, path):
        what = self.random.choice(["fifo", "socket", "device"])
        if what == "socket" and len(path) < 90:
            s = socket.socket(socket.AF_UNIX)
            s.bind(path)
            s.close()
        elif what == "device" and ROOT:
            os.mknod(path, 0o20644, os.makedev(1, self.random.choice([3, 5])))
        else:
            os.mkfifo(path)

    def entry(self, path, depth):
        """Make something new at PATH."""
        dice = self.random.random()
        kind = "file"
        if dice < 0.25 and depth < 4:
            kind = "dir"
            os.mkdir(path)
            self.fill(path, depth + 1)
        elif dice < 0.33:
            kind = "link"
            os.symlink(self.random.choice([b"a", b"../b", b"/nowhere", b"x/y"]), path)
        elif dice < 0.38:
            kind = "special"
            self.special(path)
        elif dice < 0.46 and self.linkable():
            os.link(self.random.choice(self.linkable()), path, follow_symlinks=False)
            return
        else:
            self.content(path)
            self.files.append(path)
        self.attributes(path, kind)
        self.times(path)

    def fill(self, path, depth):
        taken = set()
        for _ in range(self.random.randrange(0, 9)):
            self.entry(os.path.join(path, self.name(taken)), depth)

    def remove(self, path):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)

    def change(self, path, depth, others):
        """Change what is at PATH somehow."""
        kind = "link" if os.path.islink(path) else "dir" if os.path.isdir(path) else "other"
        if kind == "other" and os.path.isfile(path):
            kind = "file"
        dice = self.random.random()
        if dice < 0.15:
            self.remove(path)
        elif dice < 0.3:
            self.remove(path)
            self.entry(path, depth)
        elif dice < 0.5:
            self.attributes(path, kind)
        elif dice < 0.6:
            self.times(path)
        elif dice < 0.7 and kind == "file":
            size = os.path.getsize(path)
            with open(path, "r+b") as f:
                f.write(self.random.randbytes(size))
        elif dice < 0.8 and kind == "file":
            with open(path, "ab") as f:
                f.write(b"more")
        elif dice < 0.9 and kind == "file":
            new = path + b".new"
            shutil.copy2(path, new)
            os.rename(new, path)
        elif kind == "file" and others:
            other = self.random.choice(others)
            if os.path.isfile(other) and not os.path.islink(other):
                os.unlink(path)
                os.link(other, path) if other != path else self.content(path)

    def mutate(self, root):
        everything = []
        for at, dirs, files in os.walk(root):
            everything += [os.path.join(at, name) for name in dirs + files]
        self.files = [p for p in everything if os.path.isfile(p) and not os.path.islink(p)]
        for path in everything:
            if os.path.lexists(path) and self.random.random() < 0.3:
                here = [p for p in self.files if os.path.lexists(p)]
                self.files = here
                self.change(path, path.count(b"/") - root.count(b"/"), here)
        for at, dirs, files in list(os.walk(root)):
            if self.random.random() < 0.3 and os.path.isdir(at):
                taken = set(dirs + files)
                self.files = [p for p in self.files if os.path.lexists(p)]
                self.entry(os.path.join(at, self.name(taken)), 4)


def main(seed, source, dest):
    maker = Maker(seed)
    os.mkdir(source)
    os.chdir(os.path.dirname(os.path.abspath(source)))
    maker.fill(source, 0)
    while len(os.listdir(source)) < 3:
        maker.entry(os.path.join(source, maker.name(set(os.listdir(source)))), 0)
    maker.times(source)
    if seed % 5 == 0:
        return
    subprocess.run(["cp", "-a", source, dest], check=True)
    maker.mutate(dest)


main(int(sys.argv[1]), os.fsencode(sys.argv[2]), os.fsencode(sys.argv[3]))
