#include "store/schema.h"

#include <array>
#include <string>

#include "base/status.h"

namespace waymark::store {
namespace {

// `number` keeps the order in which entries were put. `metadata` is what store/pairs.h writes.
constexpr std::string_view kVersion1 = R"(
  CREATE TABLE upstreams (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    pool TEXT NOT NULL,
    address TEXT NOT NULL,
    source TEXT NOT NULL,
    weight INTEGER NOT NULL,
    protocol TEXT NOT NULL,
    insecure INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    ttl_seconds INTEGER NOT NULL,
    admin_state TEXT NOT NULL
  ) STRICT;
  CREATE TABLE overrides (
    number INTEGER PRIMARY KEY,
    upstream_id TEXT NOT NULL UNIQUE,
    weight INTEGER,
    admin_state TEXT
  ) STRICT;
  CREATE TABLE settings (
    number INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL
  ) STRICT;
)";

// `number` is the id. Times are Unix nanoseconds.
constexpr std::string_view kVersion2 = R"(
  CREATE TABLE dead_letters (
    number INTEGER PRIMARY KEY,
    mark TEXT NOT NULL,
    seq INTEGER NOT NULL,
    pool TEXT NOT NULL,
    listener TEXT NOT NULL,
    upstream TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    dead_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    payload BLOB NOT NULL
  ) STRICT;
)";

constexpr std::array kMigrations{kVersion1, kVersion2};

absl::StatusOr<std::size_t> version_of(const Sqlite& database,
                                       std::span<const std::string_view> steps) {
  const auto version = database.number("PRAGMA user_version");
  if (!version.ok()) return version.status();
  if (*version < 0 || *version > static_cast<std::int64_t>(steps.size())) {
    return error(absl::StatusCode::kFailedPrecondition,
                 "{} has version {}, and the newest this program knows is {}: start the program "
                 "that wrote it, or name another directory with `state:`",
                 database.path(), *version, steps.size());
  }
  return static_cast<std::size_t>(*version);
}

}  // namespace

std::span<const std::string_view> migrations() { return kMigrations; }

absl::Status check_version(const Sqlite& database, std::span<const std::string_view> steps) {
  return version_of(database, steps).status();
}

absl::Status migrate(Sqlite& database, std::span<const std::string_view> steps) {
  const auto version = version_of(database, steps);
  if (!version.ok()) return version.status();
  for (std::size_t done = *version; done < steps.size(); ++done) {
    const absl::Status status =
        database.run(fmt::format("BEGIN IMMEDIATE; {} ; PRAGMA user_version = {}; "
                                 "PRAGMA application_id = {}; COMMIT",
                                 steps[done], done + 1, kApplicationId));
    if (status.ok()) continue;
    database.roll_back();
    return absl::Status(status.code(), fmt::format("version {} cannot become {}: {}", done,
                                                   done + 1, message_of(status)));
  }
  return absl::OkStatus();
}

}  // namespace waymark::store
