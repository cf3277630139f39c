// Which links are open, and which of them each mark was opened on.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sdk/outbox.h"
#include "waymark/mark.h"

namespace waymark::sdk {

// Safe on any thread. Shared by the server and its Senders, which may outlive it and then find
// nothing.
class Directory {
 public:
  // Links of the same `proxy` reach the same clients.
  void add(std::shared_ptr<Outbox> outbox, std::string proxy);
  void remove(const Outbox& outbox);

  // `mark` was opened on this link, or closed.
  void claim(const Mark& mark, std::shared_ptr<Outbox> outbox);
  // False: another link has claimed the mark since.
  [[nodiscard]] bool release(const Mark& mark, const Outbox& outbox);

  // The link `mark` was opened on, else any link, else null.
  [[nodiscard]] std::shared_ptr<Outbox> route_to(const Mark& mark) const;
  [[nodiscard]] std::vector<std::shared_ptr<Outbox>> one_per_proxy() const;
  [[nodiscard]] std::vector<std::shared_ptr<Outbox>> all() const;

 private:
  struct Link {
    std::shared_ptr<Outbox> outbox;
    std::string proxy;
  };

  mutable std::mutex mutex_;
  std::vector<Link> links_;
  absl::flat_hash_map<Mark, std::shared_ptr<Outbox>> owners_;
};

}  // namespace waymark::sdk
