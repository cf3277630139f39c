#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "lab/readiness.h"

using namespace waymark::lab;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

// Accepts, and answers each connection with `answer`; with nothing if that is empty.
class Telemetry {
 public:
  explicit Telemetry(std::string answer)
      : answer_(std::move(answer)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size);
    ::listen(fd_, 16);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    where = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    if (!answer_.empty()) thread_ = std::thread([this] { run(); });
  }
  Telemetry(const Telemetry&) = delete;
  Telemetry& operator=(const Telemetry&) = delete;
  ~Telemetry() {
    ::shutdown(fd_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(fd_);
  }

  std::string where;

 private:
  void run() {
    for (int client = 0; (client = ::accept(fd_, nullptr, nullptr)) >= 0; ::close(client)) {
      std::string request(1'000, '\0');
      (void)!::read(client, request.data(), request.size());
      (void)::send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    }
  }

  const std::string answer_;
  const int fd_;
  std::thread thread_;
};

constexpr const char* kOneIsReady =
    "HTTP/1.0 200 OK\r\n\r\n"
    "waymark_upstream_ready{upstream=\"stub-1\"} 1\n"
    "waymark_upstream_ready{upstream=\"stub-2\"} 0\n";

MemberView member(Kind kind, State state, const std::string& telemetry = "") {
  MemberView view;
  view.kind = kind;
  view.state = state;
  view.telemetry = telemetry;
  return view;
}

bool becomes_ready(Readiness& readiness, std::chrono::seconds within) {
  for (const auto until = Clock::now() + within; Clock::now() < until;) {
    if (readiness.look()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

}  // namespace

TEST_CASE("proxies that do not answer keep nobody waiting") {
  const Telemetry silent("");
  Readiness readiness(
      [&] { return std::vector(16, member(Kind::proxy, State::running, silent.where)); });
  const auto begun = Clock::now();
  for (int i = 0; i < 10; ++i) CHECK_FALSE(readiness.look());
  CHECK(Clock::now() - begun < 5s);  // each would wait for a second
}

TEST_CASE("upstreams that were stopped on purpose are not waited for") {
  const Telemetry proxy(kOneIsReady);
  State second = State::running;
  Readiness readiness([&] {
    return std::vector{member(Kind::proxy, State::running, proxy.where),
                       member(Kind::upstream, State::running), member(Kind::upstream, second)};
  });
  CHECK_FALSE(becomes_ready(readiness, 1s));
  second = State::stopped;
  CHECK(becomes_ready(readiness, 30s));
}
