#include "app/process.h"

#include <malloc.h>
#include <sys/resource.h>

#include <utility>

namespace waymark::app {

void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  // Messages of hundreds of KiB come and go all the time: without this glibc maps and unmaps each,
  // and faults every page in again.
  (void)mallopt(M_MMAP_THRESHOLD, 32 * 1024 * 1024);
  (void)mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
  }
}

HeldSignals::HeldSignals() {
  sigset_t held;
  sigemptyset(&held);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&held, number);
  pthread_sigmask(SIG_BLOCK, &held, &before_);
}

void HeldSignals::release() {
  if (std::exchange(held_, false)) pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace waymark::app
