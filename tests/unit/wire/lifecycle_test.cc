#include "wire/lifecycle.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "agreement.h"
#include "waymark/link/v1/link.pb.h"

namespace waymark::wire {
namespace {

bool says_hello(std::string_view message, Hello& hello) {
  return decode_hello_message(Pieces(&message, 1), hello);
}
bool says_welcome(std::string_view message, Welcome& welcome) {
  return decode_welcome_message(Pieces(&message, 1), welcome);
}

TEST_CASE("the messages of the handshake mean the same to us and to protobuf") {
  SECTION("Hello") { check_random_messages<link::v1::ToUpstream>(read_hello); }
  SECTION("Welcome") { check_random_messages<link::v1::FromUpstream>(read_welcome); }
}

TEST_CASE("the bodies of events mean the same to us and to protobuf") {
  SECTION("Opened") { check_random_messages<link::v1::Opened>(read_opened); }
  SECTION("Marked") { check_random_messages<link::v1::Marked>(read_marked); }
  SECTION("Closed") { check_random_messages<link::v1::Closed>(read_closed); }
  SECTION("Undeliverable") { check_random_messages<link::v1::Undeliverable>(read_undeliverable); }
  SECTION("Ping") { check_random_messages<link::v1::Ping>(read_ping); }
  SECTION("Gap") { check_random_messages<link::v1::Gap>(read_gap); }
  SECTION("Ack") { check_random_messages<link::v1::Ack>(read_ack); }
  SECTION("Nack") { check_random_messages<link::v1::Nack>(read_nack); }
}

TEST_CASE("a Hello arrives as it was said") {
  const Hello sent{.protocol_min = 1,
                   .protocol_max = 3,
                   .proxy_id = "proxy-a",
                   .boot_id = std::string(16, '\xff'),
                   .worker = 2,
                   .pool = "default",
                   .max_message = 1 << 20};
  Hello read;
  REQUIRE(says_hello(encode_hello_message(sent), read));
  CHECK(read.protocol_min == 1);
  CHECK(read.protocol_max == 3);
  CHECK(read.proxy_id == "proxy-a");
  CHECK(read.boot_id == sent.boot_id);
  CHECK(read.worker == 2);
  CHECK(read.pool == "default");
  CHECK(read.max_message == 1 << 20);
}

TEST_CASE("a Welcome arrives as it was said") {
  const Welcome sent{.protocol = 1,
                     .features = {"upstream_changed", ""},
                     .upstream = "u1",
                     .acks = true,
                     .window_bytes = 1000,
                     .window_events = 10,
                     .max_message = 5000};
  Welcome read;
  REQUIRE(says_welcome(encode_welcome_message(sent), read));
  CHECK(read.protocol == 1);
  CHECK(read.features == sent.features);
  CHECK(read.upstream == "u1");
  CHECK(read.acks);
  CHECK(read.window_bytes == 1000);
  CHECK(read.window_events == 10);
  CHECK(read.max_message == 5000);
}

TEST_CASE("what is missing in a Welcome is zero, not a default of ours") {
  Welcome read;
  REQUIRE(says_welcome(link::v1::FromUpstream().SerializeAsString() + "\x12" + std::string(1, '\0'),
                       read));
  CHECK(read.protocol == 0);
  CHECK(read.max_message == 0);
}

TEST_CASE("a message without its handshake is none") {
  Hello hello;
  Welcome welcome;
  link::v1::ToUpstream events;
  events.add_events()->set_payload("x");
  link::v1::FromUpstream commands;
  commands.add_commands()->mutable_close();
  CHECK_FALSE(says_hello("", hello));
  CHECK_FALSE(says_hello(events.SerializeAsString(), hello));
  CHECK_FALSE(says_welcome("", welcome));
  CHECK_FALSE(says_welcome(commands.SerializeAsString(), welcome));
  CHECK_FALSE(says_welcome("\x12\x05junk", welcome));
}

TEST_CASE("an enum keeps its low 32 bits, as protobuf reads it") {
  constexpr std::uint64_t kFarAbove = std::uint64_t{1} << 32;
  std::string body;
  add_uint(body, 1, kFarAbove + static_cast<std::uint32_t>(CloseReason::moved));
  Closed closed;
  REQUIRE(decode(Bytes(body), closed));
  CHECK(closed.reason == CloseReason::moved);

  body.clear();
  add_uint(body, 1, kFarAbove + static_cast<std::uint32_t>(Refusal::closed));
  Undeliverable undeliverable;
  REQUIRE(decode(Bytes(body), undeliverable));
  CHECK(undeliverable.reason == Refusal::closed);
}

TEST_CASE("a reason of a later version is unspecified") {
  std::string body;
  add_uint(body, 1, std::max<std::uint64_t>(kCloseReasons, kRefusals));
  Closed closed;
  REQUIRE(decode(Bytes(body), closed));
  CHECK(closed.reason == CloseReason::unspecified);
  Undeliverable undeliverable;
  REQUIRE(decode(Bytes(body), undeliverable));
  CHECK(undeliverable.reason == Refusal::unspecified);
}

}  // namespace
}  // namespace waymark::wire
