#include "session/session.h"

namespace waymark::session {

// The order is that of severity: what harms others first.
std::optional<CloseReason> Session::overdue(const Deadlines& deadlines, bool reading,
                                            Ms now) const {
  if (high_since_ != 0 && now - high_since_ >= deadlines.down_soft_timeout) {
    return CloseReason::slow_consumer;
  }
  if (reading && frame_started_ != 0 && now - frame_started_ >= deadlines.frame_timeout) {
    return CloseReason::frame_timeout;
  }
  if (!attached() && now - held_since_ >= deadlines.no_upstream_timeout) {
    return CloseReason::no_upstream;
  }
  if (attached() && up_ended_ && now - last_output_ >= deadlines.half_close_timeout) {
    return CloseReason::half_close_timeout;
  }
  if (now - last_activity_ >= deadlines.idle_timeout) return CloseReason::idle_timeout;
  return std::nullopt;
}

}  // namespace waymark::session
