#include "lab/lab_lock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/status.h"

namespace waymark::lab {
namespace {

// The whole file. Locks of an open file description: they are those of the forks too, and can be
// asked for without being taken.
struct flock whole_file() {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return range;
}

}  // namespace

absl::StatusOr<LabLock> LabLock::take(const OwnFolder& folder) {
  auto file = folder.open_file(kName, O_RDWR | O_CREAT);
  if (!file.ok()) return file.status();
  struct flock range = whole_file();
  if (::fcntl(file->get(), F_OFD_SETLK, &range) == 0) return LabLock(*std::move(file));
  if (errno != EAGAIN && errno != EACCES) return errno_error(errno, kName);
  return error(absl::StatusCode::kAlreadyExists, "another one has it");
}

absl::StatusOr<LabLock> LabLock::look(const OwnFolder& folder) {
  auto file = folder.open_file(kName, O_RDONLY);
  if (!file.ok()) return file.status();
  return LabLock(*std::move(file));
}

bool LabLock::is_taken() const {
  struct flock range = whole_file();
  return ::fcntl(file_.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

bool LabLock::is_of(const std::string& path) const {
  struct stat mine {};
  struct stat there {};
  return ::fstat(file_.get(), &mine) == 0 && ::lstat((path + "/" + kName).c_str(), &there) == 0 &&
         mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

}  // namespace waymark::lab
