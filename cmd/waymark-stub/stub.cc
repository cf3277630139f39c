#include "stub.h"

#include <cctype>
#include <cstdio>
#include <utility>

namespace waymark::stub {

Stub::Stub(Options options) : options_(std::move(options)) {
  if (options_.delay.count() > 0) delayed_ = std::make_unique<DelayedReplies>(options_.delay);
}

void Stub::opened(const Opened& opened, const Sender& /*sender*/) {
  if (!options_.verbose) return;
  std::fprintf(stderr, "opened %s peer=%s listener=%s epoch=%u%s\n",
               opened.mark.to_string().c_str(), opened.peer.c_str(), opened.listener.c_str(),
               opened.epoch, opened.resumed ? " resumed" : "");
}

void Stub::frame(const Frame& frame, Reply reply) {
  if (options_.answer == Answer::none) return;  // the end of `reply` finishes the frame
  if (delayed_) {
    delayed_->add(std::move(reply), payload_for(frame));
  } else if (options_.answer == Answer::echo) {
    reply.send(frame.payload);
  } else {
    reply.send(payload_for(frame));
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
  if (options_.verbose) std::fprintf(stderr, "half-closed %s\n", mark.to_string().c_str());
  return HalfCloseAction::end_when_done;
}

void Stub::closed(const Closed& closed) {
  if (!options_.verbose) return;
  const std::string reason(name_of(closed.reason));
  std::fprintf(stderr, "closed %s reason=%s last_seq=%llu\n", closed.mark.to_string().c_str(),
               reason.c_str(), static_cast<unsigned long long>(closed.last_seq));
}

void Stub::undeliverable(const Undeliverable& undeliverable) {
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
