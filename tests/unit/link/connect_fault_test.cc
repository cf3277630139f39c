#include "link/connect_fault.h"

#include <catch2/catch.hpp>

namespace waymark::link {
namespace {

TEST_CASE("of what gRPC says of a failed connect, the end of the last attempt is told") {
  CHECK(connect_fault_of("failed to connect to all addresses; last error: UNKNOWN: "
                         "ipv4:127.0.0.1:7001: Ssl handshake failed: SSL_ERROR_SSL: "
                         "error:0A000086:SSL routines::certificate verify failed") ==
        "ipv4:127.0.0.1:7001: Ssl handshake failed: SSL_ERROR_SSL: error:0A000086:SSL "
        "routines::certificate verify failed");
  CHECK(connect_fault_of("last error: DEADLINE_EXCEEDED: too late") == "too late");
  CHECK(connect_fault_of("DNS resolution failed for workers.example:7001: C-ares status") ==
        "DNS resolution failed for workers.example:7001: C-ares status");
  CHECK(connect_fault_of("no colon") == "no colon");
  CHECK(connect_fault_of("").empty());
}

}  // namespace
}  // namespace waymark::link
