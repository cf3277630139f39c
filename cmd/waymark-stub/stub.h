// The reference upstream: answers every frame the same way.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "delayed_replies.h"
#include "reply_template.h"
#include "waymark/upstream.h"

namespace waymark::stub {

// Safe to be called by several links at once.
class Stub final : public UpstreamHandler {
 public:
  enum class Answer { echo, none, upper, from_template };

  struct Options {
    std::string id;
    Answer answer = Answer::echo;
    ReplyTemplate text;                 // from_template only
    std::chrono::nanoseconds delay{0};  // before each answer
    bool verbose = false;               // a line on stderr for every lifecycle event
  };

  explicit Stub(Options options);

  void opened(const Opened& opened, const Sender& sender) override;
  void frame(const Frame& frame, Reply reply) override;
  HalfCloseAction half_closed(const Mark& mark) override;
  void closed(const Closed& closed) override;
  void undeliverable(const Undeliverable& undeliverable) override;

 private:
  [[nodiscard]] std::string payload_for(const Frame& frame) const;

  const Options options_;
  std::unique_ptr<DelayedReplies> delayed_;  // null: answers at once
};

// Reads --reply: "echo", "none", "upper" or "template:...".
[[nodiscard]] absl::Status read_answer(const std::string& text, Stub::Options& options);

}  // namespace waymark::stub
