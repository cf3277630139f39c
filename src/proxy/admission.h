// How many connections of a listener one address, or one network, may have at a time, and how many
// new ones in a minute. Pure: knows no socket, no thread and no clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "net/address.h"
#include "proxy/settings.h"
#include "proxy/source_rates.h"

namespace waymark::proxy {

// What holds memory are the sources of connections that are there, and a bounded number of those
// that were there within the last minute.
class Admission {
 public:
  enum class Verdict : std::uint8_t {
    uncounted,   // comes in; leave() is not told of it
    counted,     // comes in
    per_source,  // refused: max_connections_per_source
    per_prefix,  // refused: max_connections_per_prefix
    too_fast,    // refused: max_new_per_source
  };

  // The setting by which it refuses; empty: it does not.
  [[nodiscard]] static std::string_view limit_of(Verdict verdict);

  // From now on. Who is counted stays, also beyond a smaller limit, and stays counted.
  void set_rules(const AdmissionSettings& rules);

  // `now`: milliseconds of a steady clock.
  [[nodiscard]] Verdict admit(const net::Address& source, std::uint64_t now);
  // A connection that was counted has ended.
  void leave(const net::Address& source);

  [[nodiscard]] std::size_t connections() const { return connections_; }
  [[nodiscard]] std::size_t sources() const { return sources_.size(); }

 private:
  using Key = std::array<std::uint8_t, 16>;
  using Counts = absl::flat_hash_map<Key, std::uint32_t>;

  [[nodiscard]] static std::size_t count_of(const Counts& counts, const Key& key);
  static void take_one(Counts& counts, const Key& key);
  [[nodiscard]] Key prefix_of(const Key& source) const;
  [[nodiscard]] bool is_free(const net::Address& source) const;
  [[nodiscard]] bool is_too_fast(const Key& source, std::uint64_t now);

  AdmissionSettings rules_;
  Counts sources_;
  Counts prefixes_;
  SourceRates rates_;
  std::size_t connections_ = 0;
};

}  // namespace waymark::proxy
