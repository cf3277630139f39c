// A place among the taps that may be open at a time; free again when it is destroyed.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>

namespace waymark::app {

class TapSlot {
 public:
  static constexpr std::size_t kMost = 8;

  // nullopt while all are taken. `taken` counts them and outlives the slot. Any thread.
  [[nodiscard]] static std::optional<TapSlot> take(std::atomic<std::size_t>& taken) {
    if (taken.fetch_add(1) < kMost) return TapSlot(taken);
    taken.fetch_sub(1);
    return std::nullopt;
  }

 private:
  struct GiveBack {
    void operator()(std::atomic<std::size_t>* taken) const { taken->fetch_sub(1); }
  };
  explicit TapSlot(std::atomic<std::size_t>& taken) : taken_(&taken) {}

  std::unique_ptr<std::atomic<std::size_t>, GiveBack> taken_;
};

}  // namespace waymark::app
