// A directory of this user, held open: whatever becomes of its name, it stays the one that was
// looked at.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "admin/http_listener.h"

namespace waymark::lab {

class OwnFolder {
 public:
  // NotFound if there is none. FailedPrecondition for a link, for what is no directory or somebody
  // else's, and for a mode with bits of `closed`: 0077 keeps others out, 0022 from writing.
  [[nodiscard]] static absl::StatusOr<OwnFolder> open(const std::string& path, mode_t closed);

  // Opens a regular file, and no link, with the flags of open(2); it never waits.
  [[nodiscard]] absl::StatusOr<admin::Descriptor> open_file(const std::string& name,
                                                            int flags) const;
  // The whole of one of at most `max_size` bytes.
  [[nodiscard]] absl::StatusOr<std::string> read(const std::string& name,
                                                 std::size_t max_size) const;

 private:
  OwnFolder(std::string path, admin::Descriptor fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  std::string path_;  // for errors
  admin::Descriptor fd_;
};

}  // namespace waymark::lab
