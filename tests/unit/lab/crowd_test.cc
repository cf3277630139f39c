#include "lab/crowd.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <thread>
#include <vector>

#include "base/status.h"

using namespace waymark;
using namespace waymark::lab;
using namespace std::chrono_literals;

namespace {

// Sends back what `answer` makes of what has come, until it is empty: then it hangs up.
class Server {
 public:
  explicit Server(std::function<std::string(std::string)> answer)
      : answer_(std::move(answer)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size);
    ::listen(fd_, 16);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    target = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { run(); });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    over_ = true;
    thread_.join();
    ::close(fd_);
  }

  std::string target;

 private:
  void run() {
    std::vector<pollfd> waits = {{fd_, POLLIN, 0}};
    std::array<char, 64 * 1024> buffer;
    while (!over_) {
      ::poll(waits.data(), waits.size(), 10);
      for (std::size_t i = 1; i < waits.size(); ++i) {
        if (waits[i].revents == 0) continue;
        const ssize_t got = ::recv(waits[i].fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
        const std::string back =
            got > 0 ? answer_({buffer.data(), static_cast<std::size_t>(got)}) : "";
        if (back.empty()) {
          ::close(waits[i].fd);
          waits[i].fd = -1;
        } else {
          (void)!::send(waits[i].fd, back.data(), back.size(), MSG_NOSIGNAL);
        }
      }
      if ((waits[0].revents & POLLIN) != 0) {
        waits.push_back({::accept(fd_, nullptr, nullptr), POLLIN, 0});
      }
    }
    for (std::size_t i = 1; i < waits.size(); ++i) {
      if (waits[i].fd >= 0) ::close(waits[i].fd);
    }
  }

  const std::function<std::string(std::string)> answer_;
  const int fd_;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

template <typename Condition>
bool eventually(Condition condition) {
  for (const auto until = std::chrono::steady_clock::now() + 60s;
       std::chrono::steady_clock::now() < until; std::this_thread::sleep_for(2ms)) {
    if (condition()) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("clients send lines at their pace, and know their answers") {
  const Server server([](std::string bytes) { return bytes; });
  auto crowd = Crowd::start({.targets = {server.target}, .clients = 3, .pace = 2ms});
  REQUIRE(crowd.ok());
  CHECK(eventually([&] { return (*crowd)->sent() >= 100; }));
  (*crowd)->stop_sending();
  CHECK(eventually([&] { return (*crowd)->unanswered() == 0 && (*crowd)->silence() > 500ms; }));
  const auto histories = (*crowd)->end();
  REQUIRE(histories.size() == 3);
  for (const ClientHistory& client : histories) {
    CHECK(client.sent() > 10);
    CHECK(client.answers.size() == client.sent());
    CHECK(client.foreign.empty());
    CHECK(client.dropped.empty());
  }
  CHECK(histories[2].number == 3);
}

TEST_CASE("an answer that is none of its frames is written down") {
  std::atomic<int> asked = 0;
  const Server server([&](const std::string&) {
    ++asked;
    return std::string("9:1 abc\n");
  });
  auto crowd = Crowd::start({.targets = {server.target}, .clients = 1, .pace = 2ms});
  REQUIRE(crowd.ok());
  CHECK(eventually([&] { return asked >= 2; }));  // so that the first has its answer
  const std::uint64_t before = (*crowd)->sent();
  CHECK(eventually([&] { return (*crowd)->sent() >= before + 2; }));  // it reads between two
  const auto histories = (*crowd)->end();
  REQUIRE_FALSE(histories[0].foreign.empty());
  CHECK(histories[0].foreign[0] == "\"9:1 abc\"");
  CHECK(histories[0].answers.empty());
}

TEST_CASE("a client that is cut off says so, and sends no more") {
  const Server server([](const std::string&) { return std::string(); });
  auto crowd = Crowd::start({.targets = {server.target}, .clients = 1, .pace = 2ms});
  REQUIRE(crowd.ok());
  CHECK(eventually([&] { return (*crowd)->sent() > 0 && (*crowd)->unanswered() == 0; }));
  const auto histories = (*crowd)->end();
  CHECK_FALSE(histories[0].dropped.empty());
}

TEST_CASE("a client waits while too much is unanswered") {
  std::atomic<std::size_t> bytes = 0;
  const Server server([&](const std::string& text) {
    bytes += text.size();
    return std::string("x");  // no end of a line
  });
  auto crowd = Crowd::start({.targets = {server.target}, .clients = 1, .pace = 1ms});
  REQUIRE(crowd.ok());
  CHECK(eventually([&] { return (*crowd)->sent() == Crowd::kInFlight; }));
  CHECK((*crowd)->unanswered() >= Crowd::kInFlight - 1);
  // Answers that are due for very long are not waited for.
  CHECK(eventually([&] { return (*crowd)->sent() > Crowd::kInFlight; }));
  (void)(*crowd)->end();
}

TEST_CASE("nobody to connect to is an error that names the address") {
  const auto crowd = Crowd::start({.targets = {"127.0.0.1:1"}, .clients = 1});
  REQUIRE_FALSE(crowd.ok());
  CHECK(std::string(message_of(crowd.status())).find("127.0.0.1:1") != std::string::npos);
}
