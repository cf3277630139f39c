#include "net/resolver.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "test_loop.h"

namespace waymark::net {
namespace {

using Answer = absl::StatusOr<Resolver::Addresses>;

std::vector<std::string> texts(const Resolver::Addresses& addresses) {
  std::vector<std::string> result;
  for (const Address& address : addresses) result.push_back(address.to_string());
  return result;
}

Answer resolve(const std::string& host, std::uint16_t port) {
  TestLoop loop;
  Resolver resolver(loop.get());
  std::optional<Answer> answer;
  resolver.resolve(host, port, [&](Answer given) { answer = std::move(given); });
  CHECK_FALSE(answer.has_value());  // never inside the call
  CHECK_FALSE(resolver.idle());
  REQUIRE(loop.wait_until([&] { return answer.has_value(); }));
  CHECK(resolver.idle());
  return *std::move(answer);
}

// Keeps all of libuv's threads busy, so that lookups wait in its queue.
class BusyThreads {
 public:
  explicit BusyThreads(Loop& loop) : works_(128) {
    for (uv_work_t& work : works_) {
      work.data = this;
      uv_queue_work(
          loop.raw(), &work,
          [](uv_work_t* w) { static_cast<BusyThreads*>(w->data)->released_.wait(); },
          [](uv_work_t* w, int) { --static_cast<BusyThreads*>(w->data)->outstanding_; });
    }
    outstanding_ = works_.size();
  }
  void release() { release_.set_value(); }
  [[nodiscard]] bool done() const { return outstanding_ == 0; }

 private:
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
  std::vector<uv_work_t> works_;
  std::size_t outstanding_ = 0;
};

TEST_CASE("a name gives the addresses of this machine's families, in order and none twice") {
  const Answer answer = resolve("localhost", 7999);
  REQUIRE(answer.ok());
  const std::vector<std::string> found = texts(*answer);
  CHECK(std::count(found.begin(), found.end(), "127.0.0.1:7999") == 1);
  CHECK(texts(in_order(*answer)) == found);
}

TEST_CASE("addresses are ordered by family and then by number, none twice") {
  Resolver::Addresses addresses;
  for (const char* host :
       {"::2", "192.0.2.10", "::1", "192.0.2.9", "2001:db8::1", "10.0.0.1", "::1", "192.0.2.9"}) {
    addresses.push_back(*Address::from_numeric(host, 80));
  }
  CHECK(texts(in_order(addresses)) == std::vector<std::string>{"10.0.0.1:80", "192.0.2.9:80",
                                                               "192.0.2.10:80", "[::1]:80",
                                                               "[::2]:80", "[2001:db8::1]:80"});
  CHECK(in_order({}).empty());
}

TEST_CASE("numeric hosts of both families answer themselves") {
  const auto [host, port, text] = GENERATE(table<std::string, std::uint16_t, std::string>({
      {"127.0.0.1", 80, "127.0.0.1:80"},
      {"192.0.2.7", 65535, "192.0.2.7:65535"},
      {"::1", 1, "[::1]:1"},
      {"2001:db8::5", 443, "[2001:db8::5]:443"},
  }));
  const Answer answer = resolve(host, port);
  REQUIRE(answer.ok());
  CHECK(texts(*answer) == std::vector<std::string>{text});
}

TEST_CASE("a host without addresses is an error that names it and says what the system said") {
  // An empty label: no name server is asked.
  const Answer answer = resolve("no..such", 80);
  REQUIRE_FALSE(answer.ok());
  CHECK((answer.status().code() == absl::StatusCode::kNotFound ||
         answer.status().code() == absl::StatusCode::kUnavailable));
  const std::string message(message_of(answer.status()));
  CHECK_THAT(message, Catch::StartsWith("resolve 'no..such': "));
  CHECK(message.size() > std::string("resolve 'no..such': ").size());
}

TEST_CASE("what cannot be a host is refused, in a later pass too") {
  const std::string host =
      GENERATE(std::string(), std::string(300, 'a'), std::string("localhost\0x", 11));
  const Answer answer = resolve(host, 80);
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(std::string(message_of(answer.status())) == "resolve '" + host + "': invalid argument");
}

TEST_CASE("many lookups are answered once each") {
  TestLoop loop;
  Resolver resolver(loop.get());
  std::vector<int> answers(50);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::string host = i % 2 == 0 ? "127.0.0." + std::to_string(i) : "";
    resolver.resolve(host, 80, [&answers, i](const Answer& answer) {
      CHECK(answer.ok() == (i % 2 == 0));
      ++answers[i];
    });
  }
  REQUIRE(loop.wait_until([&] { return resolver.idle(); }));
  loop.run_passes(3);
  CHECK(std::count(answers.begin(), answers.end(), 1) == 50);
}

TEST_CASE("after close() no answer comes, and what had not begun is over at once") {
  TestLoop loop;
  BusyThreads busy(loop.get());
  Resolver resolver(loop.get());
  int answers = 0;
  resolver.resolve("localhost", 80, [&](const Answer&) { ++answers; });
  resolver.resolve("", 80, [&](const Answer&) { ++answers; });
  resolver.close();
  resolver.resolve("localhost", 80, [&](const Answer&) { ++answers; });
  REQUIRE(loop.wait_until([&] { return resolver.idle(); }));
  CHECK_FALSE(busy.done());
  busy.release();
  REQUIRE(loop.wait_until([&] { return busy.done(); }));
  CHECK(answers == 0);
  resolver.close();
}

TEST_CASE("lookups outlive their resolver in silence, and drop what they held") {
  TestLoop loop;
  auto resolver = std::make_unique<Resolver>(loop.get());
  const auto held = std::make_shared<int>();
  int answers = 0;
  for (int i = 0; i < 20; ++i) {  // some under way, some waiting
    resolver->resolve("localhost", 80, [&answers, held](const Answer&) { ++answers; });
  }
  resolver.reset();
  CHECK(held.use_count() == 1);
  REQUIRE(loop.run_until([&] { return loop.get().raw()->active_reqs.count == 0; }));
  CHECK(answers == 0);
}

TEST_CASE("an answer may ask again, close or destroy the resolver") {
  TestLoop loop;
  auto resolver = std::make_unique<Resolver>(loop.get());
  int answers = 0;
  resolver->resolve("127.0.0.1", 80, [&](const Answer&) {
    ++answers;
    resolver->resolve("127.0.0.2", 80, [&](const Answer&) {
      ++answers;
      resolver->resolve("127.0.0.3", 80, [&](const Answer&) { ++answers; });
      resolver.reset();
    });
  });
  REQUIRE(loop.run_until(
      [&] { return resolver == nullptr && loop.get().raw()->active_reqs.count == 0; }));
  CHECK(answers == 2);
}

}  // namespace
}  // namespace waymark::net
