// One client, as one link knows it.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "waymark/mark.h"

namespace waymark::sdk {

class Outbox;

// Shared by the link and by the Replies of this client, which may outlive it.
struct Conversation {
  Conversation(const Mark& client, std::shared_ptr<Outbox> way_back)
      : mark(client), outbox(std::move(way_back)) {}

  const Mark mark;
  const std::shared_ptr<Outbox> outbox;

  // Under the lock of the outbox.
  std::uint32_t open_replies = 0;
  bool end_when_done = false;  // half-close back as soon as no reply is open
};

}  // namespace waymark::sdk
