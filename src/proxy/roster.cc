#include "proxy/roster.h"

#include <algorithm>
#include <utility>

namespace waymark::proxy {

wire::UpstreamState Roster::Entry::state() const {
  if (links.empty()) return wire::UpstreamState::lost;
  const bool leaving =
      std::all_of(links.begin(), links.end(), [](const auto& link) { return link.second; });
  return leaving ? wire::UpstreamState::leaving : wire::UpstreamState::ready;
}

void Roster::link_ready(const Link& link, const Who& who, bool leaving) {
  std::lock_guard lock(mutex_);
  Entry& entry = entries_[link.upstream];
  if (!entry.links.empty() && entry.who.name != who.name) {
    // It has begun anew, and another worker has not noticed yet.
    tell_all(link.upstream, {.who = entry.who, .links = {}});
    entry.links.clear();
  }
  const auto before = entry.state();
  entry.who = who;
  entry.links[link.worker] = leaving;
  if (entry.links.size() == 1) {
    entry.home = link.worker;
    tell_everything(link.upstream, entry);
  }
  if (entry.state() != before) tell_all(link.upstream, entry);
}

void Roster::link_leaving(const Link& link, bool leaving) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(link.upstream);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const auto at = entry.links.find(link.worker);
  if (at == entry.links.end() || at->second == leaving) return;
  const auto before = entry.state();
  at->second = leaving;
  if (entry.state() != before) tell_all(link.upstream, entry);
}

void Roster::link_ended(const Link& link) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(link.upstream);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const auto at = entry.links.find(link.worker);
  if (at == entry.links.end()) return;
  const auto before = entry.state();
  entry.links.erase(at);
  if (!entry.links.empty() && entry.home == link.worker) {
    entry.home = entry.links.begin()->first;
    tell_everything(link.upstream, entry);
  }
  if (entry.state() != before) tell_all(link.upstream, entry);
}

void Roster::forget(const Link& link) {
  link_ended(link);
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(link.upstream);
  if (found != entries_.end() && found->second.links.empty()) entries_.erase(found);
}

void Roster::tell_all(std::uint32_t upstream, const Entry& entry) const {
  for (const auto& [index, other] : entries_) {
    if (index != upstream) tell(index, other, entry);
  }
}

void Roster::tell_everything(std::uint32_t upstream, const Entry& reader) const {
  for (const auto& [index, other] : entries_) {
    if (index != upstream) tell(upstream, reader, other);
  }
}

void Roster::tell(std::uint32_t upstream, const Entry& reader, const Entry& about) const {
  if (!reader.who.wants_notices || reader.links.empty()) return;
  if (reader.who.pool != about.who.pool) return;
  post_(reader.home, {upstream, reader.who.pool, {about.who.name, about.state()}});
}

}  // namespace waymark::proxy
