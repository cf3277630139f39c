// The taps of one worker's clients. `Client::tapped` says whether a client has any, so that the
// others cost the data path one look at that flag. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "proxy/client_table.h"
#include "proxy/tap.h"

namespace waymark::proxy {

class Taps {
 public:
  void add(Client& client, std::shared_ptr<Tap> tap);

  // The client is tapped: shows its frame to all who look.
  void show(const Client& client, TapFrame::Direction direction, std::uint64_t seq,
            std::uint64_t at, const wire::Bytes& payload) const;

  // A client that is tapped has another mark now.
  void rename(const Mark& old, const Mark& mark);

  // The client is tapped, and ends.
  void end(Client& client, CloseReason reason);

  // About ten times a second, in milliseconds of a steady clock: forgets the taps that were closed.
  void tick(const ClientTable& clients, std::uint64_t now_ms);

  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  // Few at a time, so a list will do.
  struct Entry {
    Mark mark;
    std::shared_ptr<Tap> tap;  // shared with its reader, on another thread
  };
  std::vector<Entry> entries_;
};

}  // namespace waymark::proxy
