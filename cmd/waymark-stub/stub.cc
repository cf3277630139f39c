#include "stub.h"

#include <cctype>
#include <cstdio>
#include <utility>

namespace waymark::stub {

Stub::Stub(Options options, std::unique_ptr<Journal> journal)
    : options_(std::move(options)), journal_(std::move(journal)), trouble_(options_.trouble) {
  if (options_.delay + options_.jitter == std::chrono::nanoseconds(0)) return;
  delayed_ = std::make_unique<DelayedReplies>(options_.delay, options_.jitter, journal_.get());
}

void Stub::opened(const Opened& opened, const Sender& sender) {
  if (journal_) journal_->opened(opened);
  if (options_.ack != Ack::automatic) {
    std::lock_guard lock(mutex_);
    if (!sender_) sender_ = sender;
  }
  if (!options_.verbose) return;
  std::fprintf(stderr, "opened %s peer=%s listener=%s epoch=%u%s\n",
               opened.mark.to_string().c_str(), opened.peer.c_str(), opened.listener.c_str(),
               opened.epoch, opened.resumed ? " resumed" : "");
}

void Stub::frame(const Frame& frame, Reply reply) {
  if (journal_) journal_->frame(frame);
  trouble_.take_frame();
  // Where there is no answer the end of `reply` finishes the frame.
  if (options_.answer != Answer::none && !trouble_.fails()) answer(frame, std::move(reply));
}

void Stub::answer(const Frame& frame, Reply reply) {
  if (options_.ack != Ack::automatic) return answer_apart(frame, std::move(reply));
  const FrameName name{frame.mark, frame.seq, frame.attempt};
  if (delayed_) return delayed_->add(name, std::move(reply), payload_for(frame));
  const bool accepted =
      options_.answer == Answer::echo ? reply.send(frame.payload) : reply.send(payload_for(frame));
  if (journal_) journal_->answered(name, accepted);
}

void Stub::answer_apart(const Frame& frame, Reply reply) {
  std::lock_guard lock(mutex_);
  const bool accepted = sender_ && sender_->send(frame.mark, payload_for(frame));
  const FrameName name{frame.mark, frame.seq, frame.attempt};
  if (journal_) journal_->answered(name, accepted);
  if (options_.ack == Ack::never) {
    unfinished_.push_back(std::move(reply));
  } else if (delayed_) {
    delayed_->add(name, std::move(reply), std::nullopt);
  }
}

std::string Stub::payload_for(const Frame& frame) const {
  std::string payload;
  switch (options_.answer) {
    case Answer::from_template:
      return options_.text.render(frame, options_.id);
    case Answer::upper:
      payload = frame.payload;
      for (char& c : payload) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      return payload;
    case Answer::echo:
    case Answer::none:
      break;
  }
  payload = frame.payload;
  return payload;
}

HalfCloseAction Stub::half_closed(const Mark& mark) {
  if (journal_) journal_->half_closed(mark);
  if (options_.verbose) std::fprintf(stderr, "half-closed %s\n", mark.to_string().c_str());
  return HalfCloseAction::end_when_done;
}

void Stub::closed(const Closed& closed) {
  if (journal_) journal_->closed(closed);
  if (!options_.verbose) return;
  const std::string reason(name_of(closed.reason));
  std::fprintf(stderr, "closed %s reason=%s last_seq=%llu\n", closed.mark.to_string().c_str(),
               reason.c_str(), static_cast<unsigned long long>(closed.last_seq));
}

void Stub::gap(const Gap& gap) {
  if (journal_) journal_->gap(gap);
  if (!options_.verbose) return;
  std::fprintf(stderr, "gap %s seq=%llu reason=%s\n", gap.mark.to_string().c_str(),
               static_cast<unsigned long long>(gap.seq), gap.reason.c_str());
}

void Stub::undeliverable(const Undeliverable& undeliverable) {
  if (journal_) journal_->undeliverable(undeliverable);
  if (!options_.verbose) return;
  const std::string reason(name_of(undeliverable.reason));
  std::fprintf(stderr, "undeliverable %s reason=%s\n", undeliverable.mark.to_string().c_str(),
               reason.c_str());
}

absl::Status read_answer(const std::string& text, Stub::Options& options) {
  constexpr std::string_view kTemplate = "template:";
  if (text == "echo") {
    options.answer = Stub::Answer::echo;
  } else if (text == "none") {
    options.answer = Stub::Answer::none;
  } else if (text == "upper") {
    options.answer = Stub::Answer::upper;
  } else if (text.starts_with(kTemplate)) {
    auto parsed = ReplyTemplate::parse(std::string_view(text).substr(kTemplate.size()));
    if (!parsed.ok()) return parsed.status();
    options.answer = Stub::Answer::from_template;
    options.text = *std::move(parsed);
  } else {
    return absl::InvalidArgumentError("\"" + text +
                                      "\", allowed: echo, none, upper, template:TEXT");
  }
  return absl::OkStatus();
}

}  // namespace waymark::stub
