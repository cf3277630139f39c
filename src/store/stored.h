// What outlives a restart, as plain values, and the changes of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "waymark/mark.h"

namespace waymark::store {

// An upstream that was added while running.
struct StoredUpstream {
  enum class Source { api, lease };

  std::string id;
  std::string pool;
  std::string address;
  Source source = Source::api;
  std::uint32_t weight = 1;
  std::string protocol = "auto";
  bool insecure = false;
  std::vector<std::pair<std::string, std::string>> metadata;  // by key
  std::uint32_t ttl_seconds = 0;                              // of a lease
  std::string admin_state = "ready";

  bool operator==(const StoredUpstream&) const = default;
};

// What differs from the file for an upstream of the file or of DNS.
struct StoredOverride {
  std::string upstream_id;
  std::optional<std::uint32_t> weight;
  std::optional<std::string> admin_state;

  bool operator==(const StoredOverride&) const = default;
};

// A setting that was changed while running and is meant to stay.
struct StoredSetting {
  std::string path;
  std::string value;

  bool operator==(const StoredSetting&) const = default;
};

// A frame that was given up.
struct StoredDeadLetter {
  std::uint64_t id = 0;  // a later one has a greater id
  Mark mark;
  std::uint64_t seq = 0;
  std::string pool;
  std::string listener;
  std::string upstream;  // that had it last
  std::uint32_t attempts = 0;
  std::uint64_t received_at = 0;  // Unix nanoseconds, as below
  std::uint64_t dead_at = 0;
  std::string reason;
  std::string payload;

  bool operator==(const StoredDeadLetter&) const = default;
};
// Shared by the state in memory, the queue to the disk and those who look at it, so that a payload
// is in memory once.
using DeadLetterPtr = std::shared_ptr<const StoredDeadLetter>;
using DeadLetterMap = std::map<std::uint64_t, DeadLetterPtr>;  // by id

// Lists are in the order in which each was first put; no id or path twice.
struct StoredState {
  std::vector<StoredUpstream> upstreams;
  std::vector<StoredOverride> overrides;
  std::vector<StoredSetting> settings;
  DeadLetterMap dead_letters;

  bool operator==(const StoredState& other) const;
};

// Put replaces what has the same id or path; erasing what is not there is no error.
struct PutUpstream {
  StoredUpstream upstream;
};
struct EraseUpstream {
  std::string id;
};
struct PutOverride {
  StoredOverride entry;
};
struct EraseOverride {
  std::string upstream_id;
};
struct PutSetting {
  StoredSetting setting;
};
struct EraseSetting {
  std::string path;
};
struct PutDeadLetter {
  DeadLetterPtr letter;
};
struct EraseDeadLetters {
  std::vector<std::uint64_t> ids;
};
using Change = std::variant<PutUpstream, EraseUpstream, PutOverride, EraseOverride, PutSetting,
                            EraseSetting, PutDeadLetter, EraseDeadLetters>;

// What identifies each among its kind.
[[nodiscard]] inline const std::string& key_of(const StoredUpstream& it) { return it.id; }
[[nodiscard]] inline const std::string& key_of(const StoredOverride& it) { return it.upstream_id; }
[[nodiscard]] inline const std::string& key_of(const StoredSetting& it) { return it.path; }

// Makes `change` in memory.
void apply(const Change& change, StoredState& state);

}  // namespace waymark::store
