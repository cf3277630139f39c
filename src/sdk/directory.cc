#include "sdk/directory.h"

#include <set>
#include <string_view>
#include <utility>

namespace waymark::sdk {

void Directory::add(std::shared_ptr<Outbox> outbox, std::string proxy) {
  std::lock_guard lock(mutex_);
  links_.push_back({std::move(outbox), std::move(proxy)});
}

void Directory::remove(const Outbox& outbox) {
  std::lock_guard lock(mutex_);
  std::erase_if(links_, [&](const Link& link) { return link.outbox.get() == &outbox; });
}

void Directory::claim(const Mark& mark, std::shared_ptr<Outbox> outbox) {
  std::lock_guard lock(mutex_);
  owners_.insert_or_assign(mark, std::move(outbox));
}

bool Directory::release(const Mark& mark, const Outbox& outbox) {
  std::lock_guard lock(mutex_);
  const auto owner = owners_.find(mark);
  if (owner == owners_.end() || owner->second.get() != &outbox) return false;
  owners_.erase(owner);
  return true;
}

std::shared_ptr<Outbox> Directory::route_to(const Mark& mark) const {
  std::lock_guard lock(mutex_);
  const auto owner = owners_.find(mark);
  if (owner != owners_.end()) return owner->second;
  return links_.empty() ? nullptr : links_.front().outbox;
}

std::vector<std::shared_ptr<Outbox>> Directory::one_per_proxy() const {
  std::lock_guard lock(mutex_);
  std::set<std::string_view> proxies;
  std::vector<std::shared_ptr<Outbox>> outboxes;
  for (const Link& link : links_) {
    if (proxies.insert(link.proxy).second) outboxes.push_back(link.outbox);
  }
  return outboxes;
}

std::vector<std::shared_ptr<Outbox>> Directory::all() const {
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Outbox>> outboxes;
  for (const Link& link : links_) outboxes.push_back(link.outbox);
  return outboxes;
}

}  // namespace waymark::sdk
