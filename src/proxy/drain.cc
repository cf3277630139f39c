#include "proxy/drain.h"

#include <algorithm>
#include <vector>

namespace waymark::proxy {
namespace {

// Of the whole time, what is kept for FINs and for ending the links.
constexpr std::uint64_t kLongestEnding = 4'000;

}  // namespace

void Drain::begin(const DrainRequest& request) {
  if (phase_ != Phase::serving) return;
  const std::uint64_t now = state_.loop.now_ms();
  const auto within = static_cast<std::uint64_t>(request.within.count());
  quiet_ms_ = static_cast<std::uint64_t>(request.quiet.count());
  deadline_ms_ = now + within;
  deliver_until_ms_ = deadline_ms_ - std::min(kLongestEnding, within / 2);
  if (request.spread.count() == 0) return begin_delivering();
  phase_ = Phase::spreading;
  leaver_.schedule_all(
      CloseReason::draining,
      std::min(static_cast<std::uint64_t>(request.spread.count()), deliver_until_ms_ - now));
}

void Drain::begin_delivering() {
  phase_ = Phase::delivering;
  state_.draining = true;
  state_.last_command_ms = state_.loop.now_ms();
  for (Client* client : state_.clients.live()) client->want_readable(false);
}

bool Drain::tick() {
  const std::uint64_t now = state_.loop.now_ms();
  switch (phase_) {
    case Phase::serving:
      return false;
    case Phase::spreading:
      if (state_.clients.live().empty() || now >= deliver_until_ms_) begin_delivering();
      return false;
    case Phase::delivering: {
      // Who acks has answered what he is to answer; of others silence is all that tells.
      const bool answered = state_.fleet->quiet() && state_.frames_held_back() == 0 &&
                            dispatcher_.frames() == 0 &&
                            (state_.fleet->all_ack() || now - state_.last_command_ms >= quiet_ms_);
      const bool awaited = !state_.clients.live().empty() || state_.fleet->unacked() ||
                           state_.frames_held_back() + dispatcher_.frames() > 0;
      if (!answered && awaited && now < deliver_until_ms_) return false;
      end_clients();
      phase_ = Phase::ending_clients;
      return false;
    }
    case Phase::ending_clients:
      if (!state_.clients.empty() && now < deadline_ms_ - kLongestEnding / 4) return false;
      for (Client* client : std::vector<Client*>(state_.clients.retired())) client->close_now();
      state_.fleet->stop(now);
      phase_ = Phase::ending_links;
      return false;
    case Phase::ending_links:
      return state_.fleet->stopped() && state_.clients.empty();
  }
  return false;
}

void Drain::end_clients() {
  for (Client* client : std::vector<Client*>(state_.clients.live())) {
    closer_.close(*client, CloseReason::draining);
  }
}

}  // namespace waymark::proxy
