#include "net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/status.h"
#include "peer.h"
#include "test_loop.h"

namespace waymark::net {
namespace {

const Address kAnyPort = *Address::from_numeric("127.0.0.1", 0);

// A listener whose clients are kept until the end.
struct Front {
  explicit Front(int accepts_per_turn = 64)
      : Front(*ListenSocket::open(kAnyPort, 128, {}), accepts_per_turn) {}
  explicit Front(ListenSocket socket, int accepts_per_turn = 64)
      : listener(std::make_unique<Listener>(
            loop.get(), std::move(socket), Listener::Options{.accepts_per_turn = accepts_per_turn},
            [this](Accepted client) {
              accepted.push_back(client);
              if (on_accept) on_accept();
            },
            [this] {
              asked_at.push_back(loop.now_ms());
              return accepted.size() < room;
            })) {}
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;
  ~Front() {
    listener->close();
    loop.run_passes(2);
    for (const Accepted& client : accepted) ::close(client.fd);
  }

  [[nodiscard]] Peer connect() { return Peer::connect(listener->address()); }
  [[nodiscard]] bool accepts(std::size_t count) {
    return loop.wait_until([&] { return accepted.size() >= count; });
  }

  TestLoop loop;
  std::vector<Accepted> accepted;
  std::vector<std::uint64_t> asked_at;  // when there was room or not
  std::size_t room = 1'000;
  std::function<void()> on_accept;
  std::unique_ptr<Listener> listener;
};

// Takes every descriptor the process may have, for as long as it lives.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int first_free = ::dup(STDIN_FILENO);
    ::close(first_free);
    const rlimit none_free{static_cast<rlim_t>(first_free), before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none_free);
  }
  NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
  NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;
  ~NoDescriptorsLeft() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_CASE("hands over each client with its address, ready for a loop") {
  Front front;
  CHECK(front.listener->address().port() != 0);
  const Peer first = front.connect();
  const Peer second = front.connect();
  REQUIRE(front.accepts(2));
  CHECK(front.accepted[0].peer.to_string() == first.address().to_string());
  CHECK(front.accepted[1].peer.to_string() == second.address().to_string());
  for (const Accepted& client : front.accepted) {
    CHECK((fcntl(client.fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((fcntl(client.fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(front.listener->counters().accepted == 2);
}

TEST_CASE("takes a bounded number of clients a turn, and all of them in the end") {
  Front front(4);
  std::vector<Peer> peers;
  for (int i = 0; i < 18; ++i) peers.push_back(front.connect());
  std::vector<std::size_t> after_pass;
  REQUIRE(front.loop.wait_until([&] {
    after_pass.push_back(front.accepted.size());
    return front.accepted.size() == 18;
  }));
  CHECK(after_pass == std::vector<std::size_t>{4, 8, 12, 16, 18});
}

TEST_CASE("at the cap clients wait in the backlog, and are asked for less and less often") {
  Front front;
  front.room = 1;
  Peer first = front.connect();
  Peer second = front.connect();
  second.send("early");
  REQUIRE(front.accepts(1));
  const std::size_t asked_before = front.asked_at.size();
  REQUIRE(front.loop.wait_until([&] { return front.asked_at.size() >= asked_before + 4; }));
  CHECK(front.accepted.size() == 1);
  CHECK(front.listener->counters().paused_at_cap >= 4);
  for (std::size_t i = 1; i < 4; ++i) {
    const auto waited = front.asked_at[asked_before + i] - front.asked_at[asked_before + i - 1];
    CHECK(waited >= 10U << (i - 1));
  }
  CHECK(second.receive() == Peer::Stream::open);

  front.room = 2;
  REQUIRE(front.accepts(2));
  char buffer[8];
  REQUIRE(front.loop.run_until(
      [&] { return ::recv(front.accepted[1].fd, buffer, sizeof buffer, MSG_PEEK) == 5; }));
}

TEST_CASE("without descriptors clients wait in the backlog, and are served once there are some") {
  Front front;
  const Peer waiting = front.connect();
  int passes = 0;
  bool paused = false;
  bool accepted_none = false;
  {
    // Nothing is asserted in here: the sanitizers need descriptors to look at an assertion.
    const NoDescriptorsLeft taken;
    paused = front.loop.wait_until([&] {
      ++passes;
      return front.listener->counters().paused_without_fds == 3;
    });
    accepted_none = front.accepted.empty();
  }
  REQUIRE(paused);
  CHECK(accepted_none);
  CHECK(passes < 20);  // it pauses rather than spins
  REQUIRE(front.accepts(1));
  CHECK(front.accepted[0].peer.to_string() == waiting.address().to_string());
  CHECK(front.listener->counters().failed == 0);
}

TEST_CASE("a port in use is refused and named, also when the other owner is one of ours") {
  Front front;
  const auto second = ListenSocket::open(front.listener->address(), 128, {});
  REQUIRE_FALSE(second.ok());
  CHECK(second.status().code() == absl::StatusCode::kFailedPrecondition);
  const std::string message(message_of(second.status()));
  CHECK_THAT(message,
             Catch::Contains("cannot listen on " + front.listener->address().to_string() + ": "));
  CHECK_THAT(message, Catch::Contains("in use"));
}

TEST_CASE("an address that is not this machine's is refused and named") {
  const auto socket = ListenSocket::open(*Address::from_numeric("192.0.2.1", 7999), 128, {});
  REQUIRE_FALSE(socket.ok());
  CHECK_THAT(std::string(message_of(socket.status())),
             Catch::Contains("cannot listen on 192.0.2.1:7999: "));
}

TEST_CASE("once closed it takes nobody, and the port is free again") {
  Front front;
  const Address address = front.listener->address();
  CHECK(Peer::can_connect(address));
  front.listener->close();
  front.loop.run_passes(2);
  CHECK_FALSE(Peer::can_connect(address));
  CHECK(ListenSocket::open(address, 128, {}).ok());
}

TEST_CASE("whoever waits in the backlog outlives a listener whose socket is shared") {
  Front front;
  front.room = 0;  // nobody is accepted
  const Peer waiting = front.connect();
  front.loop.run_passes(2);
  Front successor(*front.listener->socket().share());
  front.listener->close();
  front.loop.run_passes(2);
  CHECK(front.listener->gone());
  REQUIRE(successor.accepts(1));
  CHECK(successor.accepted[0].peer.to_string() == waiting.address().to_string());
  const Peer later = successor.connect();
  REQUIRE(successor.accepts(2));
}

TEST_CASE("before it closes it may accept everybody who waits") {
  Front front(1);
  const Peer first = front.connect();
  const Peer second = front.connect();
  const Peer third = front.connect();
  front.listener->accept_waiting();
  CHECK(front.accepted.size() == 3);
  front.room = 0;
  const Peer fourth = front.connect();
  front.listener->accept_waiting();
  CHECK(front.accepted.size() == 3);
}

TEST_CASE("what it asks of TCP may change, for those it accepts from then on") {
  Front front;
  front.listener->retune({.backlog = 7, .socket = {.keepalive_count = 5}});
  const Peer peer = front.connect();
  REQUIRE(front.accepts(1));
  int count = 0;
  socklen_t size = sizeof count;
  REQUIRE(getsockopt(front.accepted[0].fd, IPPROTO_TCP, TCP_KEEPCNT, &count, &size) == 0);
  CHECK(count == 5);
}

TEST_CASE("beyond its rate clients wait in the backlog, and are accepted at the rate") {
  Front front;
  front.listener->retune({.rate = TokenBucket::Rate{.per_second = 50, .burst = 3}});
  std::vector<Peer> peers;
  for (int i = 0; i < 8; ++i) peers.push_back(front.connect());
  REQUIRE(front.accepts(1));
  const std::uint64_t began = front.loop.now_ms();
  CHECK(front.accepted.size() == 3);
  REQUIRE(front.accepts(8));
  CHECK(front.loop.now_ms() - began >= 100 - 1);
  CHECK(front.listener->counters().paused_for_rate >= 1);
  CHECK(front.listener->counters().paused_at_cap == 0);
}

TEST_CASE("whoever comes from a block without a rate takes no token") {
  Front front;
  front.listener->retune({.rate = TokenBucket::Rate{.per_second = 1, .burst = 1},
                          .without_rate = {*Cidr::parse("127.0.0.0/8")}});
  std::vector<Peer> peers;
  for (int i = 0; i < 8; ++i) peers.push_back(front.connect());
  REQUIRE(front.accepts(8));
  CHECK(front.listener->counters().paused_for_rate == 0);
}

TEST_CASE("before it closes it accepts those who wait at whatever rate") {
  Front front;
  front.listener->retune({.rate = TokenBucket::Rate{.per_second = 1, .burst = 1}});
  std::vector<Peer> peers;
  for (int i = 0; i < 5; ++i) peers.push_back(front.connect());
  front.listener->accept_waiting();
  CHECK(front.accepted.size() == 5);
}

TEST_CASE("closing it for the first of several clients takes no other") {
  Front front;
  front.on_accept = [&] { front.listener->close(); };
  const Peer first = front.connect();
  const Peer second = front.connect();
  REQUIRE(front.accepts(1));
  front.loop.run_passes(3);
  CHECK(front.accepted.size() == 1);
  CHECK(front.listener->counters().failed == 0);
}

}  // namespace
}  // namespace waymark::net
