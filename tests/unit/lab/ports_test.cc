#include "lab/ports.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <set>

#include "base/status.h"

using namespace waymark;
using Catch::Matchers::Contains;

namespace {

// Somebody who listens on a port of the loopback.
class Listener {
 public:
  Listener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size);
    ::listen(fd_, 1);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { ::close(fd_); }

  std::uint16_t port = 0;

 private:
  const int fd_;
};

}  // namespace

TEST_CASE("free ports are found each once, and can be listened on when the finder is gone") {
  std::set<std::uint16_t> found;
  {
    lab::PortFinder finder;
    for (int i = 0; i < 4; ++i) {
      const auto ports = finder.find(0, 5, "ports.clients");
      REQUIRE(ports.ok());
      found.insert(ports->begin(), ports->end());
    }
  }
  CHECK(found.size() == 20);
  for (const std::uint16_t port : found) {
    lab::PortFinder finder;
    CHECK(finder.find(port, 1, "ports.clients").ok());
  }
}

TEST_CASE("free ports are none that the kernel gives to clients") {
  lab::PortFinder finder;
  const auto ports = finder.find(0, 20, "ports.clients");
  REQUIRE(ports.ok());
  for (const std::uint16_t port : *ports) CHECK(port < 32'768);
}

TEST_CASE("a port that is taken is named, and the field that says so") {
  const Listener somebody;
  lab::PortFinder finder;
  const auto ports = finder.find(static_cast<std::uint16_t>(somebody.port - 1), 3, "ports.admin");
  REQUIRE_FALSE(ports.ok());
  const std::string message(message_of(ports.status()));
  CHECK_THAT(message, Contains("ports.admin in lab.yaml"));
  // The one before may be taken as well, by somebody else.
  CHECK((message.starts_with("port " + std::to_string(somebody.port) + " is not free") ||
         message.starts_with("port " + std::to_string(somebody.port - 1) + " is not free")));
}

TEST_CASE("ports count up from their base") {
  std::uint16_t base = 0;
  {
    lab::PortFinder finder;
    base = finder.find(0, 1, "ports.clients")->front();
  }
  lab::PortFinder finder;
  const auto ports = finder.find(base, 1, "ports.clients");
  REQUIRE(ports.ok());
  CHECK(ports->front() == base);
  // Nobody listens there yet: two settings want the same.
  CHECK_THAT(std::string(message_of(finder.find(base, 1, "ports.admin").status())),
             Contains("it is one of ports.clients") && Contains("ports.admin in lab.yaml"));
}
