#include "sdk/outbox.h"

#include <catch2/catch.hpp>
#include <vector>

#include "scripted_proxy.h"

namespace waymark::sdk {
namespace {

constexpr Outbox::Limits kLimits{.max_message = 4096, .max_queued = 1000, .max_open_replies = 4};

// Remembers what was started; nothing is ever done by itself.
struct FakePort final : StreamPort {
  void wake() override { ++wakes; }
  void start_read() override { ++reads; }
  void start_write(std::string message) override { writes.push_back(std::move(message)); }
  void start_finish() override { finished = true; }

  int wakes = 0;
  int reads = 0;
  std::vector<std::string> writes;
  bool finished = false;
};

wire::Command send_of(std::string_view payload) {
  return {.target = wire::TargetKind::mark,
          .mark = test_mark(1),
          .action = wire::ActionKind::send,
          .payload = wire::Bytes(payload)};
}

std::vector<std::string> payloads_of(const std::string& message) {
  link::v1::FromUpstream parsed;
  REQUIRE(parsed.ParseFromString(message));
  std::vector<std::string> payloads;
  for (const auto& command : parsed.commands()) payloads.push_back(command.send().payload());
  return payloads;
}

struct Fixture {
  explicit Fixture(const Outbox::Limits& limits = kLimits)
      : outbox(std::make_shared<Outbox>(port, std::make_unique<LinkCodec>(), limits)) {
    outbox->release();
  }

  // What the stream's thread does when it was woken; once, since a burst is one wake-up.
  void wake_up() {
    REQUIRE(port.wakes == 1);
    port.wakes = 0;
    outbox->woken();
  }

  FakePort port;
  std::shared_ptr<Outbox> outbox;
};

TEST_CASE("An outbox wakes its stream when idle and gathers while a write is in flight") {
  Fixture f;
  CHECK(f.outbox->push(send_of("a")));
  CHECK(f.outbox->push(send_of("b")));
  f.wake_up();
  REQUIRE(f.port.writes.size() == 1);
  CHECK(payloads_of(f.port.writes[0]) == std::vector<std::string>{"a", "b"});
  CHECK(f.outbox->push(send_of("c")));
  CHECK(f.outbox->push(send_of("d")));
  CHECK(f.port.wakes == 0);
  f.outbox->written();
  REQUIRE(f.port.writes.size() == 2);
  CHECK(payloads_of(f.port.writes[1]) == std::vector<std::string>{"c", "d"});
  f.outbox->written();
  CHECK(f.port.writes.size() == 2);
}

TEST_CASE("An outbox that is held writes one message when released") {
  Fixture f;
  f.outbox->hold();
  CHECK(f.outbox->push(send_of("a")));
  CHECK(f.outbox->push(send_of("b")));
  CHECK(f.port.wakes == 0);
  f.outbox->release();
  REQUIRE(f.port.writes.size() == 1);
  CHECK(payloads_of(f.port.writes[0]) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("An outbox keeps messages within what the proxy accepts") {
  Fixture f({.max_message = 100, .max_queued = 1000, .max_open_replies = 4});
  f.outbox->hold();
  const std::string half(50, 'x');
  CHECK(f.outbox->push(send_of(half)));
  CHECK(f.outbox->push(send_of(half)));
  CHECK_FALSE(f.outbox->push(send_of(std::string(101, 'y'))));
  f.outbox->release();
  f.outbox->written();
  f.outbox->written();
  REQUIRE(f.port.writes.size() == 2);
  for (const std::string& message : f.port.writes) {
    CHECK(message.size() <= 100);
    CHECK(payloads_of(message) == std::vector<std::string>{half});
  }
}

TEST_CASE("An outbox refuses pushes over its limit but never a reply") {
  Fixture f;
  auto conversation = std::make_shared<Conversation>(test_mark(1), f.outbox);
  f.outbox->open_reply(*conversation, 0);
  CHECK(f.outbox->push(send_of(std::string(1001, 'x'))));
  CHECK_FALSE(f.outbox->push(send_of("late")));
  const wire::Command answer = send_of("answer");
  CHECK(f.outbox->finish_reply(*conversation, 0, &answer));
}

TEST_CASE("An outbox reads again once the proxy has read half of what waited") {
  Fixture f;
  CHECK(f.outbox->push(send_of(std::string(400, 'x'))));
  f.wake_up();
  f.outbox->hold();
  CHECK(f.outbox->push(send_of(std::string(700, 'y'))));
  f.outbox->release();
  f.outbox->request_read();
  CHECK(f.port.reads == 0);
  f.outbox->written();  // 700 are left
  CHECK(f.port.reads == 0);
  f.outbox->written();
  CHECK(f.port.reads == 1);
}

TEST_CASE("An outbox reads again once half of the open replies are finished") {
  Fixture f;
  auto conversation = std::make_shared<Conversation>(test_mark(1), f.outbox);
  for (int i = 0; i < 5; ++i) f.outbox->open_reply(*conversation, 0);
  f.outbox->request_read();
  CHECK(f.port.reads == 0);
  f.outbox->finish_reply(*conversation, 0, nullptr);
  f.outbox->finish_reply(*conversation, 0, nullptr);
  CHECK(f.port.wakes == 0);
  f.outbox->finish_reply(*conversation, 0, nullptr);
  f.wake_up();
  CHECK(f.port.reads == 1);
}

TEST_CASE("An outbox that ends waits for its replies and their writes") {
  Fixture f;
  auto conversation = std::make_shared<Conversation>(test_mark(1), f.outbox);
  f.outbox->open_reply(*conversation, 0);
  f.outbox->end();
  CHECK_FALSE(f.port.finished);
  const wire::Command answer = send_of("answer");
  CHECK(f.outbox->finish_reply(*conversation, 0, &answer));
  f.wake_up();
  CHECK_FALSE(f.port.finished);
  f.outbox->written();
  CHECK(f.port.finished);
  CHECK_FALSE(f.outbox->push(send_of("late")));
}

TEST_CASE("An outbox that is abandoned waits for the write in flight only") {
  Fixture f;
  auto conversation = std::make_shared<Conversation>(test_mark(1), f.outbox);
  f.outbox->open_reply(*conversation, 0);
  CHECK(f.outbox->push(send_of("a")));
  f.wake_up();
  CHECK(f.outbox->push(send_of("b")));
  f.outbox->abandon();
  CHECK_FALSE(f.port.finished);
  f.outbox->written();
  CHECK(f.port.finished);
  CHECK(f.port.writes.size() == 1);
  CHECK_FALSE(f.outbox->finish_reply(*conversation, 0, nullptr));
}

TEST_CASE("An outbox half-closes after the last reply of that client") {
  Fixture f;
  auto conversation = std::make_shared<Conversation>(test_mark(1), f.outbox);
  f.outbox->open_reply(*conversation, 0);
  f.outbox->half_close_when_done(*conversation);
  CHECK(f.port.writes.empty());
  const wire::Command answer = send_of("answer");
  CHECK(f.outbox->finish_reply(*conversation, 0, &answer));
  f.wake_up();
  REQUIRE(f.port.writes.size() == 1);
  link::v1::FromUpstream message;
  REQUIRE(message.ParseFromString(f.port.writes[0]));
  REQUIRE(message.commands_size() == 2);
  CHECK(message.commands(0).send().payload() == "answer");
  CHECK(message.commands(1).has_half_close());
  CHECK(message.commands(1).mark() == std::string(test_mark(1).bytes()));
}

TEST_CASE("A client whose frame was refused is not ended before that has come again") {
  Fixture f;
  auto conversation = std::make_shared<Conversation>(test_mark(1), f.outbox);
  f.outbox->open_reply(*conversation, 1);
  f.outbox->half_close_when_done(*conversation);
  f.outbox->refuse_reply(*conversation, 1, {.action = wire::ActionKind::nack});
  f.outbox->half_close_when_done(*conversation);  // was on its way already
  f.wake_up();
  const auto commands = [](const std::string& message) {
    link::v1::FromUpstream parsed;
    REQUIRE(parsed.ParseFromString(message));
    return parsed.commands();
  };
  REQUIRE(f.port.writes.size() == 1);
  REQUIRE(commands(f.port.writes[0]).size() == 1);
  CHECK(commands(f.port.writes[0])[0].has_nack());
  f.outbox->written();

  f.outbox->refused_came(*conversation);
  f.outbox->half_close_when_done(*conversation);
  REQUIRE(f.port.writes.size() == 2);
  CHECK(commands(f.port.writes[1])[0].has_half_close());
}

TEST_CASE("Acks that a proxy cannot take are dropped, and nothing else is") {
  Fixture f({.max_message = 8, .max_queued = 1000, .max_open_replies = 4});
  f.outbox->handled(1);
  f.wake_up();
  CHECK(f.port.writes.empty());
}

}  // namespace
}  // namespace waymark::sdk
