// One upstream as the control thread knows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/upstream_life.h"

namespace waymark::control {

using Metadata = std::vector<std::pair<std::string, std::string>>;  // by key

// Who added it, and so who may take it away.
enum class Source : std::uint8_t { file, api, lease, dns };

[[nodiscard]] std::string_view name_of(Source source);

// What was asked for.
struct UpstreamSpec {
  std::string pool;
  std::string address;            // "host:port"
  std::uint32_t weight = 1;       // 1 to 100
  std::string protocol = "auto";  // auto, link or legacy
  bool insecure = false;
  Metadata metadata;

  friend bool operator==(const UpstreamSpec&, const UpstreamSpec&) = default;
};

// They name the same server, whatever else is wanted of it.
[[nodiscard]] bool same_server(const UpstreamSpec& a, const UpstreamSpec& b);

// "ready" for a word that is none.
[[nodiscard]] AdminState admin_state_of(std::string_view word);

struct Upstream {
  std::string id;
  std::uint32_t index = 0;  // what the workers know it by
  UpstreamSpec spec;
  Source source = Source::file;
  std::string resolved_from;  // of DNS: the configured address with the name
  std::string name;           // what it calls itself; empty until it said so
  std::optional<std::uint32_t> weight_override;
  std::uint32_t ttl_seconds = 0;      // of a lease
  std::uint64_t lease_until_ms = 0;   // of a lease
  std::vector<bool> ready;            // by worker: its link is
  std::uint64_t probe_failures = 0;   // health probes that failed, ever
  std::size_t gone = 0;               // workers that have forgotten it
  State last_state = State::joining;  // that others were told of
  bool serving = false;               // counted as one that others may rely on
  bool leaving = false;               // removed: forgotten once all workers have
  UpstreamLife life;

  [[nodiscard]] std::uint32_t weight() const { return weight_override.value_or(spec.weight); }
};

// The same for the same pool, address and metadata, on every proxy and after every restart: a UUID
// of version 8 (RFC 9562).
[[nodiscard]] std::string derived_id(const UpstreamSpec& spec);

}  // namespace waymark::control
