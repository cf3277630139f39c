#include "sdk/ack_book.h"

#include <utility>

namespace waymark::sdk {

void AckBook::begin(std::uint64_t number) {
  if (states_.empty()) first_ = number;
  states_.push_back(State::open);
}

void AckBook::finish(std::uint64_t number, State state) {
  if (number < first_ || number - first_ >= states_.size()) return;
  State& now = states_[number - first_];
  if (now != State::open) return;
  now = state;
  if (state == State::done) untold_.push_back(number);
  while (!states_.empty() && states_.front() != State::open) {
    states_.pop_front();
    ++first_;
  }
}

wire::Ack AckBook::take() {
  wire::Ack ack;
  std::vector<std::uint64_t> later;
  for (const std::uint64_t number : std::exchange(untold_, {})) {
    if (number < first_) {
      ack.through = first_ - 1;
    } else {
      (ack.also.size() < kMostAlso ? ack.also : later).push_back(number);
    }
  }
  untold_ = std::move(later);
  return ack;
}

void AckBook::clear() {
  states_.clear();
  untold_.clear();
}

}  // namespace waymark::sdk
