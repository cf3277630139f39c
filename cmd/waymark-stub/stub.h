// The reference upstream: answers every frame the same way, unless it is told to fail.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "delayed_replies.h"
#include "journal.h"
#include "reply_template.h"
#include "trouble.h"
#include "waymark/upstream.h"

namespace waymark::stub {

// Safe to be called by several links at once.
class Stub final : public UpstreamHandler {
 public:
  enum class Answer { echo, none, upper, from_template };
  enum class Ack {
    automatic,  // a frame is acked by its answer, or by getting none
    late,       // the answer is sent at once and on its own, the ack waits for `delay`
    never,      // the answer likewise; the frame stays unfinished
  };

  struct Options {
    std::string id;
    Answer answer = Answer::echo;
    ReplyTemplate text;  // from_template only
    Ack ack = Ack::automatic;
    std::chrono::nanoseconds delay{0};   // before each answer, or ack if that is late
    std::chrono::nanoseconds jitter{0};  // on top of it, at random up to this
    Trouble::Options trouble;
    bool verbose = false;  // a line on stderr for every lifecycle event
  };

  // `journal` may be null.
  Stub(Options options, std::unique_ptr<Journal> journal);

  void opened(const Opened& opened, const Sender& sender) override;
  void frame(const Frame& frame, Reply reply) override;
  HalfCloseAction half_closed(const Mark& mark) override;
  void closed(const Closed& closed) override;
  void gap(const Gap& gap) override;
  void undeliverable(const Undeliverable& undeliverable) override;

 private:
  void answer(const Frame& frame, Reply reply);
  // An answer that acks nothing.
  void answer_apart(const Frame& frame, Reply reply);
  [[nodiscard]] std::string payload_for(const Frame& frame) const;

  const Options options_;
  const std::unique_ptr<Journal> journal_;  // null: none is kept
  Trouble trouble_;
  std::mutex mutex_;
  std::optional<Sender> sender_;             // of the first connection; it reaches them all
  std::deque<Reply> unfinished_;             // Ack::never
  std::unique_ptr<DelayedReplies> delayed_;  // null: answers at once
};

// Reads --reply: "echo", "none", "upper" or "template:...".
[[nodiscard]] absl::Status read_answer(const std::string& text, Stub::Options& options);

}  // namespace waymark::stub
