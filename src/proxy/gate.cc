#include "proxy/gate.h"

#include <utility>

namespace waymark::proxy {

void Gate::set_rules(const Layout& layout) {
  std::lock_guard lock(mutex_);
  slots_.resize(layout.listeners.size());
  for (const ListenerContext& listener : layout.listeners) {
    slots_[listener.index].admission.set_rules(listener.settings->admission);
  }
}

Gate::Answer Gate::admit(std::size_t listener, const net::Address& source, std::uint64_t now) {
  std::lock_guard lock(mutex_);
  Slot& slot = slots_[listener];
  Answer answer{.verdict = slot.admission.admit(source, now)};
  switch (answer.verdict) {
    case Admission::Verdict::uncounted:
    case Admission::Verdict::counted:
      return answer;
    case Admission::Verdict::per_source:
      ++slot.refused_per_source;
      break;
    case Admission::Verdict::per_prefix:
      ++slot.refused_per_prefix;
      break;
    case Admission::Verdict::too_fast:
      ++slot.refused_too_fast;
      break;
  }
  ++slot.untold;
  if (now < slot.next_line) return answer;
  slot.next_line = now + kBetweenLines;
  answer.to_tell = std::exchange(slot.untold, 0);
  return answer;
}

void Gate::leave(std::size_t listener, const net::Address& source) {
  std::lock_guard lock(mutex_);
  slots_[listener].admission.leave(source);
}

GateCounts Gate::counts(std::size_t listener) const {
  std::lock_guard lock(mutex_);
  if (listener >= slots_.size()) return {};
  const Slot& slot = slots_[listener];
  return {.connections = slot.admission.connections(),
          .sources = slot.admission.sources(),
          .refused_per_source = slot.refused_per_source,
          .refused_per_prefix = slot.refused_per_prefix,
          .refused_too_fast = slot.refused_too_fast};
}

}  // namespace waymark::proxy
