// The clients of one worker: owned here, found by mark, walked by place.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "proxy/client.h"

namespace waymark::proxy {

class ClientTable {
 public:
  ClientTable() = default;
  ClientTable(const ClientTable&) = delete;
  ClientTable& operator=(const ClientTable&) = delete;
  // Every client must have been destroyed: the poller calls them until then.
  ~ClientTable() = default;

  // Takes a newcomer in, which nobody finds.
  Client& receive(std::unique_ptr<Client> client) {
    Client& added = *client.release();
    place(added, arriving_);
    return added;
  }
  // The newcomer is one of the clients from here on; marks are unique.
  void admit(Client& client) {
    remove(client, arriving_);
    client.arriving.reset();
    place(client, live_);
    by_mark_.insert(&client);
  }
  Client& add(std::unique_ptr<Client> client) {
    Client& added = receive(std::move(client));
    admit(added);
    return added;
  }

  // The client with this mark that has not ended, or nullptr: a late reply to a client that is
  // gone is a normal thing. Who had the mark before rename() is found too.
  [[nodiscard]] Client* find(const Mark& mark) const {
    const auto at = by_mark_.find(mark);
    if (at != by_mark_.end()) return *at;
    const auto alias = aliases_.find(mark);
    return alias == aliases_.end() ? nullptr : alias->second;
  }

  // `change` gives the client another mark, which nobody has, and notes the one it had among its
  // aliases.
  template <typename Change>
  void rename(Client& client, Change&& change) {
    by_mark_.erase(&client);
    aliases_[client.session.mark()] = &client;
    change();
    by_mark_.insert(&client);
  }

  // The client is not found by this mark any more, which it had before.
  void forget_alias(Client& client, const Mark& mark) {
    aliases_.erase(mark);
    std::erase_if(client.incarnation->aliases,
                  [&mark](const Incarnation::Alias& alias) { return alias.mark == mark; });
  }

  // The client, a newcomer or not, has ended: it is no longer found, but lives until destroy(),
  // because its socket may still be lingering.
  void retire(Client& client) {
    if (client.arriving) {
      remove(client, arriving_);
    } else {
      if (const auto at = by_mark_.find(&client); at != by_mark_.end() && *at == &client) {
        by_mark_.erase(at);
      }
      remove(client, live_);
      if (client.incarnation) {
        for (const auto& alias : client.incarnation->aliases) aliases_.erase(alias.mark);
      }
    }
    client.retired = true;
    place(client, retired_);
  }

  // After released(); the client was retired.
  void destroy(Client& client) {
    remove(client, retired_);
    delete &client;
  }

  // By place; admit(), retire() and destroy() move the last one into the gap.
  [[nodiscard]] const std::vector<Client*>& arriving() const { return arriving_; }
  [[nodiscard]] const std::vector<Client*>& live() const { return live_; }
  [[nodiscard]] const std::vector<Client*>& retired() const { return retired_; }
  [[nodiscard]] bool empty() const {
    return arriving_.empty() && live_.empty() && retired_.empty();
  }

 private:
  static void place(Client& client, std::vector<Client*>& list) {
    client.place = static_cast<std::uint32_t>(list.size());
    list.push_back(&client);
  }
  static void remove(const Client& client, std::vector<Client*>& list) {
    list.back()->place = client.place;
    list[client.place] = list.back();
    list.pop_back();
  }

  // The key of a client is the mark it holds, so that the table keeps a pointer a client and no
  // copy of the mark.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Mark& mark) const { return absl::Hash<Mark>()(mark); }
    std::size_t operator()(const Client* client) const { return (*this)(client->session.mark()); }
  };
  struct Equal {
    using is_transparent = void;
    static const Mark& mark_of(const Mark& mark) { return mark; }
    static const Mark& mark_of(const Client* client) { return client->session.mark(); }
    bool operator()(const auto& a, const auto& b) const { return mark_of(a) == mark_of(b); }
  };

  std::vector<Client*> arriving_;  // Client::arriving says at what
  std::vector<Client*> live_;
  std::vector<Client*> retired_;
  absl::flat_hash_set<Client*, Hash, Equal> by_mark_;
  absl::flat_hash_map<Mark, Client*> aliases_;
};

}  // namespace waymark::proxy
