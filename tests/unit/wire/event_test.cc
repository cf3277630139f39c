#include "wire/event.h"

#include <google/protobuf/util/message_differencer.h>

#include <catch2/catch.hpp>
#include <vector>

#include "agreement.h"
#include "support/seed.h"
#include "waymark/link/v1/link.pb.h"

namespace waymark::wire {
namespace {

using google::protobuf::util::MessageDifferencer;

const Mark kMark = *Mark::parse("00112233-4455-6677-8899-aabbccddeeff");

std::vector<Event> read_all(Pieces pieces) {
  std::vector<Event> events;
  EventReader reader(pieces);
  Event event;
  ReadResult result = ReadResult::end;
  while ((result = reader.next(event)) == ReadResult::item) events.push_back(event);
  CHECK(result == ReadResult::end);
  return events;
}

TEST_CASE("events mean the same to our reader and to protobuf") {
  check_random_messages<link::v1::ToUpstream>(read_events);
}

TEST_CASE("the generated classes read every event we write") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  RandomMessage maker(random);
  for (int round = 0; round < 300; ++round) {
    link::v1::ToUpstream sent;
    for (int i = 0; i < 5; ++i) {
      auto& event = *sent.add_events();
      maker.fill(event);
      event.mutable_mark()->resize(round % 2 == 0 ? Mark::kSize : 0, 'm');
      if (event.kind_case() == link::v1::Event::KIND_NOT_SET) event.mutable_half_closed();
    }
    const std::string encoded = sent.SerializeAsString();
    const SplitMessage split = split_at_random(encoded, random);
    std::string rewritten;
    for (const Event& event : read_all(split.pieces())) {
      add_event(rewritten, event.header, event.kind, event.body.to_string());
    }
    link::v1::ToUpstream received;
    REQUIRE(received.ParseFromString(rewritten));
    CHECK(MessageDifferencer::Equals(sent, received));
  }
}

TEST_CASE("an event takes exactly the bytes that event_size() says") {
  const std::uint64_t edges[] = {0, 1, 127, 128, 16383, 16384, ~std::uint64_t{0}};
  for (const std::uint64_t seq : edges) {
    for (const std::uint64_t delivery : edges) {
      for (const std::size_t body_size : {0, 1, 103, 104, 105, 127, 128, 16'300, 16'384, 70'000}) {
        const EventHeader header{.mark = kMark,
                                 .seq = seq,
                                 .delivery = delivery,
                                 .attempt = static_cast<std::uint32_t>(seq),
                                 .received_at = delivery};
        for (const EventKind kind : {EventKind::payload, EventKind::snapshot_end}) {
          const std::string body(body_size, 'b');
          const EventSize size = event_size(header, kind, body_size);
          std::vector<char> room(size.whole);
          REQUIRE(put_event(room.data(), size, header, kind, body) == room.data() + room.size());
          link::v1::ToUpstream message;
          if (kind == EventKind::payload) {
            REQUIRE(message.ParseFromArray(room.data(), static_cast<int>(room.size())));
            REQUIRE(message.events_size() == 1);
            CHECK(message.events(0).payload() == body);
            CHECK(message.events(0).seq() == seq);
            CHECK(message.events(0).received_at() == delivery);
          }
        }
      }
    }
  }
}

TEST_CASE("an empty frame is an event with an empty payload") {
  std::string encoded;
  add_event(encoded, {.mark = kMark, .seq = 1}, EventKind::payload, {});
  link::v1::ToUpstream message;
  REQUIRE(message.ParseFromString(encoded));
  CHECK(message.events(0).has_payload());
  const SplitMessage split = byte_by_byte(encoded);
  const auto events = read_all(split.pieces());
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == EventKind::payload);
  CHECK(events[0].body.empty());
}

TEST_CASE("events written one after the other are one message") {
  std::string encoded;
  add_event(encoded, {.mark = kMark}, EventKind::opened, "");
  add_event(encoded, {.mark = kMark, .seq = 1}, EventKind::payload, "abc");
  add_event(encoded, {}, EventKind::snapshot_end, "");
  link::v1::ToUpstream message;
  REQUIRE(message.ParseFromString(encoded));
  REQUIRE(message.events_size() == 3);
  CHECK(message.events(0).has_opened());
  CHECK(message.events(1).payload() == "abc");
  CHECK(message.events(2).has_snapshot_end());
  CHECK(message.events(2).mark().empty());
}

TEST_CASE("a body given twice is the last one") {
  std::string body;
  add_message(body, 6, "first");
  add_message(body, 6, "second");
  std::string encoded;
  add_message(encoded, 1, body);
  const SplitMessage split = in_one_piece(encoded);
  const auto events = read_all(split.pieces());
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == EventKind::opened);
  CHECK(events[0].body.to_string() == "second");
}

TEST_CASE("an event of a later version keeps its header and has no kind") {
  std::string body;
  add_message(body, 1, kMark.bytes());
  add_uint(body, 2, 5);
  add_message(body, 99, "of version 2");
  std::string encoded;
  add_message(encoded, 1, body);
  const SplitMessage split = byte_by_byte(encoded);
  const auto events = read_all(split.pieces());
  REQUIRE(events.size() == 1);
  CHECK(events[0].header.mark == kMark);
  CHECK(events[0].header.seq == 5);
  CHECK(events[0].kind == EventKind::none);
}

}  // namespace
}  // namespace waymark::wire
