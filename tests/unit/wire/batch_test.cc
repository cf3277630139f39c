#include "wire/batch.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "agreement.h"
#include "support/seed.h"
#include "waymark/link/v1/link.pb.h"

namespace waymark::wire {
namespace {

const Mark kMark = *Mark::parse("00112233-4455-6677-8899-aabbccddeeff");

std::string bytes_of(const Batch& batch) {
  std::string out;
  for (const ChunkRange& range : batch.ranges) out += range.bytes();
  return out;
}

link::v1::ToUpstream parsed(const Batch& batch) {
  link::v1::ToUpstream message;
  REQUIRE(message.ParseFromString(bytes_of(batch)));
  return message;
}

void append_frame(BatchWriter& writer, Batch& batch, std::uint64_t seq, const std::string& frame) {
  writer.append(batch, {.mark = kMark, .seq = seq}, EventKind::payload, frame);
}

TEST_CASE("a batch is the message of its events, in order") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  ChunkPool pool;
  BatchWriter writer(pool);
  for (int round = 0; round < 20; ++round) {
    Batch batch;
    std::vector<std::string> frames;
    std::size_t appended = 0;
    for (int i = 0; i < 100; ++i) {
      frames.emplace_back(random() % (random() % 10 == 0 ? 100'000 : 300), 'a' + char(i % 26));
      appended += writer.append(batch, {.mark = kMark, .seq = frames.size()}, EventKind::payload,
                                frames.back());
    }
    CHECK(batch.events == frames.size());
    CHECK(batch.bytes == appended);
    CHECK(batch.bytes == bytes_of(batch).size());
    const auto message = parsed(batch);
    REQUIRE(message.events_size() == 100);
    for (int i = 0; i < 100; ++i) {
      CHECK(message.events(i).seq() == static_cast<std::uint64_t>(i) + 1);
      CHECK((message.events(i).payload() == frames[static_cast<std::size_t>(i)]));
    }
  }
}

TEST_CASE("every range holds whole events") {
  ChunkPool pool;
  BatchWriter writer(pool);
  Batch batch;
  for (std::uint64_t seq = 1; seq <= 20; ++seq) {
    append_frame(writer, batch, seq, std::string(60'000, 'x'));
  }
  CHECK(batch.ranges.size() == 5);  // four events of 60 kB a chunk
  int events = 0;
  for (const ChunkRange& range : batch.ranges) {
    link::v1::ToUpstream message;
    REQUIRE(message.ParseFromArray(range.bytes().data(), static_cast<int>(range.size)));
    events += message.events_size();
  }
  CHECK(events == 20);
}

TEST_CASE("successive batches share a chunk and do not overlap") {
  ChunkPool pool;
  BatchWriter writer(pool);
  std::vector<Batch> batches(50);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    append_frame(writer, batches[i], i + 1, "first " + std::to_string(i));
    append_frame(writer, batches[i], i + 1, "second " + std::to_string(i));
  }
  CHECK(pool.bytes_in_use() == Chunk::kSize);
  for (std::size_t i = 0; i < batches.size(); ++i) {
    CHECK(batches[i].ranges.size() == 1);
    CHECK(batches[i].ranges[0].chunk.get() == batches[0].ranges[0].chunk.get());
    CHECK(parsed(batches[i]).events(0).payload() == "first " + std::to_string(i));
    CHECK(parsed(batches[i]).events(1).payload() == "second " + std::to_string(i));
  }
}

TEST_CASE("two batches written by turns keep their events apart") {
  ChunkPool pool;
  BatchWriter writer(pool);
  Batch even;
  Batch odd;
  for (std::uint64_t seq = 0; seq < 10; ++seq) {
    append_frame(writer, seq % 2 == 0 ? even : odd, seq, std::to_string(seq));
  }
  CHECK(even.ranges.size() == 5);
  CHECK(parsed(even).events(4).payload() == "8");
  CHECK(parsed(odd).events(4).payload() == "9");
}

TEST_CASE("an event larger than a chunk gets one of its own, and its memory comes back") {
  ChunkPool pool;
  BatchWriter writer(pool);
  const std::string large(3 * Chunk::kSize, 'l');
  std::size_t size = 0;
  {
    Batch batch;
    size = writer.append(batch, {.mark = kMark, .seq = 1}, EventKind::payload, large);
    CHECK(pool.bytes_in_use() == size);
    CHECK((parsed(batch).events(0).payload() == large));
  }
  CHECK(pool.bytes_in_use() == 0);

  Batch batch;
  append_frame(writer, batch, 2, "small");
  CHECK(pool.bytes_in_use() == Chunk::kSize);
  CHECK(parsed(batch).events(0).payload() == "small");
}

TEST_CASE("chunks are returned once batches and writer are gone") {
  ChunkPool pool;
  {
    std::vector<Batch> batches(10);
    {
      BatchWriter writer(pool);
      for (Batch& batch : batches) append_frame(writer, batch, 1, std::string(100'000, 'x'));
    }
    CHECK(pool.bytes_in_use() == 5 * Chunk::kSize);
    CHECK((parsed(batches.back()).events(0).payload() == std::string(100'000, 'x')));
    batches.resize(2);  // both in the first chunk
    CHECK(pool.bytes_in_use() == Chunk::kSize);
  }
  CHECK(pool.bytes_in_use() == 0);
}

TEST_CASE("a lost link's batch is read back event by event") {
  ChunkPool pool;
  BatchWriter writer(pool);
  Batch lost;
  writer.append(lost, {.mark = kMark}, EventKind::opened, encode(Opened{.epoch = 1}));
  for (std::uint64_t seq = 1; seq <= 10; ++seq) {
    append_frame(writer, lost, seq, std::string(100'000, 'x') + std::to_string(seq));
  }
  Batch again;
  for_each_event(lost, [&](const Event& event) {
    EventHeader header = event.header;
    header.attempt = 2;
    writer.append(again, header, event.kind, event.body.to_string());
  });
  const auto message = parsed(again);
  REQUIRE(message.events_size() == 11);
  CHECK(message.events(0).opened().epoch() == 1);
  for (int i = 1; i <= 10; ++i) {
    CHECK(message.events(i).seq() == static_cast<std::uint64_t>(i));
    CHECK(message.events(i).attempt() == 2);
    CHECK((message.events(i).payload() == std::string(100'000, 'x') + std::to_string(i)));
  }
}

TEST_CASE("an empty batch visits nothing") {
  const Batch batch;
  CHECK(batch.empty());
  for_each_event(batch, [](const Event&) { FAIL("there is no event"); });
}

TEST_CASE("frames written in place make the same message as copied ones, between any others") {
  const std::uint64_t seed = test_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  ChunkPool pool;
  BatchWriter writer(pool);
  for (int round = 0; round < 50; ++round) {
    Batch batch;
    std::vector<std::string> frames;
    std::size_t appended = 0;
    for (std::uint64_t seq = 1; seq <= 60; ++seq) {
      // Around the size that is moved next to the event before, and of whole reads.
      const std::size_t size = 1 + random() % (random() % 4 == 0 ? 65'536 : 4'100);
      const EventHeader header{.mark = kMark,
                               .seq = random() % 2 == 0 ? seq : seq << 56,
                               .received_at = random() % 2 == 0 ? 0 : random()};
      std::string frame(size, static_cast<char>('a' + seq % 26));
      if (random() % 3 == 0) {
        appended += writer.append(batch, header, EventKind::payload, frame);
      } else {
        const auto room = writer.room_for_frame(65'536);
        frame.resize(std::min(frame.size(), room.size()));
        frame.copy(room.data(), frame.size());
        appended += writer.append_in_place(batch, header, frame.size());
      }
      frames.push_back(std::move(frame));
    }
    CHECK(batch.frames == frames.size());
    CHECK(batch.bytes == appended);
    const auto message = parsed(batch);
    REQUIRE(message.events_size() == 60);
    for (int i = 0; i < 60; ++i) {
      REQUIRE((message.events(i).payload() == frames[static_cast<std::size_t>(i)]));
      REQUIRE(message.events(i).mark() == std::string(kMark.bytes()));
    }
    std::size_t events = 0;
    for_each_event(batch, [&](const Event& event) {
      REQUIRE((event.body.to_string() == frames[events]));
      ++events;
    });
    CHECK(events == frames.size());
  }
}

TEST_CASE("room that was asked for and not used leaves no trace") {
  ChunkPool pool;
  BatchWriter writer(pool);
  Batch batch;
  append_frame(writer, batch, 1, "one");
  const auto room = writer.room_for_frame(1000);
  CHECK(room.size() == 1000);
  std::fill(room.begin(), room.end(), '!');
  append_frame(writer, batch, 2, "two");
  const auto message = parsed(batch);
  REQUIRE(message.events_size() == 2);
  CHECK(message.events(1).payload() == "two");
}

TEST_CASE("a chunk takes four whole reads of 64 KiB") {
  ChunkPool pool;
  BatchWriter writer(pool);
  Batch batch;
  for (std::uint64_t seq = 1; seq <= 4; ++seq) {
    const auto room = writer.room_for_frame(65'536);
    REQUIRE(room.size() == 65'536);
    std::fill(room.begin(), room.end(), 'x');
    writer.append_in_place(batch, {.mark = kMark, .seq = seq, .received_at = 1}, room.size());
  }
  CHECK(pool.bytes_in_use() == Chunk::kSize);
}

}  // namespace
}  // namespace waymark::wire
