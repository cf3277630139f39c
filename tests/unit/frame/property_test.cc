#include <catch2/catch.hpp>
#include <random>

#include "properties.h"

namespace waymark::frame {
namespace {

class SeededDice {
 public:
  explicit SeededDice(std::uint64_t seed) : engine_(seed) {}

  // 0 .. sides - 1
  std::size_t operator()(std::size_t sides) { return engine_() % sides; }

 private:
  std::mt19937_64 engine_;
};

// Bytes among which this kind of framing finds plenty of ends, and now and then a fault.
std::string roll_bytes(const Framing& framing, std::size_t most, SeededDice& dice) {
  std::string bytes(dice(most + 1), '\0');
  for (char& c : bytes) {
    const bool length = framing.kind == Kind::length_prefix;
    if (length && framing.length.digits > 0) {
      c = "0000001a1bF"[dice(11)];
    } else if (length || (framing.kind == Kind::by_start && dice(3) == 0)) {
      c = static_cast<char>(dice(20) == 0 ? dice(256) : dice(3) == 0 ? dice(14) : 0);
    } else {
      c = "ab\r\n"[dice(4)];
    }
  }
  return bytes;
}

Framing roll_valid_framing(SeededDice& dice) {
  for (;;) {
    const Framing framing = roll_framing(dice);
    if (framing.validate().ok()) return framing;
  }
}

constexpr std::uint64_t kSeeds = 5'000;

TEST_CASE("any split of a stream gives the frames and the fault of the rules") {
  std::size_t frames = 0;
  std::size_t faults = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SeededDice dice(seed);
    const Framing framing = roll_valid_framing(dice);
    const std::string stream = roll_bytes(framing, 200, dice);
    INFO("seed " << seed);
    REQUIRE(check_splits(framing, stream, dice) == "");
    const Reading whole = read(framing, {stream});
    frames += whole.frames.size();
    faults += whole.fault != Fault::none ? 1 : 0;
  }
  CHECK(frames > kSeeds);       // the streams are worth cutting
  CHECK(faults > kSeeds / 10);  // and some are worth refusing
}

TEST_CASE("an echo of each frame as it comes returns the bytes that came") {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SeededDice dice(seed);
    const Framing framing = roll_valid_framing(dice);
    INFO("seed " << seed);
    REQUIRE(check_echo(framing, roll_bytes(framing, 200, dice), dice) == "");
  }
}

TEST_CASE("a payload is wrapped if and only if a framer reads it back") {
  std::size_t wrapped = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SeededDice dice(seed);
    const Framing framing = roll_valid_framing(dice);
    const std::string payload = roll_bytes(framing, dice(2) == 0 ? 6 : 45, dice);
    const std::uint8_t ending = roll_ending(framing, dice);
    INFO("seed " << seed);
    REQUIRE(check_round_trip(framing, ending, payload, dice) == "");
    wrapped += enveloped(framing, ending, payload) ? 1 : 0;
  }
  CHECK(wrapped > kSeeds / 10);
  CHECK(wrapped < kSeeds * 9 / 10);
}

TEST_CASE("frames wrapped with one ending and laid end to end are read and echoed unchanged") {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SeededDice dice(seed);
    const Framing framing = roll_valid_framing(dice);
    if (framing.kind == Kind::raw) continue;
    const std::uint8_t ending = roll_ending(framing, dice);
    std::string stream;
    std::vector<std::string> payloads;
    for (int i = 0; i < 20; ++i) {
      std::string payload = roll_bytes(framing, 12, dice);
      const auto bytes = enveloped(framing, ending, payload);
      if (!bytes) continue;
      stream += *bytes;
      payloads.push_back(std::move(payload));
    }
    const Reading reading = read(framing, split(stream, dice));
    INFO("seed " << seed);
    REQUIRE(reading.fault == Fault::none);
    REQUIRE(reading.unfinished_bytes == 0);
    REQUIRE(reading.frames.size() == payloads.size());
    std::string echo;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      REQUIRE(reading.frames[i].payload == payloads[i]);
      echo += enveloped(framing, reading.frames[i].ending, payloads[i]).value();
    }
    REQUIRE(echo == stream);
  }
}

TEST_CASE("lines are cut as the delimiters LF and CRLF would cut them") {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SeededDice dice(seed);
    const Framing lines{.kind = Kind::line, .max_frame_bytes = 1 + dice(12)};
    const Framing delimited{.kind = Kind::delimiter,
                            .max_frame_bytes = lines.max_frame_bytes,
                            .delimiters = {"\n", "\r\n"}};
    const std::string stream = roll_bytes(lines, 100, dice);
    const auto pieces = split(stream, dice);
    INFO("seed " << seed);
    REQUIRE(read(lines, pieces) == read(delimited, pieces));
  }
}

}  // namespace
}  // namespace waymark::frame
