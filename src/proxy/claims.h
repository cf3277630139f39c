// Who has which mark, of marks that were derived from a key and so may be claimed twice; and, for a
// bounded number of them, who had it last. Thread-safe: one for all workers of a process.
//
//   claim(m) by worker 0  ->  granted, incarnation 1
//   claim(m) by worker 1  ->  granted, incarnation 2; worker 0 has it now and is to be told
//   release(m, 1)             nothing: it was taken over
//   release(m, 2)             free, and remembered
//   claim(m) by worker 0  ->  granted, incarnation 3, returning
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "proxy/settings.h"
#include "proxy/snapshot.h"
#include "waymark/mark.h"

namespace waymark::proxy {

class Claims {
 public:
  // `remembered`: marks of connections that have ended; the oldest is forgotten for the next one.
  explicit Claims(std::size_t remembered) : remembered_(remembered) {}

  struct Wish {
    Mark mark;
    std::size_t worker = 0;
    Duplicates duplicates = Duplicates::newest_wins;
    // How many times a minute the mark may be taken from a connection that has it; 0: any number.
    std::uint32_t max_take_overs = 0;
    std::uint64_t now_us = 0;  // Unix time
  };
  struct Grant {
    enum class Kind : std::uint8_t {
      granted,
      taken,      // a connection has it and keeps it
      too_often,  // the same: it was taken over max_take_overs times within a minute
    };
    Kind kind = Kind::granted;
    // Greater than any this process has given for the mark, and not less than now_us: what another
    // proxy has given is less too, as far as the clocks of both agree.
    std::uint64_t incarnation = 0;
    std::optional<std::size_t> holder{};  // the worker of the connection that had it until now
    bool returning = false;
    std::uint64_t away_ms = 0;  // since the last one has ended
  };
  [[nodiscard]] Grant claim(const Wish& wish);
  // The connection of this incarnation has ended.
  void release(const Mark& mark, std::uint64_t incarnation, std::uint64_t now_us);

  void set_remembered(std::size_t marks);
  [[nodiscard]] MarkCounts counts() const;

 private:
  static constexpr std::uint64_t kMinuteUs = 60'000'000;

  struct Claim {
    std::uint64_t incarnation = 0;
    std::uint64_t ended_us = 0;   // 0: it is held
    std::uint64_t minute_us = 0;  // when counting take-overs began
    std::uint32_t worker = 0;
    std::uint32_t take_overs = 0;
  };
  // In the order they ended; one that was claimed again since is passed over.
  struct Past {
    Mark mark;
    std::uint64_t incarnation = 0;
  };
  static constexpr std::size_t kFewPast = 64;
  [[nodiscard]] static bool may_take_over(Claim& claim, const Wish& wish);
  [[nodiscard]] bool is_past(const Past& past) const;
  void forget_oldest();

  mutable std::mutex mutex_;
  std::size_t remembered_;
  std::size_t ended_ = 0;  // claims that nobody holds
  absl::flat_hash_map<Mark, Claim> claims_;
  std::deque<Past> past_;
};

}  // namespace waymark::proxy
