// Tells whether the file at a path is still the one that was there.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

namespace waymark::store {

struct FileMark {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;

  [[nodiscard]] bool same_file(const FileMark& other) const {
    return device == other.device && inode == other.inode;
  }
  bool operator==(const FileMark&) const = default;
};

// Nothing if there is no file, or it cannot be looked at.
[[nodiscard]] inline std::optional<FileMark> mark_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileMark{found.st_dev, found.st_ino, found.st_size};
}

}  // namespace waymark::store
