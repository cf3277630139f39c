// Files of the state as wholes: made from what is in memory, saved from damage, put aside.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/stored.h"

namespace waymark::store {

// Writes `state` to a new file at `path`, mode 0600, and through to the disk. After an error there
// is no file.
[[nodiscard]] absl::Status build_database(const std::string& path, const StoredState& state);

// What can still be read of the damaged file at `path`; nothing of it is changed.
[[nodiscard]] StoredState salvage_database(const std::string& path);

// Renames a new file to `path`. What was there, and SQLite's log beside it, is then at `aside`.
[[nodiscard]] absl::Status put_in_place(const std::string& new_path, const std::string& path,
                                        const std::string& aside);

// "PATH.corrupt-20240131T235959Z", or with a number behind it if that exists.
[[nodiscard]] std::string corrupt_name(const std::string& path);

}  // namespace waymark::store
