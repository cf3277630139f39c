#include "ctl/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

namespace waymark::ctl {

Signals::Signals(std::initializer_list<int> numbers) {
  sigemptyset(&numbers_);
  for (const int number : numbers) sigaddset(&numbers_, number);
  sigprocmask(SIG_BLOCK, &numbers_, nullptr);
  fd_ = ::signalfd(-1, &numbers_, SFD_CLOEXEC | SFD_NONBLOCK);
}

Signals::~Signals() {
  // What came and was not asked for has been answered by ending.
  while (take() != 0) {
  }
  ::close(fd_);
  sigprocmask(SIG_UNBLOCK, &numbers_, nullptr);
}

int Signals::take() {
  signalfd_siginfo info;
  if (::read(fd_, &info, sizeof(info)) != sizeof(info)) return 0;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace waymark::ctl
