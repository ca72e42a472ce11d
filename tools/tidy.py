#!/usr/bin/env python3
"""Check the rules of docs/STYLE.md that no compiler knows. Usage: tools/tidy.py [objects_dir]"""
import pathlib, re, subprocess, sys

# A folder may include its own headers and those of the folders named here. Nothing else.
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
    "api": "base model wire bus store cache net view market",
    "push": "base model wire bus cache net view market",
    "worker": "base model engine market wire bus store cache view",
    "app": "base model engine market view wire net bus store cache api push worker",
}
PURE = {"model", "engine", "market"}  # no clock, no heap, no I/O, no hidden state
BANNED = r"\b(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|localtime|gmtime|alloca|setjmp|longjmp)\s*\("
BANNED_PURE = r"\b(float|double)\b|\b(malloc|calloc|realloc|free|time|clock_gettime|gettimeofday|rand|random|printf|fprintf|fopen|pthread_\w+)\s*\("
PURE_MAY_LINK = {"memcpy", "memmove", "memset", "memcmp", "__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_"}
errors = []


def fail(path, line, text):
    errors.append(f"{path}:{line}: {text}")


def code_of(text):
    """The text with comments and string contents blanked, line numbers kept."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def check_file(path, room, names):
    text = path.read_text()
    code = code_of(text)
    if path.suffix == ".c" and path.name in names:
        fail(path, 1, f"file name already used by {names[path.name]}")
    names.setdefault(path.name, path)
    for m in re.finditer(r'#include "([^"]+)"', text):
        line = text.count("\n", 0, m.start()) + 1
        other = m.group(1).split("/")[0]
        if other != room and other not in MAY_INCLUDE[room].split():
            fail(path, line, f"{room}/ must not include {other}/")
        if m.group(1).endswith("_int.h") and other != room:
            fail(path, line, f"{m.group(1)} is private to {other}/")
    for pattern in [BANNED] + ([BANNED_PURE] if room in PURE else []):
        for m in re.finditer(pattern, code):
            fail(path, code.count("\n", 0, m.start()) + 1, f"banned here: {m.group(0).strip()}")
    for number, line in enumerate(text.splitlines(), 1):
        if "\t" in line or line != line.rstrip():
            fail(path, number, "tab or trailing space")
        if "FIXME" in line or re.search(r"TODO(?!\(#\d+\))", line):
            fail(path, number, "finish it, or write TODO(#issue)")
    if path.suffix == ".h":
        guard = f"FX_{room.upper()}_{path.stem.upper()}_H"
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            fail(path, 1, f"header guard must be {guard}")
        if "@file" not in text.split("#ifndef")[0]:
            fail(path, 1, "header without a file comment")


def check_object(obj, room):
    stem = obj.name.split(".")[0]
    for row in subprocess.run(["nm", str(obj)], capture_output=True, text=True, check=True).stdout.splitlines():
        kind, name = row.split()[-2:]
        if kind in "TDBRC" and not re.fullmatch(rf"fx_{stem}(_\w+)?", name):
            fail(obj, 0, f"{name} must be named fx_{stem}_*")
        if room in PURE and kind in "dDbBC":
            fail(obj, 0, f"{name}: mutable state outside of the structures")
        if room in PURE and kind == "U" and not name.startswith("fx_") and name not in PURE_MAY_LINK:
            fail(obj, 0, f"{name}: a pure folder must not call it")


def main():
    names = {}
    for path in sorted(pathlib.Path("src").rglob("*.[ch]")):
        check_file(path, path.parts[1], names)
    if len(sys.argv) > 1:
        for obj in sorted(pathlib.Path(sys.argv[1]).rglob("*.o")):
            if "src" in obj.parts:
                check_object(obj, obj.parent.name)
    print("\n".join(errors) or "tidy: clean")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
