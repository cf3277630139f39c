#include "lab/child.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/status.h"

namespace waymark::lab {
namespace {

constexpr int kNotStarted = 127;

// Between fork and exec, where other threads may hold any lock: system calls alone.
[[noreturn]] void become(const std::vector<char*>& arguments, pid_t parent, int output, int fault) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kNotStarted);  // it has ended before it could matter
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);  // a library may have forgotten it
  ::execv(arguments[0], arguments.data());
  const int reason = errno;
  (void)!::write(fault, &reason, sizeof(reason));
  ::_exit(kNotStarted);
}

}  // namespace

absl::StatusOr<Child> start_child(const std::vector<std::string>& command) {
  std::array<int, 2> output{};
  std::array<int, 2> fault{};
  if (::pipe2(output.data(), O_CLOEXEC) != 0) return errno_error(errno, "pipe");
  if (::pipe2(fault.data(), O_CLOEXEC) != 0) {
    const int reason = errno;
    ::close(output[0]);
    ::close(output[1]);
    return errno_error(reason, "pipe");
  }
  std::vector<char*> arguments;
  for (const std::string& each : command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);

  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  const int fork_reason = errno;
  if (pid == 0) become(arguments, parent, output[1], fault[1]);
  ::close(output[1]);
  ::close(fault[1]);
  int reason = fork_reason;
  bool failed = pid < 0;
  if (!failed) {
    ::setpgid(pid, pid);  // whoever is first
    failed = ::read(fault[0], &reason, sizeof(reason)) == sizeof(reason);
    if (failed) ::waitpid(pid, nullptr, 0);
  }
  ::close(fault[0]);
  if (failed) {
    ::close(output[0]);
    return errno_error(reason, command[0]);
  }
  ::fcntl(output[0], F_SETFL, O_NONBLOCK);
  return Child{pid, output[0]};
}

std::string describe_end(int status) {
  if (WIFEXITED(status)) return fmt::format("exit code {}", WEXITSTATUS(status));
  const char* const name = ::sigabbrev_np(WTERMSIG(status));
  return name == nullptr ? fmt::format("killed by signal {}", WTERMSIG(status))
                         : fmt::format("killed by SIG{}", name);
}

}  // namespace waymark::lab
