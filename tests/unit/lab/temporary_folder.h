// A directory for this user alone, which is short and gone in the end.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace waymark::lab {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = "/tmp/lab-test-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string in(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace waymark::lab
