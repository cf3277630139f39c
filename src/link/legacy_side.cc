#include "link/legacy_side.h"

#include <utility>

#include "link/message.h"
#include "link/protocol.h"

namespace waymark::link {

using Kind = LegacySide::News::Kind;

void LegacySide::ask_ready() { begin(Question::ready, kLegacyReadyMethod); }
void LegacySide::ask_live() { begin(Question::live, kLegacyLiveMethod); }

void LegacySide::begin(Question question, const char* method) {
  question_ = question;
  reached_ = said_yes_ = false;
  busy_ = true;
  call_ = std::make_unique<Call>(channel_, method, thread_, metadata_);
  call_->start();
}

bool LegacySide::ask_again() {
  if (question_ != Question::live || !call_ || busy_) return false;
  return write_question();
}

// A question is an empty message.
bool LegacySide::write_question() { return busy_ = call_->write(to_buffer({})); }

std::unique_ptr<Call> LegacySide::take() {
  question_ = Question::none;
  return std::move(call_);
}

LegacySide::News LegacySide::on_completion(Completion& completion) {
  switch (completion.kind) {
    case Completion::Kind::started:
      busy_ = false;
      if (question_ == Question::ready && completion.ok) (void)write_question();
      return {};
    case Completion::Kind::written:
      busy_ = false;
      reached_ = true;
      if (question_ == Question::ready) call_->writes_done();
      return {};
    case Completion::Kind::received:
      return on_answer(completion);
    case Completion::Kind::finished:
      call_.reset();
      return on_finished(completion.status);
  }
  return {};
}

LegacySide::News LegacySide::on_answer(Completion& completion) {
  const bool yes = decode_legacy_yes(Message(completion.message).pieces());
  call_->consumed();
  if (question_ == Question::ready) {
    said_yes_ = yes;
    return {};
  }
  return yes ? News{Kind::alive, {}} : News{Kind::dead, "the upstream answered live: false"};
}

LegacySide::News LegacySide::on_finished(const grpc::Status& status) {
  const Question question = std::exchange(question_, Question::none);
  const bool missing = status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
  if (question == Question::live) {
    return missing ? News{Kind::no_live, {}} : News{Kind::dead, "live: " + describe(status)};
  }
  if (missing) {
    return {Kind::not_ready,
            "the server at this address has neither waymark.link.v1.UpstreamService nor "
            "upstream.grpc.service.UpstreamPeerService"};
  }
  if (!status.ok()) return {Kind::not_ready, "ready: " + describe(status)};
  if (!said_yes_) return {Kind::not_ready, "the upstream answered ready: false"};
  return {Kind::ready, {}};
}

}  // namespace waymark::link
