// One client, as one link knows it.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "waymark/mark.h"

namespace waymark::sdk {

class Outbox;

// Of the direction to a client, under the lock of its outbox.
struct WayBack {
  std::uint32_t open_replies = 0;
  bool end_when_done = false;  // half-close back as soon as no reply is open
  bool refused = false;        // a frame was, and has not come again: HalfClosed will, behind it
};

// Shared by the link and by the Replies of this client, which may outlive it. A client that gets
// another mark gets another conversation, and keeps its way back.
struct Conversation {
  Conversation(const Mark& client, std::shared_ptr<Outbox> links_outbox,
               std::uint32_t opened_epoch = 0, std::uint64_t opened_incarnation = 0)
      : mark(client),
        outbox(std::move(links_outbox)),
        epoch(opened_epoch),
        incarnation(opened_incarnation),
        back(std::make_shared<WayBack>()) {}
  Conversation(const Mark& client, const Conversation& before, std::uint64_t marked_incarnation)
      : mark(client),
        outbox(before.outbox),
        epoch(before.epoch),
        incarnation(marked_incarnation),
        back(before.back) {}

  const Mark mark;
  const std::shared_ptr<Outbox> outbox;
  const std::uint32_t epoch;  // 0: not opened on this link
  const std::uint64_t incarnation;
  const std::shared_ptr<WayBack> back;
};

}  // namespace waymark::sdk
