// The reference upstream: answers every frame the same way, unless it is told to fail.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "behaviour.h"
#include "delayed_replies.h"
#include "journal.h"
#include "trouble.h"
#include "waymark/upstream.h"

namespace waymark::stub {

// Safe to be called by several links at once.
class Stub final : public UpstreamHandler {
 public:
  struct Options {
    std::string id;
    bool verbose = false;  // a line on stderr for every lifecycle event
  };

  // Which counts begin anew, also where the number is the one it was.
  struct Anew {
    bool crash = false;  // that to `crash_after`
    bool hang = false;   // that to `hang_after`
  };

  // `journal` may be null.
  Stub(Options options, Behaviour behaviour, std::unique_ptr<Journal> journal);

  // What it does now. Any thread, as below.
  [[nodiscard]] Behaviour behaviour() const { return *current(); }
  // From here on. What waits for its delay still does; frames that were kept unfinished are let go
  // if none is to be kept any more.
  void change(Behaviour behaviour, Anew anew);
  // That came, since the start.
  [[nodiscard]] std::uint64_t frames() const { return frames_.load(std::memory_order_relaxed); }

  void opened(const Opened& opened, const Sender& sender) override;
  void frame(const Frame& frame, Reply reply) override;
  HalfCloseAction half_closed(const Mark& mark) override;
  void closed(const Closed& closed) override;
  void gap(const Gap& gap) override;
  void undeliverable(const Undeliverable& undeliverable) override;

 private:
  // More than the links together may leave unfinished; the oldest is let go then.
  static constexpr std::size_t kMostUnfinished = 1'000'000;

  [[nodiscard]] std::shared_ptr<const Behaviour> current() const;
  void answer(const Behaviour& behaviour, const Frame& frame, Reply reply);
  // An answer that acks nothing, and what is due afterwards.
  void answer_apart(const Behaviour& behaviour, const Frame& frame, Reply reply);
  void keep(Reply reply);
  [[nodiscard]] std::string payload_for(const Behaviour& behaviour, const Frame& frame) const;

  const Options options_;
  const std::unique_ptr<Journal> journal_;  // null: none is kept
  Trouble trouble_;
  std::atomic<std::uint64_t> frames_ = 0;
  mutable std::mutex mutex_;
  std::shared_ptr<const Behaviour> behaviour_;  // guarded by mutex_, as below; shared: frames that
                                                // are being handled keep the one they began with
  std::optional<Sender> sender_;                // of the first connection; it reaches them all
  std::deque<Reply> unfinished_;                // Ack::never, and those dropped
  DelayedReplies delayed_;
};

}  // namespace waymark::stub
