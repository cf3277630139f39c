// Values of store/stored.h as rows of the tables of store/schema.h.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/sqlite.h"
#include "store/stored.h"

namespace waymark::store {

// Makes `change` in the database, within the caller's transaction.
[[nodiscard]] absl::Status write_change(const Change& change, const Sqlite& database);
// The same for all of `state`, into empty tables.
[[nodiscard]] absl::Status write_state(const StoredState& state, const Sqlite& database);

// DataLoss if a row holds what was never written.
[[nodiscard]] absl::StatusOr<StoredState> read_state(const Sqlite& database);

// Reads what can still be read of a damaged file: each table from both ends, up to where SQLite
// gives up, without the rows that make no sense.
[[nodiscard]] StoredState salvage_state(const Sqlite& database);

}  // namespace waymark::store
