#include "store/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/status.h"

namespace waymark::store {
namespace {

constexpr mode_t kParentMode = 0755;
constexpr mode_t kMode = 0700;
constexpr mode_t kLockMode = 0600;

absl::Status fault(int error_number, std::string_view verb, std::string_view path) {
  return absl::Status(
      absl::ErrnoToStatusCode(error_number),
      fmt::format("cannot {} {}: {} (the setting `state:` names the directory of the state)", verb,
                  path, std::generic_category().message(error_number)));
}

absl::Status make_directories(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    // One that cannot be made is told below, where its child is missing.
    (void)::mkdir(parent.c_str(), kParentMode);
  }
  if (::mkdir(path.c_str(), kMode) == 0) return absl::OkStatus();
  const int error_number = errno;
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0) {
    return S_ISDIR(found.st_mode) ? absl::OkStatus() : fault(ENOTDIR, "use", path);
  }
  return fault(error_number, "make", path);
}

// What the holder of the lock wrote into it.
std::string holder_of(int fd) {
  std::array<char, 32> text;
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  std::string holder(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  holder.resize(std::min(holder.find_first_not_of("0123456789"), holder.size()));
  return holder.empty() ? "" : fmt::format(" (process {})", holder);
}

void write_holder(int fd) {
  const std::string text = fmt::format("{}\n", ::getpid());
  // For people only: the lock is held even if there is no room for this.
  if (::ftruncate(fd, 0) == 0) (void)!::pwrite(fd, text.data(), text.size(), 0);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Directory>> Directory::open(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  std::unique_ptr<Directory> directory(new Directory(std::move(path)));
  if (const absl::Status status = directory->renew(); !status.ok()) return status;
  return directory;
}

Directory::~Directory() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

bool Directory::intact() const {
  const auto now = mark_of(lock_path());
  return now && now->same_file(locked_);
}

absl::Status Directory::renew() {
  if (lock_fd_ >= 0 && intact()) return absl::OkStatus();
  if (absl::Status status = make_directories(path_); !status.ok()) return status;
  return lock();
}

absl::Status Directory::lock() {
  const std::string path = lock_path();
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kLockMode);
  if (fd < 0) return fault(errno, "write", path);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error_number = errno;
    const std::string holder = holder_of(fd);
    ::close(fd);
    if (error_number != EWOULDBLOCK) return fault(error_number, "lock", path);
    return error(absl::StatusCode::kFailedPrecondition,
                 "{} is in use by another waymark{}: each needs a directory of its own, named by "
                 "`state:`",
                 path_, holder);
  }
  struct stat found {};
  if (::fstat(fd, &found) != 0) {
    const int error_number = errno;
    ::close(fd);
    return fault(error_number, "look at", path);
  }
  write_holder(fd);
  if (lock_fd_ >= 0) ::close(lock_fd_);
  lock_fd_ = fd;
  locked_ = {found.st_dev, found.st_ino, found.st_size};
  return absl::OkStatus();
}

absl::Status Directory::sync() const {
  const int fd = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fault(errno, "open", path_);
  const int result = ::fsync(fd);
  const int error_number = errno;
  ::close(fd);
  return result == 0 ? absl::OkStatus() : fault(error_number, "sync", path_);
}

}  // namespace waymark::store
