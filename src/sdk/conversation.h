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
  Conversation(const Mark& client, std::shared_ptr<Outbox> way_back, std::uint32_t opened_epoch = 0)
      : mark(client), outbox(std::move(way_back)), epoch(opened_epoch) {}

  const Mark mark;
  const std::shared_ptr<Outbox> outbox;
  const std::uint32_t epoch;  // 0: not opened on this link

  // Under the lock of the outbox.
  std::uint32_t open_replies = 0;
  bool end_when_done = false;  // half-close back as soon as no reply is open
  bool refused = false;        // a frame was, and has not come again: HalfClosed will, behind it
};

}  // namespace waymark::sdk
