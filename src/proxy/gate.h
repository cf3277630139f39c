// Lets connections in, or not, by what their listener allows their source. Thread-safe: the control
// thread asks, and workers tell of the end of those that were counted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "net/address.h"
#include "proxy/admission.h"
#include "proxy/layout.h"
#include "proxy/snapshot.h"

namespace waymark::proxy {

class Gate {
 public:
  static constexpr std::uint64_t kBetweenLines = 10'000;  // milliseconds

  void set_rules(const Layout& layout);

  struct Answer {
    Admission::Verdict verdict = Admission::Verdict::uncounted;
    // Refused connections of this listener to tell of, this one included; 0: the next one is told
    // of kBetweenLines after the last line, so that a flood of them is no flood of lines.
    std::uint64_t to_tell = 0;
  };
  // `listener`: its slot. `now`: milliseconds of a steady clock.
  [[nodiscard]] Answer admit(std::size_t listener, const net::Address& source, std::uint64_t now);
  // A counted connection is gone, its socket closed.
  void leave(std::size_t listener, const net::Address& source);

  [[nodiscard]] GateCounts counts(std::size_t listener) const;

 private:
  struct Slot {
    Admission admission;
    std::uint64_t refused_per_source = 0;
    std::uint64_t refused_per_prefix = 0;
    std::uint64_t refused_too_fast = 0;
    std::uint64_t untold = 0;
    std::uint64_t next_line = 0;
  };

  mutable std::mutex mutex_;
  std::vector<Slot> slots_;  // guarded by mutex_
};

}  // namespace waymark::proxy
