#!/usr/bin/env python3
"""The test of tools/tidy.py: every rule must find its bad example, and only that one."""
import importlib.util
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve()
spec = importlib.util.spec_from_file_location("tidy", HERE.parents[2] / "tools" / "tidy.py")
module = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(module)

README = "".join(f"## {part}\ntext\n" for part in module.README_PARTS)
HEADER = "/** @file {name}.h\n * What it is. Thread: any. */\n#ifndef FX_{room}_{upper}_H\n#define FX_{room}_{upper}_H\n{body}#endif\n"


def header(room, name, body=""):
    return HEADER.format(room=room.upper(), upper=name.upper(), name=name, body=body)


def good_tree():
    return {
        "src/base/README.md": README,
        "src/base/str.h": header("base", "str", "int fx_str_size(void);\n"),
        "src/base/str.c": '#include "base/str.h"\n\nint fx_str_size(void)\n{\n    return 1;\n}\n',
        "src/base/log.h": header("base", "log", "void fx_log_line(void);\n"),
        "src/base/log.c": '#include "base/log.h"\n\nvoid fx_log_line(void)\n{\n}\n',
        "src/model/README.md": README,
        "src/model/order.h": header("model", "order", "int fx_order_size(void);\n"),
        "src/model/order.c": '#include "model/order.h"\n\n#include "base/str.h"\n\n'
                             "int fx_order_size(void)\n{\n    return fx_str_size();\n}\n",
        "src/net/README.md": README,
        "src/net/net_tcp.c": '#include "base/log.h"\n\nvoid fx_net_tcp_step(void);\n\n'
                             "void fx_net_tcp_step(void)\n{\n    fx_log_line();\n}\n",
    }


ORDER_C = good_tree()["src/model/order.c"]
NET_C = good_tree()["src/net/net_tcp.c"]
LONG = "int fx_order_size(void)\n{\n" + "    ;\n" * 71 + "    return 1;\n}\n"

# name, files that replace or join the good tree (None: removed), a part of the only finding
BAD_TEXT = [
    ("good tree is clean", {}, None),
    ("a room includes one that it may not", {"src/net/net_tcp.c": NET_C + '#include "model/order.h"\n'},
     "net/ must not include model/"),
    ("a private header of another room", {"src/net/net_tcp.c": NET_C + '#include "base/str_int.h"\n'},
     "is private to base/"),
    ("a pure room uses the log", {"src/model/order.c": ORDER_C + '#include "base/log.h"\n'}, "is pure and must not use"),
    ("a pure room includes stdio", {"src/model/order.c": ORDER_C + "#include <stdio.h>\n"}, "must not include <stdio.h>"),
    ("a vendor header in the wrong room", {"src/net/net_tcp.c": NET_C + "#include <sqlite3.h>\n"},
     "<sqlite3.h> belongs to store"),
    ("the own header is not first", {"src/model/order.c": ORDER_C.replace('#include "model/order.h"\n\n', "") +
                                     '#include "model/order.h"\n'}, "the first include must be"),
    ("a banned function", {"src/net/net_tcp.c": NET_C + "int x = atoi(\"1\");\n"}, "banned: atoi("),
    ("a banned function in a comment is none", {"src/net/net_tcp.c": NET_C + "/* not atoi(x) */\n"}, None),
    ("a banned function in a string is none", {"src/net/net_tcp.c": NET_C + 'const char *x = "atoi(1)";\n'}, None),
    ("heap in a pure room", {"src/model/order.c": ORDER_C + "void *p = malloc(1);\n"}, "model/ is pure: malloc("),
    ("a float in a pure room", {"src/model/order.c": ORDER_C + "static const double D;\n"}, "no floats in model/"),
    ("__int128 outside of dec.h", {"src/net/net_tcp.c": NET_C + "__int128 x;\n"}, "use fx_i128"),
    ("a statement expression", {"src/net/net_tcp.c": NET_C + "int x = ({\n 1; });\n"}, "no GNU statement expressions"),
    ("a function of 71 lines", {"src/model/order.c": '#include "model/order.h"\n\n' + LONG}, "a function of 72 lines"),
    ("a file of 801 lines", {"src/net/net_tcp.c": NET_C + "\n" * 801}, "split it by noun (at most 800)"),
    ("a header of 251 lines", {"src/base/str.h": header("base", "str", "\n" * 251)}, "split it by noun (at most 250)"),
    ("a wrong guard", {"src/base/str.h": header("base", "str").replace("FX_BASE", "FX_BASIS")}, "header guard must be FX_BASE_STR_H"),
    ("no file comment", {"src/base/str.h": header("base", "str").replace("@file", "file")}, "'@file str.h'"),
    ("no thread", {"src/base/str.h": header("base", "str").replace("Thread: any", "")}, "must say its Thread"),
    ("a file name twice", {"src/net/str.c": "static int x;\n"}, "file name already used"),
    ("a tab", {"src/net/net_tcp.c": NET_C + "\tint x;\n"}, "tab or trailing space"),
    ("trailing space", {"tests/unit/x_test.c": "int x; \n"}, "tab or trailing space"),
    ("an unfinished place", {"src/net/net_tcp.c": NET_C + "/* FIX" + "ME */\n"}, "finish it"),
    ("a to-do without issue", {"bench/bench_x.c": "/* TO" + "DO later */\n"}, "finish it"),
    ("a to-do with issue", {"bench/bench_x.c": "/* TODO(#12) later */\n"}, None),
    ("a room without README", {"src/net/README.md": None}, "every room has a README"),
    ("a README without invariants", {"src/net/README.md": README.replace("## Invariants", "")}, "lacks the part 'Invariants'"),
    ("an unknown room", {"src/attic/attic.c": "static int x;\n"}, "unknown room"),
    ("a path of a machine", {"docs/x.md": "see /ro" + "ot/notes\n"}, "a path or host of some machine"),
    ("the host of a registry", {"script/x": "npm config set registry registry.npm" + "js.org\n"}, "a path or host of some machine"),
    ("a lock file with hosts", {"tests/e2e/1-x/package-lock.json": '{"resolved": "x"}\n'}, "must not name hosts"),
]

BAD_OBJECT = [
    ("good objects are clean", {}, None),
    ("a symbol that does not name its file", {"src/net/net_tcp.c": NET_C + "int fx_other(void);\nint fx_other(void)\n{\n    return 1;\n}\n"},
     "fx_other must be named fx_net_tcp"),
    ("a call into a room that may not be seen", {"src/net/net_tcp.c": NET_C.replace("fx_log_line();", "int fx_order_size(void);\n"
                                                                                     "    (void)fx_order_size();")},
     "net/ must not call model/"),
    ("a pure room that calls libc", {"src/model/order.c": ORDER_C + "int abs_(void);\nextern int getpid(void);\n"
                                     "int fx_order_x(void);\nint fx_order_x(void)\n{\n    return getpid();\n}\n"},
     "getpid: model/ is pure"),
    ("a pure room with mutable state", {"src/model/order.c": ORDER_C + "int fx_order_x(void);\nint fx_order_x(void)\n{\n"
                                        "    static int count;\n    return count++;\n}\n"}, "mutable state"),
]


def write_tree(root, changes):
    files = good_tree() | changes
    for name, text in files.items():
        if text is None:
            continue
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for top in ("tests", "bench", "examples"):
        (root / top).mkdir(exist_ok=True)


def compile_tree(root):
    for source in sorted((root / "src").rglob("*.c")):
        target = root / "build" / source.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", "-c", "-w", f"-I{root / 'src'}", str(source), "-o", f"{target}.o"], check=True)


def run_case(name, changes, wanted, with_objects):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        write_tree(root, changes)
        tidy = module.Tidy(root)
        if with_objects:
            compile_tree(root)
            tidy.check_objects(root / "build")
        else:
            tidy.check_tree()
    findings = tidy.errors
    is_right = not findings if wanted is None else len(findings) == 1 and wanted in findings[0]
    if not is_right:
        print(f"FAILED {name}: wanted {wanted!r}, got {findings}")
    return is_right


def main():
    results = [run_case(*case, False) for case in BAD_TEXT] + [run_case(*case, True) for case in BAD_OBJECT]
    print(f"tidy_test: {sum(results)} of {len(results)} cases are right")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
