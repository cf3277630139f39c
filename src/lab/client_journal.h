// What the clients of a chaos run saw, as a file for others to judge by.
//
//   sent TIME C N      answer TIME C N      foreign TIME C WHAT      dropped TIME C WHY
//
// C is the client and N the frame. WHAT and WHY have no blanks, and 0 for a time.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lab/history.h"

namespace waymark::lab {

[[nodiscard]] std::string client_journal(const std::vector<ClientHistory>& clients);

// Where it is in a directory.
[[nodiscard]] std::string client_journal_in(const std::string& directory);
[[nodiscard]] absl::Status write_client_journal(const std::vector<ClientHistory>& clients,
                                                const std::string& directory);

}  // namespace waymark::lab
