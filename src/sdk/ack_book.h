// Which deliveries of one link are done, and which of those the proxy has yet to be told of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "wire/lifecycle.h"

namespace waymark::sdk {

// A frame that is answered is acked by its answer. What is done without one is told by acks, as few
// as may be: take() gathers whatever was done since the last one.
class AckBook {
 public:
  // Delivery `number` came and is to be done. Numbers grow by one.
  void begin(std::uint64_t number);
  // The proxy has been told, by an answer.
  void answered(std::uint64_t number) { finish(number, State::told); }
  // The proxy is to be told.
  void done(std::uint64_t number) { finish(number, State::done); }

  // There is something to tell.
  [[nodiscard]] bool pending() const { return !untold_.empty(); }
  // What there is to tell, at most kMostAlso numbers apart from the others; requires pending().
  [[nodiscard]] wire::Ack take();
  static constexpr std::size_t kMostAlso = 8192;  // 64 KiB

  void clear();

 private:
  enum class State : std::uint8_t { open, done, told };

  void finish(std::uint64_t number, State state);

  std::uint64_t first_ = 0;  // number of states_[0], the oldest that is open
  std::deque<State> states_;
  std::vector<std::uint64_t> untold_;
};

}  // namespace waymark::sdk
