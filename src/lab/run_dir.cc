#include "lab/run_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "base/status.h"

namespace waymark::lab {
namespace {

namespace fs = std::filesystem;
using absl::StatusCode;

constexpr std::string_view kLock = "/waymark-lab.lock";
constexpr std::size_t kMaxPath = 80;  // a control socket in it has to fit into sockaddr_un

std::string lock_of(const std::string& path) { return std::string(path).append(kLock); }

absl::Status check_owner(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return errno_error(errno, path);
  if (!S_ISDIR(found.st_mode) || found.st_uid != ::geteuid() || (found.st_mode & 0077) != 0) {
    return error(StatusCode::kFailedPrecondition,
                 "{} is there, and not a directory of this user alone (mode 0700); --dir names "
                 "another one",
                 path);
  }
  std::error_code ignored;
  if (!fs::exists(lock_of(path), ignored) && !fs::is_empty(path, ignored)) {
    return error(StatusCode::kFailedPrecondition,
                 "{} is not empty, and not of a lab; --dir names another one", path);
  }
  return absl::OkStatus();
}

// The locked file, which is still the one of that name.
absl::StatusOr<int> lock(const std::string& path) {
  const std::string name = lock_of(path);
  const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return errno_error(errno, name);
  struct stat mine {};
  struct stat there {};
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0 || ::fstat(fd, &mine) != 0 ||
      ::stat(name.c_str(), &there) != 0 || mine.st_ino != there.st_ino) {
    ::close(fd);
    return error(StatusCode::kFailedPrecondition,
                 "a lab runs in {}: waymark-lab ps shows it, waymark-lab down ends it; --dir DIR "
                 "makes a second one",
                 path);
  }
  return fd;
}

// All but the lock, which goes last.
void clear(const std::string& path) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, ignored)) {
    if (entry.path() != lock_of(path)) fs::remove_all(entry.path(), ignored);
  }
}

// The processes of the lab may be dying still, and making files.
void remove(const std::string& path) {
  constexpr int kTries = 200;
  constexpr std::chrono::milliseconds kPause(50);
  for (int i = 0; i < kTries; ++i) {
    clear(path);
    std::error_code ignored;
    // Nobody else has its lock, so it may go when nothing else is left.
    if (std::distance(fs::directory_iterator(path, ignored), {}) <= 1) {
      ::unlink(lock_of(path).c_str());
      if (::rmdir(path.c_str()) == 0) return;
    }
    std::this_thread::sleep_for(kPause);
  }
}

[[noreturn]] void keep_house(const std::string& path, int lock, int life) {
  ::setsid();  // no terminal that ends it
  ::prctl(PR_SET_NAME, "lab-janitor");
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, fd);
  for (int fd = STDERR_FILENO + 1; fd < 256; ++fd) {
    if (fd != lock && fd != life) ::close(fd);
  }
  char byte = 0;
  while (::read(life, &byte, 1) < 0 && errno == EINTR) {
  }
  remove(path);
  ::_exit(EXIT_SUCCESS);
}

}  // namespace

std::string default_run_dir() {
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && runtime[0] == '/') return std::string(runtime) + "/waymark-lab";
  return fmt::format("/tmp/waymark-lab-{}", ::geteuid());
}

bool is_in_use(const std::string& path) {
  const int fd = ::open(lock_of(path).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return false;
  const bool taken = ::flock(fd, LOCK_EX | LOCK_NB) != 0;
  ::close(fd);
  return taken;
}

absl::StatusOr<std::unique_ptr<RunDir>> RunDir::make(const std::string& path) {
  if (!path.starts_with('/') || path.size() > kMaxPath) {
    return error(StatusCode::kInvalidArgument,
                 "--dir {}: an absolute path of at most {} bytes is due", path, kMaxPath);
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return errno_error(errno, path);
  if (absl::Status status = check_owner(path); !status.ok()) return status;
  const absl::StatusOr<int> locked = lock(path);
  if (!locked.ok()) return locked.status();
  clear(path);

  std::array<int, 2> life{};
  if (::pipe2(life.data(), O_CLOEXEC) != 0) return errno_error(errno, "pipe");
  const pid_t janitor = ::fork();
  if (janitor < 0) return errno_error(errno, "fork");
  if (janitor == 0) {
    ::close(life[1]);
    keep_house(path, *locked, life[0]);
  }
  ::close(life[0]);
  ::close(*locked);  // the janitor holds it from here on
  return std::unique_ptr<RunDir>(new RunDir(path, janitor, life[1]));
}

RunDir::~RunDir() {
  ::close(life_);
  while (::waitpid(janitor_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string RunDir::in(std::string_view name) const { return fmt::format("{}/{}", path_, name); }

absl::Status RunDir::write(std::string_view name, std::string_view text) const {
  const std::string path = in(name);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return errno_error(errno, path);
  const ssize_t written = ::write(fd, text.data(), text.size());
  const int reason = written < 0 ? errno : ENOSPC;
  ::close(fd);
  return written == static_cast<ssize_t>(text.size()) ? absl::OkStatus()
                                                      : errno_error(reason, path);
}

absl::Status RunDir::make_folder(std::string_view name) const {
  std::error_code fault;
  fs::create_directories(in(name), fault);  // nobody else may enter the one they are in
  if (!fault) fs::permissions(in(name), fs::perms::owner_all, fault);
  return fault ? errno_error(fault.value(), in(name)) : absl::OkStatus();
}

}  // namespace waymark::lab
