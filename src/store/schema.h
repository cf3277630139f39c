// The tables of state.db, and how an older file comes to them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "store/sqlite.h"

namespace waymark::store {

// In the header of the file, so that another program's database is not taken for ours: "WAYM".
inline constexpr std::int64_t kApplicationId = 0x5741594d;

// The statements that lead from version N to N + 1, by N. Never changed once released: a new
// version is a new entry.
[[nodiscard]] std::span<const std::string_view> migrations();

// FailedPrecondition if the file is newer than the last of `steps`.
[[nodiscard]] absl::Status check_version(const Sqlite& database,
                                         std::span<const std::string_view> steps);

// Runs the steps that the file has not seen, each in a transaction of its own that also writes the
// version. After an error the file is at the version it reached.
[[nodiscard]] absl::Status migrate(Sqlite& database, std::span<const std::string_view> steps);

}  // namespace waymark::store
