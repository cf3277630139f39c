// The file by which a lab has its directory, waymark-lab.lock: locked while the lab, or its
// janitor, is there.
#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "admin/http_listener.h"
#include "lab/own_folder.h"

namespace waymark::lab {

class LabLock {
 public:
  static constexpr const char* kName = "waymark-lab.lock";

  // Makes the file and locks it, until this and those of all forks are gone. AlreadyExists if
  // another one has it.
  [[nodiscard]] static absl::StatusOr<LabLock> take(const OwnFolder& folder);
  // Looks at it, which hinders nobody. NotFound if there is none.
  [[nodiscard]] static absl::StatusOr<LabLock> look(const OwnFolder& folder);

  // Whether another one has it.
  [[nodiscard]] bool is_taken() const;
  // Whether the directory `path` is the one of this lock: it may have been removed, and made anew.
  [[nodiscard]] bool is_of(const std::string& path) const;
  [[nodiscard]] int fd() const { return file_.get(); }

 private:
  explicit LabLock(admin::Descriptor file) : file_(std::move(file)) {}

  admin::Descriptor file_;
};

}  // namespace waymark::lab
