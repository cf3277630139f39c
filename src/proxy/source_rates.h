// How many connections each source may open in a minute. Pure: time is an argument, in milliseconds
// of a steady clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "base/token_bucket.h"

namespace waymark::proxy {

class SourceRates {
 public:
  using Key = std::array<std::uint8_t, 16>;

  // Of so many sources it is remembered at most what they have opened in the last minute. While
  // more than these come, a further one is let in unseen.
  static constexpr std::size_t kMostSources = 65'536;

  // The source opens a connection: whether it may. Those of a minute may come at once.
  [[nodiscard]] bool take(const Key& source, std::uint64_t per_minute, std::uint64_t now) {
    const TokenBucket::Rate rate{.per_second = per_minute, .burst = per_minute};
    const std::uint64_t ticks = now / kSecondsOfMinute;  // a thousand of them are a minute
    const auto at = buckets_.find(source);
    if (at == buckets_.end() && !has_place(rate, ticks)) return true;
    TokenBucket& bucket = at == buckets_.end() ? buckets_[source] : at->second;
    if (bucket.wait(rate, ticks) > 0) return false;
    bucket.take(1);
    return true;
  }

  void clear() { buckets_.clear(); }
  [[nodiscard]] std::size_t sources() const { return buckets_.size(); }

 private:
  static constexpr std::uint64_t kSecondsOfMinute = 60;

  // Forgets those who have opened none for so long that they may open all again; looks for them no
  // more than once in a tick.
  [[nodiscard]] bool has_place(const TokenBucket::Rate& rate, std::uint64_t ticks) {
    if (buckets_.size() < kMostSources) return true;
    if (ticks == last_look_) return false;
    last_look_ = ticks;
    absl::erase_if(buckets_,
                   [&](auto& entry) { return entry.second.tokens(rate, ticks) == rate.burst; });
    return buckets_.size() < kMostSources;
  }

  absl::flat_hash_map<Key, TokenBucket> buckets_;
  std::uint64_t last_look_ = 0;
};

}  // namespace waymark::proxy
