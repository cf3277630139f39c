#include "link/connect_fault.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "link/channel.h"
#include "link/completion_thread.h"

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

// Takes connections and says nothing on them, so that a channel goes on connecting.
class SilentServer {
 public:
  SilentServer() {
    REQUIRE(fd_ >= 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd_, 8) == 0);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { ::close(fd_); }

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  const int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
};

// Both questions of a probe may be late before the first answer is there. A call that gRPC had
// under way was destroyed then: "pure virtual method called".
TEST_CASE("a fault that is asked for again is waited for") {
  const SilentServer server;
  std::atomic<bool> woken = false;
  CompletionThread thread([&] { woken = true; });
  const auto channel = make_channel({.address = server.address()});
  ConnectFault fault(channel, thread);
  fault.ask();
  const Call* const first = fault.call();
  fault.ask();
  CHECK(fault.call() == first);

  const std::unique_ptr<Call> given_up = fault.take();
  CHECK_FALSE(fault.asking());
  given_up->cancel();
  bool finished = false;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!finished && std::chrono::steady_clock::now() < deadline) {
    if (!woken.exchange(false)) std::this_thread::yield();
    thread.deliver([&](const Completion& completion) {
      CHECK(completion.call == given_up.get());
      finished |= completion.kind == Completion::Kind::finished;
    });
  }
  REQUIRE(finished);
}

}  // namespace
}  // namespace waymark::link
