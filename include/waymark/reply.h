// The duty to finish one frame.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "waymark/mark.h"

namespace waymark {

namespace sdk {
struct Conversation;
}

// Comes with every frame and finishes it once: by send(), by done(), or by its end. A value to be
// moved: keep it, hand it to another thread, answer when the answer is there. It may outlive the
// link and the server; it then finishes nothing and says so.
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
      reply_to_ = other.reply_to_;
    }
    return *this;
  }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  ~Reply() { done(); }

  // Answers the frame with `payload`, which is copied. False: the frame was already finished, the
  // link is gone, or the payload is larger than the proxy accepts; nothing was sent then.
  bool send(std::string_view payload);

  // Finishes the frame without an answer.
  void done();

  // True until the frame is finished.
  [[nodiscard]] explicit operator bool() const { return conversation_ != nullptr; }

  // For the SDK: the conversation already counts this duty.
  Reply(std::shared_ptr<sdk::Conversation> conversation, std::uint64_t reply_to)
      : conversation_(std::move(conversation)), reply_to_(reply_to) {}

 private:
  std::shared_ptr<sdk::Conversation> conversation_;  // null: finished
  std::uint64_t reply_to_ = 0;
};

}  // namespace waymark
