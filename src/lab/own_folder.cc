#include "lab/own_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/file.h"
#include "base/status.h"

namespace waymark::lab {

using absl::StatusCode;

absl::StatusOr<OwnFolder> OwnFolder::open(const std::string& path, mode_t closed) {
  std::string name = path;  // a slash at its end would follow a link
  while (name.size() > 1 && name.ends_with('/')) name.pop_back();
  admin::Descriptor fd(::open(name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd.get() < 0 && errno != ELOOP && errno != ENOTDIR) return errno_error(errno, path);
  struct stat found {};
  if (fd.get() < 0 || ::fstat(fd.get(), &found) != 0 || found.st_uid != ::geteuid() ||
      (found.st_mode & closed) != 0) {
    return error(StatusCode::kFailedPrecondition,
                 "{} is there, and not a directory of this user alone (mode {:04o} at most)", path,
                 0777 & ~closed);
  }
  return OwnFolder(std::move(name), std::move(fd));
}

absl::StatusOr<admin::Descriptor> OwnFolder::open_file(const std::string& name, int flags) const {
  constexpr int kNoTricks = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  admin::Descriptor file(::openat(fd_.get(), name.c_str(), flags | kNoTricks, 0600));
  if (file.get() < 0) return errno_error(errno, path_ + "/" + name);
  struct stat found {};
  if (::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) {
    return error(StatusCode::kFailedPrecondition, "{}/{} is not a regular file", path_, name);
  }
  return file;
}

absl::StatusOr<std::string> OwnFolder::read(const std::string& name, std::size_t max_size) const {
  const auto file = open_file(name, O_RDONLY);
  if (!file.ok()) return file.status();
  return read_all(file->get(), path_ + "/" + name, max_size);
}

}  // namespace waymark::lab
