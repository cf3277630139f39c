"""The tree keeps the table, and the check sees a planted fault of every kind."""

import pathlib

import check_includes
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def plant(tmp_path):
    """Writes a file of a made-up tree and returns what the check says about that tree."""
    def write(path, text):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return check_includes.check(tmp_path)
    return write


def test_the_tree_keeps_the_table():
    assert "\n".join(check_includes.check(ROOT)) == ""


def test_every_folder_is_in_the_table():
    folders = {path.parent.name for path in (ROOT / "src").glob("*/CMakeLists.txt")}
    assert folders <= set(check_includes.LAYERS)


def test_layers_depend_downward_only():
    order = list(check_includes.LAYERS)
    for folder, permitted in check_includes.LAYERS.items():
        for other in permitted:
            if "/" not in other:
                assert order.index(other) < order.index(folder), f"{folder} includes {other}"


@pytest.mark.parametrize("path, text", [
    ("src/session/session.h", '#include "frame/framing.h"\n'),
    ("src/session/window.h", "#include <chrono>\n#include <string>\n"),
    ("src/admin/status.cc", '#include "proxy/snapshot.h"\n#include <microhttpd.h>\n'),
    ("src/net/loop.cc", "#include <uv.h>\n#include <thread>\n"),
    ("src/app/config.cc", '#include "waymark/config/v1/config.pb.h"\n'),
    ("src/link/stream.cc", '#include <grpcpp/grpcpp.h>\n#include "waymark/mark.h"\n'),
    ("src/link/window.cc", '#include "session/window.h"\n'),
    ("src/link/CMakeLists.txt", "waymark_layer(link SOURCES a.cc LINKS waymark_session)\n"),
    ("src/sdk/legacy.cc", '#include "upstream/grpc/service/upstream.pb.h"\n'),
    ("cmd/waymark/run.cc", '#include "run.h"\n'),
    ("include/waymark/sender.h", '#include "waymark/mark.h"\n#include <memory>\n'),
    ("cmd/waymark/main.cc", '#include "app/run.h"\n#include <CLI/CLI.hpp>\n'),
    ("examples/cpp/echo.cc", '#include "waymark/upstream.h"\n'),
    ("src/net/CMakeLists.txt", "waymark_layer(net SOURCES a.cc\n LINKS waymark_base PkgConfig::UV)\n"),
])
def test_allows(plant, path, text):
    assert plant(path, text) == []


@pytest.mark.parametrize("path, text, fault", [
    ("src/net/loop.h", '#pragma once\n#include "frame/framing.h"\n',
     "src/net/loop.h:2: frame/framing.h: src/net may include net, base"),
    ("src/base/mark.cc", '#include "session/session.h"\n',
     "src/base/mark.cc:1: session/session.h: src/base may include base"),
    ("src/admin/status.cc", '#include "proxy/worker.h"\n',
     "src/admin/status.cc:1: proxy/worker.h: src/admin may include"),
    ("src/proxy/worker.cc", "#  include <uv.h>\n",
     "src/proxy/worker.cc:1: uv.h: libuv is for src/net"),
    ("src/proxy/worker.cc", "#include <grpcpp/grpcpp.h>\n",
     "src/proxy/worker.cc:1: grpcpp/grpcpp.h: gRPC is for src/link, src/sdk"),
    ("src/wire/batch.cc", '#include "waymark/link/v1/link.pb.h"\n',
     "src/wire/batch.cc:1: waymark/link/v1/link.pb.h: protobuf is for src/app"),
    ("src/link/link.cc", '#include "session/session.h"\n',
     "src/link/link.cc:1: session/session.h: src/link may include"),
    ("src/control/states.cc", "#include <sqlite3.h>\n",
     "src/control/states.cc:1: sqlite3.h: SQLite is for src/store"),
    ("src/net/inbox.h", '#include "absl/synchronization/mutex.h"\n',
     "src/net/inbox.h:1: absl/synchronization/mutex.h: absl::Mutex is for nobody"),
    ("src/session/session.cc", "#include <mutex>\n",
     "src/session/session.cc:1: <mutex>: src/session is pure"),
    ("src/net/loop.cc", '#include "loop.h"\n',
     'src/net/loop.cc:1: "loop.h": name the folder too'),
    ("include/waymark/mark.h", '#include "base/status.h"\n',
     "include/waymark/mark.h:1: base/status.h: a public header may include nothing of src"),
    ("cmd/waymark-stub/main.cc", '#include "sdk/server.h"\n',
     "cmd/waymark-stub/main.cc:1: sdk/server.h: cmd/waymark-stub may include no folder of src"),
    ("src/misc/util.h", "\n", "src/misc/util.h:1: src/misc is not in the table"),
    ("src/frame/CMakeLists.txt", "waymark_layer(frame\n  SOURCES a.cc\n  LINKS waymark_net)\n",
     "src/frame/CMakeLists.txt:3: waymark_net: src/frame may link base"),
    ("src/route/CMakeLists.txt", "target_link_libraries(waymark_route INTERFACE waymark_wire)\n",
     "src/route/CMakeLists.txt:1: waymark_wire: src/route may link base"),
    ("src/proxy/CMakeLists.txt", "waymark_layer(proxy SOURCES a.cc PRIVATE_LINKS gRPC::grpc++)\n",
     "src/proxy/CMakeLists.txt:1: gRPC::grpc++: gRPC is for src/link, src/sdk"),
])
def test_refuses(plant, path, text, fault):
    faults = plant(path, text)
    assert len(faults) == 1
    assert faults[0].startswith(fault)
