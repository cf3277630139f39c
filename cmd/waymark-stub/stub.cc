#include "stub.h"

#include <cctype>
#include <cstdio>
#include <utility>

namespace waymark::stub {

Stub::Stub(Options options, Behaviour behaviour, std::unique_ptr<Journal> journal)
    : options_(std::move(options)),
      journal_(std::move(journal)),
      behaviour_(std::make_shared<const Behaviour>(std::move(behaviour))),
      delayed_(journal_.get()) {}

void Stub::change(Behaviour behaviour, Anew anew) {
  auto next = std::make_shared<const Behaviour>(std::move(behaviour));
  std::deque<Reply> let_go;  // their ends are not for under the lock
  std::lock_guard lock(mutex_);
  if (anew.crash) trouble_.count_to_crash_anew();
  if (anew.hang) trouble_.count_to_hang_anew();
  behaviour_ = std::move(next);
  if (!behaviour_->keeps_frames()) let_go.swap(unfinished_);
}

std::shared_ptr<const Behaviour> Stub::current() const {
  std::lock_guard lock(mutex_);
  return behaviour_;
}

void Stub::opened(const Opened& opened, const Sender& sender) {
  if (journal_) journal_->opened(opened);
  {
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
  frames_.fetch_add(1, std::memory_order_relaxed);
  const std::shared_ptr<const Behaviour> behaviour = current();
  trouble_.take_frame(*behaviour);
  if (trouble_.hits(behaviour->drop)) return keep(std::move(reply));
  // Where there is no answer the end of `reply` finishes the frame.
  if (behaviour->answer == Behaviour::Answer::none) return;
  if (trouble_.hits(behaviour->failure)) return void(reply.fail());
  answer(*behaviour, frame, std::move(reply));
}

void Stub::answer(const Behaviour& behaviour, const Frame& frame, Reply reply) {
  if (behaviour.ack != Behaviour::Ack::automatic) {
    return answer_apart(behaviour, frame, std::move(reply));
  }
  const FrameName name{frame.mark, frame.seq, frame.attempt};
  if ((behaviour.delay + behaviour.jitter).count() > 0) {
    return delayed_.add(behaviour, name, std::move(reply), payload_for(behaviour, frame));
  }
  const bool accepted = behaviour.answer == Behaviour::Answer::echo
                            ? reply.send(frame.payload)
                            : reply.send(payload_for(behaviour, frame));
  if (journal_) journal_->answered(name, accepted);
}

void Stub::answer_apart(const Behaviour& behaviour, const Frame& frame, Reply reply) {
  const FrameName name{frame.mark, frame.seq, frame.attempt};
  std::string payload = payload_for(behaviour, frame);
  {
    std::lock_guard lock(mutex_);
    const bool accepted = sender_ && sender_->send(frame.mark, payload);
    if (journal_) journal_->answered(name, accepted);
  }
  if (behaviour.ack == Behaviour::Ack::never) return keep(std::move(reply));
  const bool waits = (behaviour.delay + behaviour.jitter).count() > 0;
  if (behaviour.ack == Behaviour::Ack::late) {
    if (waits) delayed_.add(behaviour, name, std::move(reply), std::nullopt);
  } else if (waits) {
    delayed_.add(behaviour, name, std::move(reply), std::move(payload));
  } else {
    const bool accepted = reply.send(payload);
    if (journal_) journal_->answered(name, accepted);
  }
}

void Stub::keep(Reply reply) {
  Reply oldest;  // its end, and that of `reply`, is not for under the lock
  std::lock_guard lock(mutex_);
  if (!behaviour_->keeps_frames()) return;  // it has changed meanwhile
  if (unfinished_.size() >= kMostUnfinished) {
    oldest = std::move(unfinished_.front());
    unfinished_.pop_front();
  }
  unfinished_.push_back(std::move(reply));
}

std::string Stub::payload_for(const Behaviour& behaviour, const Frame& frame) const {
  std::string payload;
  switch (behaviour.answer) {
    case Behaviour::Answer::from_template:
      return behaviour.text.render(frame, options_.id);
    case Behaviour::Answer::upper:
      payload = frame.payload;
      for (char& c : payload) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      return payload;
    case Behaviour::Answer::echo:
    case Behaviour::Answer::none:
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

}  // namespace waymark::stub
