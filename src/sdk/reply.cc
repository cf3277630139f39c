#include "waymark/reply.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sdk/conversation.h"
#include "sdk/outbox.h"
#include "wire/lifecycle.h"

namespace waymark {

bool Reply::send(std::string_view payload) { return answer(payload, /*error=*/false); }

bool Reply::fail(std::string_view payload) { return answer(payload, /*error=*/true); }

bool Reply::answer(std::string_view payload, bool error) {
  const std::shared_ptr<sdk::Conversation> conversation = std::move(conversation_);
  if (!conversation) return false;
  const wire::Command answer{.target = wire::TargetKind::mark,
                             .mark = conversation->mark,
                             .action = wire::ActionKind::send,
                             .payload = wire::Bytes(payload),
                             .reply_to = delivery_ != 0 ? delivery_ : seq_,
                             .error = error};
  return conversation->outbox->finish_reply(*conversation, delivery_, &answer);
}

void Reply::done() {
  const std::shared_ptr<sdk::Conversation> conversation = std::move(conversation_);
  if (conversation) conversation->outbox->finish_reply(*conversation, delivery_, nullptr);
}

void Reply::retry(std::chrono::milliseconds delay) { refuse(delay, /*for_good=*/false); }

void Reply::give_up() { refuse({}, /*for_good=*/true); }

// A proxy that wants no acks has no word for it: the frame is finished without an answer.
void Reply::refuse(std::chrono::milliseconds delay, bool for_good) {
  if (delivery_ == 0) return done();
  const std::shared_ptr<sdk::Conversation> conversation = std::move(conversation_);
  if (!conversation) return;
  const std::string nack = wire::encode(
      wire::Nack{.delivery = delivery_,
                 .delay_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, delay.count())),
                 .give_up = for_good});
  const wire::Command command{.action = wire::ActionKind::nack, .body = wire::Bytes(nack)};
  if (for_good) {
    conversation->outbox->finish_reply(*conversation, delivery_, &command);
  } else {
    conversation->outbox->refuse_reply(*conversation, delivery_, command);
  }
}

}  // namespace waymark
