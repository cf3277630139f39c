#include "app/service_manager.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

namespace waymark::app {
namespace {

using std::chrono::microseconds;

TEST_CASE("what the environment says is taken out of it") {
  setenv("NOTIFY_SOCKET", "/run/somewhere", 1);
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  const ServiceEnvironment environment = take_service_environment();
  CHECK(environment.notify_socket == "/run/somewhere");
  CHECK(environment.watchdog == std::chrono::seconds(30));
  CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
  CHECK(std::getenv("WATCHDOG_USEC") == nullptr);
  CHECK(std::getenv("WATCHDOG_PID") == nullptr);
}

TEST_CASE("a watchdog of another process, or that is no time, is none") {
  const auto watchdog = [](const char* period, const std::string& pid) {
    setenv("WATCHDOG_USEC", period, 1);
    if (!pid.empty()) setenv("WATCHDOG_PID", pid.c_str(), 1);
    return take_service_environment().watchdog;
  };
  CHECK(watchdog("1000", "") == microseconds(1000));
  CHECK(watchdog("1000", "1") == microseconds(0));
  CHECK(watchdog("soon", "") == microseconds(0));
  CHECK(watchdog("1000s", "") == microseconds(0));
  CHECK(watchdog("-1", "") == microseconds(0));
  CHECK(take_service_environment().watchdog == microseconds(0));
}

TEST_CASE("without a manager nothing is told, and nothing is wrong") {
  ServiceManager nobody({.notify_socket = "", .watchdog = microseconds(1000)});
  CHECK_FALSE(nobody.present());
  CHECK(nobody.watchdog() == microseconds(0));
  CHECK(nobody.ready().ok());
}

TEST_CASE("an address that is none is named") {
  for (const std::string& name : {std::string("relative"), "/" + std::string(108, 'x')}) {
    ServiceManager manager({.notify_socket = name});
    CHECK_FALSE(manager.present());
    const absl::Status told = manager.ready();
    CHECK(told.code() == absl::StatusCode::kInvalidArgument);
    CHECK_THAT(std::string(told.message()), Catch::Contains(name));
  }
}

class Socket {
 public:
  explicit Socket(const std::string& abstract) : fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{.sun_family = AF_UNIX};
    abstract.copy(address.sun_path + 1, abstract.size());
    const auto size = offsetof(sockaddr_un, sun_path) + 1 + abstract.size();
    REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size)) == 0);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(fd_); }

  // "" when nothing has come.
  std::string next() const {
    std::string text(4096, '\0');
    const ssize_t size = recv(fd_, text.data(), text.size(), MSG_DONTWAIT);
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return text;
  }

 private:
  int fd_;
};

TEST_CASE("no line of a status is a message of its own") {
  const std::string name = "waymark-app-test-" + std::to_string(getpid());
  const Socket socket(name);
  ServiceManager manager({.notify_socket = "@" + name});
  manager.status("not ready: pool 'a\nSTOPPING=1'");
  CHECK(socket.next() == "STATUS=not ready: pool 'a STOPPING=1'");
}

TEST_CASE("a status is told once, and after a reload") {
  const std::string name = "waymark-app-test-" + std::to_string(getpid());
  const Socket socket(name);
  ServiceManager manager({.notify_socket = "@" + name});
  manager.status("ready");
  manager.status("ready");
  CHECK(socket.next() == "STATUS=ready");
  CHECK(socket.next().empty());
  { const ServiceManager::Reloading before_the_start(manager); }
  CHECK(socket.next().empty());
  CHECK(manager.ready().ok());
  CHECK(socket.next() == "READY=1\nSTATUS=ready");
  { const ServiceManager::Reloading reload(manager); }
  CHECK_THAT(socket.next(), Catch::StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  CHECK(socket.next() == "READY=1\nSTATUS=ready");
  manager.stopping();
  CHECK(socket.next() == "STOPPING=1");
  { const ServiceManager::Reloading while_ending(manager); }
  CHECK(socket.next().empty());
}

}  // namespace
}  // namespace waymark::app
