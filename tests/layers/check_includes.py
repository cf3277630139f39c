#!/usr/bin/python3
"""Fails on an include or a link that the layer table does not allow.

    tests/layers/check_includes.py [ROOT]

Prints one line a fault, "file:line: rule", and exits 1 if there is any. src/README.md shows the same
table to people and says why the folders are cut like this.
"""

import pathlib
import re
import sys

# folder of src -> the folders it may include, besides itself and the public headers of
# include/waymark. An entry with a slash is one header instead of a folder.
LAYERS = {
    "base": [],
    # pure: no socket, thread or clock; time is an argument
    "frame": ["base"],
    "wire": ["base"],
    "identity": ["base"],
    "route": ["base"],
    "session": ["base", "frame", "wire", "identity", "route"],
    "stats": ["base"],
    # one foreign library each
    "net": ["base"],
    "link": ["base", "wire", "session/window.h", "session/ledger.h"],  # what a link has under way
    "sdk": ["base", "wire"],
    # what joins them
    "proxy": ["base", "frame", "wire", "identity", "route", "session", "net", "link"],
    "store": ["base", "stats"],
    "control": ["base", "route", "store"],
    "admin": ["base", "wire", "identity", "proxy/snapshot.h"],
    "app": ["base", "frame", "wire", "identity", "route", "session", "net", "link", "proxy",
            "stats", "store", "control", "admin"],
    # the command line's side of the admin API: it meets the proxy over HTTP alone
    "ctl": ["base"],
    # the load generator shares no code with the proxy, so that it is able to disagree
    "load": ["base"],
    # starts the programs and asks them over HTTP; of app it reads YAML as the proxy does
    "lab": ["base", "admin", "ctl", "app/config_error.h", "app/config_machine.h",
            "app/config_scalar.h", "app/config_schema.h", "app/yaml_tree.h"],
}

# Programs and examples: folder -> folders of src it may include.
PROGRAMS = {
    "cmd/waymark": ["app", "base"],
    "cmd/waymark-stub": [],
    "cmd/waymark-load": ["load", "base"],
    "cmd/waymarkctl": ["ctl", "base"],
    "cmd/waymark-lab": ["lab", "ctl", "base", "app/config_error.h"],
    "examples/cpp": [],
}

PURE = ["frame", "wire", "identity", "route", "session", "stats"]

# Headers a pure folder may not include: whoever needs one of them is not pure.
IMPURE_HEADERS = ["sys/socket.h", "unistd.h", "thread", "mutex", "condition_variable", "future"]

# Foreign library -> (its headers, its CMake targets, where both may be used, why there alone).
FENCES = {
    "libuv": (r"uv\.h|uv/", r"PkgConfig::UV", ["src/net"], "one folder to leave it by"),
    "OpenSSL": (r"openssl/", r"OpenSSL::\S+", ["src/net", "src/load"],
                "TLS is a matter of sockets, and the load generator has its own"),
    "gRPC": (r"grpc/|grpcpp/", r"gRPC::\S+", ["src/link", "src/sdk"],
             "its headers cost seconds a file, and tests of the rest run under TSan without it"),
    "libmicrohttpd": (r"microhttpd\.h", r"PkgConfig::MICROHTTPD", ["src/admin"],
                      "one folder to leave it by"),
    "GnuTLS": (r"gnutls/", r"PkgConfig::GNUTLS", ["src/admin"],
               "libmicrohttpd talks TLS with it; all else with OpenSSL"),
    "yaml-cpp": (r"yaml-cpp/", r"yaml-cpp", ["src/app"], "the rest knows settings, not files"),
    "CLI11": (r"CLI/", r"CLI11::\S+", ["cmd"], "arguments are a matter of mains"),
    "SQLite": (r"sqlite3\.h", r"SQLite::\S+", ["src/store"], "its thread is the store's"),
    "libcurl": (r"curl/", r"PkgConfig::CURL", ["src/ctl", "cmd/waymark-stub"],
                "one folder to leave it by, and an upstream that announces itself"),
    "nlohmann-json": (r"nlohmann/", r"nlohmann_json::\S+",
                      ["src/admin", "src/ctl", "src/identity", "cmd/waymark-stub"],
                      "JSON is for the edges, and what devices say"),
    "re2": (r"re2/", r"PkgConfig::RE2", ["src/identity"], "expressions find keys, nothing else"),
    "protobuf": (r"google/protobuf/|waymark/\S+\.pb\.h", r"protobuf::\S+", ["src/app", "src/admin", "src/lab"],
                 "the data path encodes by hand (src/wire)"),
    "the legacy protocol": (r"upstream/grpc/service/", r"waymark_proto",
                            ["src/admin", "src/app", "src/lab", "src/link", "src/sdk"],
                            "it ends where a link begins; its speed does not matter"),
    "absl::Mutex": (r"absl/synchronization/", r"absl::synchronization", [],
                    "ThreadSanitizer misreports it; use std::mutex"),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LINK_KEYWORDS = {"PUBLIC", "PRIVATE", "INTERFACE", "LINKS", "PRIVATE_LINKS"}


def allowed(folder_name):
    """The folders and headers a folder such as "src/net" or "cmd/waymark" may include."""
    if folder_name.startswith("src/"):
        folder = folder_name.split("/")[1]
        return [folder] + LAYERS[folder] if folder in LAYERS else None
    return PROGRAMS.get(folder_name)


def fence_fault(where, text, kind):
    """Why `text`, an include or a CMake target, may not be used in `where`; None if it may."""
    for library, (headers, targets, places, reason) in FENCES.items():
        if re.fullmatch(f"(?:{headers}).*" if kind == "header" else targets, text):
            if not any(where == place or where.startswith(place + "/") for place in places):
                return f"{text}: {library} is for {', '.join(places) or 'nobody'}: {reason}"
    return None


def include_fault(where, header, quoted):
    """Why a file of the folder `where` may not include `header`; None if it may."""
    top = header.split("/")[0]
    if where == "include/waymark":
        if top in LAYERS:
            return f"{header}: a public header may include nothing of src"
        return None
    if where.split("/")[-1] in PURE and header in IMPURE_HEADERS:
        return f"<{header}>: {where} is pure: no sockets, threads or locks"
    if top in LAYERS and "/" in header:
        permitted = allowed(where)
        if top not in permitted and header not in permitted:
            return f"{header}: {where} may include {', '.join(permitted) or 'no folder of src'}"
    elif quoted and "/" not in header and where.startswith("src/"):
        return f'"{header}": name the folder too, as in "net/{header}"'
    return None


def folder_of(path):
    """"src/net" for src/net/loop.h; sub-folders belong to their layer, but fences see them."""
    return "/".join(path.parts[:2])


def check_file(root, path):
    where = folder_of(path)
    place = str(path.parent)
    if allowed(where) is None and where != "include/waymark":
        return [f"{path}:1: {where} is not in the table of tests/layers/check_includes.py"]
    faults = []
    for number, line in enumerate((root / path).read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, header = match.groups()
        fault = (fence_fault(place, header, "header")
                 or include_fault(where, header, quote == '"'))
        if fault:
            faults.append(f"{path}:{number}: {fault}")
    return faults


def links(text):
    """The (line number, target) pairs that a CMakeLists.txt links into its layer."""
    text = re.sub(r"#[^\n]*", "", text)
    for call in re.finditer(r"\b(waymark_layer|target_link_libraries)\s*\(([^)]*)\)", text):
        linking = call.group(1) == "target_link_libraries"
        for word in re.finditer(r"\S+", call.group(2)):
            token = word.group()
            if token in LINK_KEYWORDS:
                linking = True
            elif token == "SOURCES":
                linking = False
            elif linking:
                yield text.count("\n", 0, call.start(2) + word.start()) + 1, token


def check_links(root, path):
    where = folder_of(path)
    folder = path.parts[1]
    faults = []
    for number, target in links((root / path).read_text()):
        fault = fence_fault(where, target, "target")
        layer = target.removeprefix("waymark_")
        if not fault and target.startswith("waymark_") and layer in LAYERS:
            if layer not in [folder] + [entry.split("/")[0] for entry in LAYERS[folder]]:
                fault = f"{target}: {where} may link {', '.join(LAYERS[folder]) or 'no layer'}"
        if fault:
            faults.append(f"{path}:{number}: {fault}")
    return faults


def check(root):
    root = pathlib.Path(root)
    faults = []
    for top in ("include", "src", "cmd", "examples"):
        for path in sorted((root / top).rglob("*")):
            relative = path.relative_to(root)
            if path.suffix in (".h", ".cc"):
                faults += check_file(root, relative)
            elif path.name == "CMakeLists.txt" and top == "src" and len(relative.parts) == 3:
                if relative.parts[1] in LAYERS:
                    faults += check_links(root, relative)
    return faults


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    faults = check(root)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
