// The frames of the load, each a line, and what comes back of them, in any form a stub gives it.
//
//   load-6f1c09d2b7a3e845-00001f4c7a90.xxxxx
//        whose it is      when it was made, microseconds
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/histogram.h"

namespace waymark::lab {

// `size` bytes with the end of the line, at least TrafficPlan::kMinSize.
void append_frame(std::string& out, std::uint64_t tag, std::uint64_t made_us, std::size_t size);

struct TrafficTally {
  std::uint64_t sent = 0;      // frames made
  std::uint64_t answered = 0;  // lines that came
  std::uint64_t wrong = 0;     // frames of somebody else that came
  std::uint64_t connected = 0;
  std::uint64_t cut_off = 0;  // connections that the other side ended
  std::uint64_t refused = 0;  // connections that did not come to be
  Histogram answer_us;        // of answers that hold their frame
  std::string first_fault;    // for people
};

// Looks for frames in the answers to one client, which come in pieces of any size, as they were
// sent or in capitals, and whatever is around them.
class AnswerReader {
 public:
  explicit AnswerReader(std::uint64_t tag) : tag_(tag) {}

  // How many lines have ended.
  std::size_t read(std::string_view bytes, std::uint64_t now_us, TrafficTally& tally);

 private:
  void look_at(std::string_view mark, std::uint64_t now_us, TrafficTally& tally) const;

  const std::uint64_t tag_;
  std::string tail_;  // where a mark may have begun
};

}  // namespace waymark::lab
