#include "proxy/taps.h"

#include <algorithm>
#include <utility>

namespace waymark::proxy {

void Taps::add(Client& client, std::shared_ptr<Tap> tap) {
  entries_.push_back({client.session.mark(), std::move(tap)});
  client.tapped = true;
}

void Taps::show(const Client& client, TapFrame::Direction direction, std::uint64_t seq,
                std::uint64_t at, const wire::Bytes& payload) const {
  for (const Entry& entry : entries_) {
    if (entry.mark != client.session.mark()) continue;
    entry.tap->add({.direction = direction, .seq = seq, .at = at}, payload);
  }
}

void Taps::rename(const Mark& old, const Mark& mark) {
  for (Entry& entry : entries_) {
    if (entry.mark == old) entry.mark = mark;
  }
}

void Taps::end(Client& client, CloseReason reason) {
  client.tapped = false;
  std::erase_if(entries_, [&](const Entry& entry) {
    if (entry.mark != client.session.mark()) return false;
    entry.tap->end(reason);
    return true;
  });
}

void Taps::tick(const ClientTable& clients, std::uint64_t now_ms) {
  std::vector<Mark> untapped;
  std::erase_if(entries_, [&](const Entry& entry) {
    const bool closed = entry.tap->closed();
    if (closed) untapped.push_back(entry.mark);
    return closed;
  });
  for (const Entry& entry : entries_) entry.tap->tick(now_ms);
  for (const Mark& mark : untapped) {
    Client* client = clients.find(mark);
    const bool left = std::any_of(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.mark == mark; });
    if (client != nullptr) client->tapped = left;
  }
}

}  // namespace waymark::proxy
