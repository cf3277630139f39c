// What serve() asks of the process it is.
#pragma once

#include <csignal>

namespace waymark::app {

// No SIGPIPE, the hard limit of descriptors, and an allocator that keeps large blocks.
void prepare_process();

// Holds SIGTERM, SIGINT and SIGHUP back until released, so that one that comes while a program
// starts is answered by the handlers it is about to install. Threads made meanwhile inherit the
// mask and never take these signals.
class HeldSignals {
 public:
  HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals() { release(); }

  // On the thread that made it. Signals that came meanwhile are taken here.
  void release();

 private:
  sigset_t before_;
  bool held_ = true;
};

}  // namespace waymark::app
