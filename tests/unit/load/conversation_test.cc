#include "load/conversation.h"

#include <catch2/catch.hpp>
#include <chrono>

namespace waymark::load {
namespace {

using std::chrono::milliseconds;

// A conversation and the wire it speaks over, in memory.
class Talk {
 public:
  explicit Talk(std::string_view framing, SizeRange sizes = {64, 300})
      : payloads_(1, Envelope::parse(framing).value(), sizes), talk_(payloads_, 5) {
    tally.recording = true;
  }

  // Sends `frames` frames; what went over the wire is kept for frame().
  void send(int frames) {
    for (int i = 0; i < frames; ++i) talk_.enqueue(now);
    char bytes[512];
    while (talk_.has_unsent()) {
      const std::size_t size = talk_.copy_unsent(bytes, sizeof bytes);
      sent_.append(bytes, size);
      talk_.mark_sent(size, tally);
    }
  }

  void receive(std::string_view bytes) { talk_.receive(bytes, now, tally); }

  [[nodiscard]] std::string frame(std::uint32_t number) const {
    std::string bytes(payloads_.wire_size(5, number), '\0');
    (void)payloads_.image(5, number).copy(0, bytes.data(), bytes.size());
    return bytes;
  }
  [[nodiscard]] std::string others_frame(std::uint32_t number) const {
    std::string bytes(payloads_.wire_size(6, number), '\0');
    (void)payloads_.image(6, number).copy(0, bytes.data(), bytes.size());
    return bytes;
  }
  [[nodiscard]] const std::string& sent() const { return sent_; }
  Conversation& conversation() { return talk_; }

  Tally tally;
  Time now = Clock::now();

 private:
  Payloads payloads_;
  Conversation talk_;
  std::string sent_;
};

const char* const kFramings[] = {"raw", "line", "length:4", "length:varint", "delimiter:ab"};

TEST_CASE("an exact echo is clean however it is cut") {
  for (const char* framing : kFramings) {
    for (const std::size_t step : {1, 7, 24, 64, 1000, 100000}) {
      CAPTURE(framing, step);
      Talk talk(framing);
      talk.send(50);
      for (std::size_t at = 0; at < talk.sent().size(); at += step) {
        talk.receive(std::string_view(talk.sent()).substr(at, step));
      }
      CHECK(talk.tally.sent.get() == 50);
      CHECK(talk.tally.received.get() == 50);
      CHECK(talk.tally.mismatched.get() == 0);
      CHECK(talk.conversation().awaited() == 0);
    }
  }
}

TEST_CASE("what was sent is the frames in order") {
  Talk talk("line");
  talk.send(3);
  CHECK(talk.sent() == talk.frame(0) + talk.frame(1) + talk.frame(2));
}

TEST_CASE("one changed byte anywhere is a mismatch, and later frames still count") {
  for (const char* framing : kFramings) {
    Talk reference(framing);
    reference.send(3);
    for (std::size_t at = 0; at < reference.frame(0).size(); ++at) {
      CAPTURE(framing, at);
      Talk talk(framing);
      talk.send(3);
      std::string bytes = talk.sent();
      bytes[at] = static_cast<char>(bytes[at] ^ 0x5a);
      talk.receive(bytes);
      CHECK(talk.tally.mismatched.get() == 1);
      CHECK(talk.tally.received.get() >= 2);
    }
  }
}

TEST_CASE("a missing frame is lost, not a mismatch") {
  for (const char* framing : kFramings) {
    CAPTURE(framing);
    Talk talk(framing);
    talk.send(5);
    talk.receive(talk.frame(0) + talk.frame(2) + talk.frame(4));
    CHECK(talk.tally.received.get() == 3);
    CHECK(talk.tally.lost.get() == 2);
    CHECK(talk.tally.mismatched.get() == 0);
    CHECK(talk.conversation().awaited() == 0);
  }
}

TEST_CASE("a gap inside frames is a loss on a raw stream, a mismatch on a framed one") {
  const std::string_view framing = GENERATE("raw", "line");
  Talk talk(framing);
  talk.send(6);
  // Half of frame 1, then the stream from the middle of frame 3 on, in two reads.
  talk.receive(talk.frame(0) + talk.frame(1).substr(0, 30));
  talk.receive(talk.frame(3).substr(40) + talk.frame(4) + talk.frame(5));
  CHECK(talk.tally.received.get() == 3);
  CHECK(talk.tally.lost.get() == 3);
  CHECK(talk.tally.mismatched.get() == (framing == "raw" ? 0 : 1));
}

TEST_CASE("a repeated frame is a duplicate") {
  for (const char* framing : kFramings) {
    CAPTURE(framing);
    Talk talk(framing);
    talk.send(3);
    talk.receive(talk.frame(0) + talk.frame(1) + talk.frame(1) + talk.frame(2) + talk.frame(2));
    CHECK(talk.tally.received.get() == 3);
    CHECK(talk.tally.duplicates.get() == 2);
    CHECK(talk.tally.mismatched.get() == 0);
    CHECK(talk.tally.lost.get() == 0);
  }
}

TEST_CASE("the answer to a frame given up on is late") {
  for (const char* framing : kFramings) {
    CAPTURE(framing);
    Talk talk(framing);
    talk.send(2);
    talk.now += milliseconds(10);
    talk.conversation().expire(talk.now, talk.tally);
    CHECK(talk.tally.lost.get() == 2);
    CHECK(talk.conversation().awaited() == 0);
    talk.send(1);
    talk.receive(talk.frame(0) + talk.frame(1) + talk.frame(2));
    CHECK(talk.tally.late.get() == 2);
    CHECK(talk.tally.duplicates.get() == 0);
    CHECK(talk.tally.received.get() == 1);
    CHECK(talk.tally.mismatched.get() == 0);
  }
}

TEST_CASE("the rest of a frame given up on half-way does not disturb the next") {
  Talk talk("line");
  talk.send(1);
  talk.receive(talk.frame(0).substr(0, 20));
  talk.now += milliseconds(10);
  talk.conversation().expire(talk.now, talk.tally);
  talk.send(1);
  talk.receive(talk.frame(0).substr(20) + talk.frame(1));
  CHECK(talk.tally.late.get() == 1);
  CHECK(talk.tally.received.get() == 1);
  CHECK(talk.tally.mismatched.get() == 0);
}

TEST_CASE("only frames older than the limit expire") {
  Talk talk("line");
  talk.send(1);
  talk.now += milliseconds(10);
  const Time between = talk.now;
  talk.now += milliseconds(10);
  talk.send(1);
  talk.conversation().expire(between, talk.tally);
  CHECK(talk.tally.lost.get() == 1);
  CHECK(talk.conversation().awaited() == 1);
}

TEST_CASE("another connection's frame is a mismatch") {
  Talk talk("line");
  talk.send(2);
  talk.receive(talk.frame(0) + talk.others_frame(0) + talk.frame(1));
  CHECK(talk.tally.received.get() == 2);
  CHECK(talk.tally.mismatched.get() == 1);
}

TEST_CASE("bytes nobody asked for are a mismatch at the end") {
  Talk talk("raw");
  talk.send(1);
  talk.receive(talk.frame(0) + "surplus");
  talk.conversation().finish(talk.tally);
  CHECK(talk.tally.received.get() == 1);
  CHECK(talk.tally.mismatched.get() == 1);
  CHECK(talk.tally.lost.get() == 0);
}

TEST_CASE("frames too small for a header break off at the first wrong byte") {
  Talk talk("raw", {8, 8});
  talk.send(3);
  talk.receive(talk.frame(0) + talk.frame(2));
  CHECK(talk.tally.received.get() == 1);
  CHECK(talk.tally.mismatched.get() == 1);
  CHECK(talk.conversation().is_broken());
}

TEST_CASE("what was sent and not answered is lost at the end, what was not sent is not") {
  Talk talk("raw");
  talk.send(2);
  talk.receive(talk.frame(0));
  talk.conversation().enqueue(talk.now);
  talk.conversation().finish(talk.tally);
  CHECK(talk.tally.lost.get() == 1);
}

TEST_CASE("latency counts from when a frame was due") {
  Talk talk("raw");
  talk.send(1);
  talk.now += milliseconds(5);
  talk.receive(talk.frame(0));
  CHECK(talk.tally.latency.count() == 1);
  CHECK(talk.tally.latency.max() == 5'000'000);
}

}  // namespace
}  // namespace waymark::load
