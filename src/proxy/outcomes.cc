#include "proxy/outcomes.h"

#include <algorithm>
#include <utility>

#include "wire/lifecycle.h"

namespace waymark::proxy {
namespace {

// However small the window is, and whatever else an upstream has not acked yet.
constexpr std::size_t kLeastEvents = 65'536;
constexpr std::size_t kLeastBytes = 16 * 1024 * 1024;

}  // namespace

bool takes_answers(const link::Link& link) {
  const session::Window& window = link.window();
  return link.ready() && window.events() < std::max(2 * window.max_events(), kLeastEvents) &&
         window.bytes() < std::max(2 * window.max_bytes(), kLeastBytes);
}

void Outcomes::tell(std::size_t worker, const SendOutcome& outcome) {
  if (worker == state_.index) return tell(outcome);
  state_.shared.post(worker, outcome);
}

void Outcomes::tell(const SendOutcome& outcome) {
  const Upstream& upstream = state_.fleet->upstreams()[outcome.upstream];
  if (!upstream.has_stream(outcome.stream)) return;  // gone meanwhile
  link::Link& link = *upstream.link;
  if (!takes_answers(link)) return;
  if (outcome.reason == wire::Refusal::unspecified) {
    link.append({.mark = outcome.mark}, wire::EventKind::receipt,
                wire::encode(wire::Receipt{.receipt = outcome.receipt}));
    return;
  }
  link.append({.mark = outcome.mark}, wire::EventKind::undeliverable,
              wire::encode(wire::Undeliverable{.reason = outcome.reason,
                                               .reply_to = outcome.reply_to,
                                               .receipt = outcome.receipt,
                                               .target = outcome.target}));
}

bool Outcomes::takes_more(const Mark& client) const {
  const auto at = wanted_.find(client);
  return at == wanted_.end() || at->second.size() < kMostOpen;
}

void Outcomes::want_receipt(const Mark& client, std::size_t worker, const SendOutcome& outcome) {
  wanted_[client].push_back({worker, outcome});
}

void Outcomes::rename(const Mark& old, const Mark& mark) {
  auto open = wanted_.extract(old);
  if (open.empty()) return;
  open.key() = mark;
  wanted_.insert(std::move(open));
}

void Outcomes::settle(const Mark& client, wire::Refusal reason) {
  if (wanted_.empty()) return;
  const auto at = wanted_.find(client);
  if (at == wanted_.end()) return;
  std::vector<Wanted> wanted = std::move(at->second);
  wanted_.erase(at);
  for (Wanted& each : wanted) {
    each.outcome.reason = reason;
    tell(each.worker, each.outcome);
  }
}

}  // namespace waymark::proxy
