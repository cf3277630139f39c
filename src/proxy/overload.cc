#include "proxy/overload.h"

#include <algorithm>
#include <utility>

namespace waymark::proxy {
namespace {

constexpr std::size_t kEnough = 90;  // percent

// What waits for the client or of it; what upstreams stored with it is not its own doing.
std::size_t waiting_bytes(const Client& client) {
  return client.charged - std::min(client.charged, client.attribute_bytes);
}

}  // namespace

void Overload::relieve() {
  const MemoryBudget& budget = state_.shared.budget;
  if (nobody_left_ || budget.level() != MemoryBudget::Level::close_largest) return;
  // Copied, because closing a client changes the table.
  by_size_.assign(state_.clients.live().begin(), state_.clients.live().end());
  std::sort(by_size_.begin(), by_size_.end(),
            [](const Client* a, const Client* b) { return waiting_bytes(*a) > waiting_bytes(*b); });
  for (Client* client : by_size_) {
    if (!budget.reaches(kEnough)) return;
    if (waiting_bytes(*client) == 0) break;
    state_.shared.budget.remove(std::exchange(client->charged, 0));
    closer_.close(*client, CloseReason::overload);
  }
  nobody_left_ = budget.level() == MemoryBudget::Level::close_largest;
}

void Overload::tick() {
  nobody_left_ = false;
  relieve();
}

}  // namespace waymark::proxy
