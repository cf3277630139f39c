#include "waymark/reply.h"

#include <utility>

#include "sdk/conversation.h"
#include "sdk/outbox.h"

namespace waymark {

bool Reply::send(std::string_view payload) {
  const std::shared_ptr<sdk::Conversation> conversation = std::move(conversation_);
  if (!conversation) return false;
  const wire::Command answer{.target = wire::TargetKind::mark,
                             .mark = conversation->mark,
                             .action = wire::ActionKind::send,
                             .payload = wire::Bytes(payload),
                             .reply_to = reply_to_};
  return conversation->outbox->finish_reply(*conversation, &answer);
}

void Reply::done() {
  const std::shared_ptr<sdk::Conversation> conversation = std::move(conversation_);
  if (conversation) conversation->outbox->finish_reply(*conversation, nullptr);
}

}  // namespace waymark
