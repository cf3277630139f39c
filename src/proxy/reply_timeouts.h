// Frames that get no answer in time, in pools with a `reply_timeout`: each is taken away from its
// upstream, wherever it is by then, and its client gets `timeout_reply` instead.
#pragma once

#include <cstddef>
#include <vector>

#include "proxy/dispatcher.h"
#include "proxy/down_path.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class ReplyTimeouts {
 public:
  ReplyTimeouts(WorkerState& state, Dispatcher& dispatcher, UpPath& up, DownPath& down)
      : state_(state), dispatcher_(dispatcher), up_(up), down_(down) {}

  // About ten times a second.
  void tick();

 private:
  // Answers that come after all are told from others that long; an upstream that leaves more
  // frames than this unanswered is given up.
  static constexpr std::size_t kMostUnanswered = 65'536;

  void look_at(Pool& pool);
  void look_at(Upstream& upstream, std::uint32_t index, std::uint64_t before_ns);
  void take_from(Upstream& upstream, std::uint32_t index, std::uint64_t before_ns);
  void tell_clients(const Pool& pool);

  WorkerState& state_;
  Dispatcher& dispatcher_;
  UpPath& up_;
  DownPath& down_;
  std::vector<Mark> unanswered_;  // whose frames they were, within one look
};

}  // namespace waymark::proxy
