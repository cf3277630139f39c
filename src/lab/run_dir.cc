#include "lab/run_dir.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
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

constexpr std::size_t kMaxPath = 80;  // a control socket in it has to fit into sockaddr_un
constexpr mode_t kOthers = 0077;      // are kept out
constexpr int kTries = 200;
constexpr std::chrono::milliseconds kPause(50);

// The lock of the directory, which is made if it is not there.
absl::StatusOr<LabLock> take_place(const std::string& path) {
  for (int i = 0; i < kTries; ++i) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return errno_error(errno, path);
    const auto folder = OwnFolder::open(path, kOthers);
    if (absl::IsNotFound(folder.status())) continue;  // a janitor has moved it aside, as below
    if (!folder.ok()) {
      return error(folder.status().code(), "{}; --dir names another one",
                   message_of(folder.status()));
    }
    std::error_code ignored;
    if (!fs::is_empty(path, ignored) && !fs::exists(path + "/" + LabLock::kName, ignored)) {
      return error(StatusCode::kFailedPrecondition,
                   "{} is not empty, and not of a lab; --dir names another one", path);
    }
    auto lock = LabLock::take(*folder);
    if (absl::IsNotFound(lock.status())) continue;
    if (absl::IsAlreadyExists(lock.status())) {
      return error(StatusCode::kFailedPrecondition,
                   "a lab runs in {}: waymark-lab ps shows it, waymark-lab down ends it; --dir DIR "
                   "makes a second one",
                   path);
    }
    if (!lock.ok() || lock->is_of(path)) return lock;
  }
  return error(StatusCode::kUnavailable, "{} is made and removed all the time", path);
}

// Removes what is in the directory while it is the one of the lock, which stays. True: that is all.
bool clear(const std::string& path, const LabLock& lock) {
  std::error_code fault;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, fault)) {
    if (!lock.is_of(path)) return true;
    if (entry.path().filename() != LabLock::kName) fs::remove_all(entry.path(), fault);
  }
  return std::distance(fs::directory_iterator(path, fault), {}) <= 1;
}

// Gives the directory a name that nobody else has, if it is the one of the lock. Empty: it is not,
// or cannot be moved.
std::string move_aside(const std::string& path, const LabLock& lock) {
  std::string aside = path + ".XXXXXX";
  if (::mkdtemp(aside.data()) == nullptr) return "";
  if (lock.is_of(path) && ::rename(path.c_str(), aside.c_str()) == 0) {
    if (lock.is_of(aside)) return aside;
    // Another lab has it since it was looked at.
    ::renameat2(AT_FDCWD, aside.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE);
  } else {
    ::rmdir(aside.c_str());
  }
  return "";
}

// Removes the directory of the lock. The processes of the lab may be dying still, and making files.
void remove(const std::string& path, const LabLock& lock) {
  const std::string aside = move_aside(path, lock);
  for (int i = 0; i < kTries; ++i) {
    std::error_code fault;
    if (aside.empty()) {
      // The directory itself is not ours to remove; the next lab there will find it empty.
      if (!lock.is_of(path) || clear(path, lock)) return;
    } else if (fs::remove_all(aside, fault); !fault) {
      return;
    }
    std::this_thread::sleep_for(kPause);
  }
}

[[noreturn]] void keep_house(const std::string& path, const LabLock& lock, int life) {
  ::setsid();  // no terminal that ends it
  ::prctl(PR_SET_NAME, "lab-janitor");
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nothing, fd);
  const auto [first, second] = std::minmax({lock.fd(), life});
  ::close_range(STDERR_FILENO + 1, first - 1, 0);
  ::close_range(first + 1, second - 1, 0);
  ::close_range(second + 1, ~0U, 0);
  char byte = 0;
  while (::read(life, &byte, 1) < 0 && errno == EINTR) {
  }
  remove(path, lock);
  ::_exit(EXIT_SUCCESS);
}

}  // namespace

std::string default_run_dir() {
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && runtime[0] == '/') return std::string(runtime) + "/waymark-lab";
  return fmt::format("/tmp/waymark-lab-{}", ::geteuid());
}

bool is_in_use(const std::string& path) {
  const auto folder = OwnFolder::open(path, kOthers);
  if (!folder.ok()) return false;
  const auto lock = LabLock::look(*folder);
  return lock.ok() && lock->is_taken();
}

absl::StatusOr<std::unique_ptr<RunDir>> RunDir::make(const std::string& path) {
  if (!path.starts_with('/') || path.size() > kMaxPath) {
    return error(StatusCode::kInvalidArgument,
                 "--dir {}: an absolute path of at most {} bytes is due", path, kMaxPath);
  }
  auto lock = take_place(path);
  if (!lock.ok()) return lock.status();
  clear(path, *lock);

  std::array<int, 2> life{};
  if (::pipe2(life.data(), O_CLOEXEC) != 0) return errno_error(errno, "pipe");
  const pid_t janitor = ::fork();
  if (janitor < 0) return errno_error(errno, "fork");
  if (janitor == 0) {
    ::close(life[1]);
    keep_house(path, *lock, life[0]);
  }
  ::close(life[0]);
  return std::unique_ptr<RunDir>(new RunDir(path, *std::move(lock), janitor, life[1]));
}

RunDir::~RunDir() {
  ::close(life_);
  int status = 0;
  while (::waitpid(janitor_, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status)) remove(path_, lock_);  // somebody has killed it
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
