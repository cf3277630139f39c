#include "lab/traffic_frame.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "lab/traffic_plan.h"

using namespace waymark;
using lab::AnswerReader;
using lab::TrafficTally;

namespace {

constexpr std::uint64_t kTag = 0x6f1c09d2b7a3e845;
constexpr std::uint64_t kOther = kTag + 1;

std::string frame(std::uint64_t tag, std::uint64_t made = 1'000, std::size_t size = 64) {
  std::string out;
  lab::append_frame(out, tag, made, size);
  return out;
}

TrafficTally read(const std::string& bytes, std::size_t piece) {
  AnswerReader reader(kTag);
  TrafficTally tally;
  for (std::size_t i = 0; i < bytes.size(); i += piece) {
    (void)reader.read(std::string_view(bytes).substr(i, piece), 3'000, tally);
  }
  return tally;
}

}  // namespace

TEST_CASE("a frame is a line of its size") {
  for (const std::size_t size : {lab::TrafficPlan::kMinSize, std::size_t{64}, std::size_t{5'000}}) {
    const std::string one = frame(kTag, 1'000, size);
    CHECK(one.size() == size);
    CHECK(one.find('\n') == size - 1);
  }
}

TEST_CASE("knows its own frames and another's, in pieces of any size") {
  const std::string bytes =
      frame(kTag) + "stub-1: " + frame(kOther) + frame(kTag, 2'500, 40) + "\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const TrafficTally tally = read(bytes, piece);
    CHECK(tally.answered == 4);
    CHECK(tally.wrong == 1);
    CHECK(tally.answer_us.count() == 2);
    CHECK(tally.answer_us.max() >= 2'000);
    CHECK(tally.first_fault ==
          "client 6f1c09d2b7a3e845 got \"load-6f1c09d2b7a3e846-0000000003e8.\"");
  }
}

TEST_CASE("knows them in capitals") {
  std::string bytes = frame(kTag) + frame(kOther);
  std::transform(bytes.begin(), bytes.end(), bytes.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const TrafficTally tally = read(bytes, 7);
  CHECK(tally.answer_us.count() == 1);
  CHECK(tally.wrong == 1);
}

TEST_CASE("answers that hold no frame are answers") {
  const TrafficTally tally =
      read("stub-1 says hello\nload-6f1c09d2b7a3 was cut\n" + frame(kTag).substr(3), 5);
  CHECK(tally.answered == 3);
  CHECK(tally.wrong == 0);
  CHECK(tally.answer_us.count() == 0);
}
