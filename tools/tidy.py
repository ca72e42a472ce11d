#!/usr/bin/env python3
"""Check the rules of docs/STYLE.md that no compiler knows.

Usage: tools/tidy.py [OBJECTS_DIR]      in the root of the tree; OBJECTS_DIR: a build folder, without sanitizers and LTO
With objects it also proves, symbol by symbol, that each room calls only what it may.
Its own test is tests/tools/tidy_test.py: each rule finds its bad example there.
"""
import pathlib
import re
import subprocess
import sys

# A room may include its own headers and those of the rooms named here. Nothing else.
MAY_INCLUDE = {
    "base": "",
    "model": "base",
    "engine": "base model",
    "market": "base model",
    "view": "base model",
    "wire": "base model",
    "net": "base",
    "bus": "base",
    "store": "base model",
    "cache": "base",
    "push": "base model wire net view market",
    "api": "base model wire bus store cache net view market",
    "worker": "base model engine market wire bus store cache view",
    "sim": "base model engine market bus store view worker",
    "app": "base model engine market view wire net bus store cache api push worker sim",
}
PURE = {"model", "engine", "market"}  # no clock, no heap, no I/O, no floats, no hidden state
PURE_MAY_USE_OF_BASE = {"dec", "panic", "status", "str"}
PURE_MAY_INCLUDE = {"stdbool.h", "stddef.h", "stdint.h", "string.h", "stdalign.h", "limits.h"}
PURE_MAY_LINK = {"memcpy", "memmove", "memset", "memcmp", "__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_"}
NO_FLOATS = PURE | {"wire"}
# Whose header it is: a room, or the files of a room that begin so.
VENDORS = {"uv.h": ["net/"], "openssl/": ["base/", "net/net_tls", "cache/cache_link"], "sqlite3.h": ["store/"], "crypt.h": ["base/"], "jansson.h": [],
           "gmp.h": [], "librdkafka/": ["bus/bus_kafka"], "isa-l/": ["bus/bus_gzip"], "zlib.h": ["bus/bus_kafka_zlib"], "hiredis/": ["cache/cache_session"],
           "curl/": ["worker/worker_oracle_fetch"]}
# Names of a library's that a file has in front of it, for whoever calls it.
IN_FRONT = {"bus_kafka_zlib": {"deflateInit2_", "deflate", "deflateBound", "deflateEnd", "inflateInit2_", "inflate", "inflateEnd"}}
DOUBLE_UNDERSCORE_INT128 = "src/base/dec.h"

BANNED = r"\b(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|localtime|gmtime|alloca|setjmp|longjmp)\s*\("
FLOATS = r"\b(float|double)\b"
BANNED_PURE = (r"\b(malloc|calloc|realloc|free|time|clock_gettime|gettimeofday|rand|random|printf|fprintf|fopen"
               r"|pthread_\w+)\s*\(")
FOREIGN = r"(?<![\w.*/-])/(work|root|home)/\w+|registry\.npm\w*|npmjs\.\w+|pypi\.\w+|crates\.io|proxy\.golang"
TEXT_SUFFIXES = {"", ".md", ".txt", ".c", ".h", ".def", ".py", ".mjs", ".js", ".json", ".cmake", ".html", ".css", ".sql"}
UNFINISHED = r"FIXME|\bXXX\b|\bHACK\b|\bplaceholder\b|\bstub\b|TODO(?!\(#\d+\))"

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = {".c": 800, ".h": 250}
INT_HEADER_LINES_MAX = 450  # the workshop of a room: one place for what its files share
TEST_FILE_LINES_MAX = 1200   # rows of examples are long, not complicated
README_PARTS = ["Purpose", "Doors", "May use", "Words", "Invariants", "A walk", "How it is tested", "Decisions"]


class Tidy:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.errors = []

    def fail(self, path, line, text):
        self.errors.append(f"{path}:{line}: {text}")

    # ---- text -------------------------------------------------------------------------------

    @staticmethod
    def code_of(text):
        """The text with comments and the contents of strings blanked, line numbers kept."""
        def blank(match):
            return re.sub(r"[^\n]", " ", match.group(0))
        return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)

    def find(self, path, code, pattern, text):
        for match in re.finditer(pattern, code):
            self.fail(path, code.count("\n", 0, match.start()) + 1, f"{text}: {match.group(0).strip()}")

    def check_includes(self, path, room, text):
        first = None
        for match in re.finditer(r'#\s*include ([<"])([^">]+)[">]', text):
            line = text.count("\n", 0, match.start()) + 1
            is_ours, name = match.group(1) == '"', match.group(2)
            first = first or name
            if not is_ours:
                if room in PURE and name not in PURE_MAY_INCLUDE:
                    self.fail(path, line, f"{room}/ is pure and must not include <{name}>")
                for vendor, owners in VENDORS.items():
                    own = f"{room}/{path.name}"
                    if name.startswith(vendor) and not any(own.startswith(owner) for owner in owners):
                        self.fail(path, line, f"<{name}> belongs to {' '.join(owners) or 'the tests'}, not to {room}/")
                continue
            other, base = name.split("/")[0], name.rsplit("/", 1)[-1]
            if other != room and other not in MAY_INCLUDE[room].split():
                self.fail(path, line, f"{room}/ must not include {other}/")
            if base.endswith("_int.h") and other != room:
                self.fail(path, line, f"{name} is private to {other}/")
            if room in PURE and other == "base" and base[:-2] not in PURE_MAY_USE_OF_BASE:
                self.fail(path, line, f"{room}/ is pure and must not use {name}")
        own = path.with_suffix(".h")
        if path.suffix == ".c" and (self.root / own).exists() and first != f"{room}/{own.name}":
            self.fail(path, 1, f'the first include must be "{room}/{own.name}": it proves that the header stands alone')

    def check_functions(self, path, code):
        start = None
        for number, line in enumerate(code.splitlines(), 1):
            if line == "{":
                start = number
            elif line == "}" and start is not None:
                if number - start - 1 > FUNCTION_LINES_MAX:
                    self.fail(path, start, f"a function of {number - start - 1} lines; split it (at most {FUNCTION_LINES_MAX})")
                start = None

    def check_text(self, path, text, lines_max):
        for number, line in enumerate(text.splitlines(), 1):
            if "\t" in line or line != line.rstrip():
                self.fail(path, number, "tab or trailing space")
        self.find(path, text, UNFINISHED, "finish it, or write TODO(#issue)")
        lines = text.count("\n")
        if lines > lines_max:
            self.fail(path, lines, f"{lines} lines; split it by noun (at most {lines_max})")

    def check_header(self, path, room, text):
        guard = f"FX_{room.upper()}_{path.stem.upper()}_H"
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            self.fail(path, 1, f"header guard must be {guard}")
        essay = text.split("#ifndef")[0]
        if f"@file {path.name}" not in essay:
            self.fail(path, 1, f"the header must begin with a comment that has '@file {path.name}'")
        if not path.stem.endswith("_int") and "Thread:" not in text and path.stem != "units":
            self.fail(path, 1, "the header must say its Thread:")

    def check_source(self, path, room):
        text = (self.root / path).read_text()
        code = self.code_of(text)
        lines_max = FILE_LINES_MAX[path.suffix]
        if path.stem.endswith("_int"):
            lines_max = INT_HEADER_LINES_MAX
        self.check_text(path, text, lines_max)
        self.check_includes(path, room, text)
        self.find(path, code, BANNED, "banned")
        self.find(path, code, r"\(\s*\{\s*\n", "no GNU statement expressions")
        if str(path) != DOUBLE_UNDERSCORE_INT128:
            self.find(path, code, r"\b__int128\b", "use fx_i128 of base/dec.h")
        if room in NO_FLOATS:
            self.find(path, code, FLOATS, f"no floats in {room}/")
        if room in PURE:
            self.find(path, code, BANNED_PURE, f"{room}/ is pure")
        self.check_functions(path, code)
        if path.suffix == ".h":
            self.check_header(path, room, text)

    def check_room(self, folder):
        if folder.name not in MAY_INCLUDE:
            self.fail(folder.relative_to(self.root), 0, "unknown room: add it to tools/tidy.py and src/README.md")
            return
        if not any(folder.glob("*.[ch]")):
            return
        readme = folder / "README.md"
        where = readme.relative_to(self.root)
        if not readme.exists():
            self.fail(where, 0, "every room has a README")
            return
        text = readme.read_text()
        for part in README_PARTS:
            if not re.search(rf"(^#+ |^\*\*|^- \*\*){re.escape(part)}", text, flags=re.M | re.I):
                self.fail(where, 1, f"the README lacks the part '{part}'")

    def check_tree(self):
        names = {}
        for folder in sorted(p for p in (self.root / "src").iterdir() if p.is_dir()):
            self.check_room(folder)
            if folder.name not in MAY_INCLUDE:
                continue
            for found in sorted(folder.rglob("*.[ch]")):
                path = found.relative_to(self.root)
                if path.name in names:
                    self.fail(path, 1, f"file name already used by {names[path.name]}")
                names.setdefault(path.name, path)
                self.check_source(path, folder.name)
        for top in ("tests", "bench", "examples"):
            for found in sorted((self.root / top).rglob("*.[ch]")):
                path, text = found.relative_to(self.root), found.read_text()
                self.check_text(path, text, TEST_FILE_LINES_MAX)
                self.find(path, self.code_of(text), BANNED, "banned")
        self.check_hosts()

    def check_hosts(self):
        """Nothing may name a path of somebody's machine, or the host of a package registry."""
        for top in ("README.md", "CMakeLists.txt", ".ci", "bench", "docs", "examples", "script", "src", "tests", "tools", "web"):
            for found in [self.root / top] if top.endswith((".md", ".txt")) else sorted((self.root / top).rglob("*")):
                if "node_modules" in found.parts or "corpus" in found.parts or found.name in ("tidy.py", "tidy_test.py"):
                    continue
                if found.suffix in TEXT_SUFFIXES and found.is_file():
                    self.find(found.relative_to(self.root), found.read_text(), FOREIGN, "a path or host of some machine")
        for found in sorted((self.root / "tests").rglob("package-lock.json")):
            if '"resolved"' in found.read_text():
                self.fail(found.relative_to(self.root), 1, "a lock file must not name hosts (omit-lockfile-registry-resolved)")

    # ---- objects ----------------------------------------------------------------------------

    @staticmethod
    def symbols_of(obj):
        listing = subprocess.run(["nm", str(obj)], capture_output=True, text=True, check=True).stdout
        for row in listing.splitlines():
            kind, name = row.split()[-2:]
            yield kind, name

    def check_object(self, obj, room, rooms_of_symbols):
        where = f"{room}/{obj.name}"
        stem = obj.name.split(".")[0]
        for kind, name in self.symbols_of(obj):
            if kind in "TDBRC" and not re.fullmatch(rf"fx_{stem}(_\w+)?", name) and (stem, name) != ("main", "main") \
                    and name not in IN_FRONT.get(stem, ()):
                self.fail(where, 0, f"{name} must be named fx_{stem} or fx_{stem}_*")
            if kind in "dDbBC" and room in PURE:
                self.fail(where, 0, f"{name}: mutable state outside of the structures")
            if kind != "U":
                continue
            if name.startswith("fx_"):
                other = rooms_of_symbols.get(name)
                if other and other != room and other not in MAY_INCLUDE[room].split():
                    self.fail(where, 0, f"{name}: {room}/ must not call {other}/")
            elif room in PURE and name not in PURE_MAY_LINK:
                self.fail(where, 0, f"{name}: {room}/ is pure and must not call it")

    def check_objects(self, folder):
        objects = [(obj, obj.parent.name) for obj in sorted(pathlib.Path(folder).rglob("*.o"))
                   if obj.parent.parent.name == "src" and obj.parent.name in MAY_INCLUDE
                   and (self.root / "src" / obj.parent.name / obj.name[:-2]).exists()]
        if not objects:
            self.fail(folder, 0, "no objects of rooms here; build the target `rooms` first")
        rooms = {}
        for obj, room in objects:
            for kind, name in self.symbols_of(obj):
                if kind in "TDBRC":
                    if rooms.get(name, room) != room:
                        self.fail(f"{room}/{obj.name}", 0, f"{name} is also in {rooms[name]}/")
                    rooms[name] = room
        for obj, room in objects:
            self.check_object(obj, room, rooms)


def main(arguments):
    tidy = Tidy(".")
    tidy.check_tree()
    if arguments:
        tidy.check_objects(arguments[0])
    print("\n".join(tidy.errors) or "tidy: clean")
    return 1 if tidy.errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
