// The duty to finish one frame.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "waymark/mark.h"

namespace waymark {

namespace sdk {
struct Conversation;
}

// Comes with every frame and finishes it once: by send(), fail(), done(), or by its end. A value to
// be moved: keep it, hand it to another thread, answer when the answer is there. It may outlive the
// link and the server; it then finishes nothing and says so.
//
// A frame that is finished is acked (UpstreamOptions::acks), an answer being its ack. One that is
// not when its link is lost goes to another upstream, so finish it after what it asks for is done.
//
// Answers of one client are written in the order in which send() was called. While
// UpstreamOptions::max_open_replies of them are unfinished, their link is not read.
class Reply {
 public:
  Reply() = default;
  Reply(Reply&&) noexcept = default;
  Reply& operator=(Reply&& other) noexcept {
    if (this != &other) {
      done();
      conversation_ = std::move(other.conversation_);
      delivery_ = other.delivery_;
      seq_ = other.seq_;
    }
    return *this;
  }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  ~Reply() { done(); }

  // Answers the frame with `payload`, which is copied. False: the frame was already finished, the
  // link is gone, or the payload is larger than the proxy accepts; nothing was sent then.
  bool send(std::string_view payload);

  // As send(), but statistics count a failure (Send.error). Without a payload nothing is written to
  // the client. In the legacy protocol only send() has words.
  bool fail(std::string_view payload = {});

  // Finishes the frame without an answer.
  void done();

  // Refuses the frame for now: it comes again after `delay` (10 min at most), and with it what its
  // client sent after it, all with a higher `attempt`. After `max_attempts` it is given up.
  void retry(std::chrono::milliseconds delay = {});

  // Refuses the frame for good: the proxy keeps it as a dead letter, and Gap comes in its place.
  void give_up();

  // True until the frame is finished.
  [[nodiscard]] explicit operator bool() const { return conversation_ != nullptr; }

  // For the SDK: the conversation already counts this duty.
  Reply(std::shared_ptr<sdk::Conversation> conversation, std::uint64_t delivery, std::uint64_t seq)
      : conversation_(std::move(conversation)), delivery_(delivery), seq_(seq) {}

 private:
  bool answer(std::string_view payload, bool error);
  void refuse(std::chrono::milliseconds delay, bool for_good);

  std::shared_ptr<sdk::Conversation> conversation_;  // null: finished
  std::uint64_t delivery_ = 0;                       // 0: the proxy wants no ack
  std::uint64_t seq_ = 0;
};

}  // namespace waymark
