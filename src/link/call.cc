#include "link/call.h"

#include <grpcpp/channel.h>

#include "base/sync_note.h"
#include "base/unix_clock.h"

namespace waymark::link {

Call::Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
           CompletionThread& thread, const Metadata& metadata, Wait wait)
    : thread_(thread), stub_(channel) {
  for (std::size_t i = 0; i < tags_.size(); ++i) tags_[i] = {this, static_cast<Operation>(i)};
  context_.set_wait_for_ready(wait == Wait::yes);
  for (const auto& [key, value] : metadata) context_.AddMetadata(key, value);
  stream_ = stub_.PrepareCall(&context_, method, &thread_.queue());
}

void* Call::tag_of(Operation operation) {
  void* tag = &tags_[static_cast<std::size_t>(operation)];
  note_handed_over(tag);
  return tag;
}

void Call::start() {
  std::lock_guard lock(mutex_);
  ++pending_;
  stream_->StartCall(tag_of(Operation::start));
}

bool Call::reserve() {
  std::lock_guard lock(mutex_);
  if (over_) return false;
  ++pending_;
  hurried_ = false;
  written_quietly_ = false;
  return true;
}

void Call::hurry() {
  std::lock_guard lock(mutex_);
  hurried_ = true;
  if (written_quietly_) thread_.wake_self();
}

// The write itself runs outside the mutex: it may well send on the socket, and the queue thread
// should not wait for that. The call cannot finish meanwhile, its operation is counted.
bool Call::write(const grpc::ByteBuffer& message) {
  if (!reserve()) return false;
  stream_->Write(message, tag_of(Operation::write));
  return true;
}

void Call::writes_done() {
  if (reserve()) stream_->WritesDone(tag_of(Operation::writes_done));
}

void Call::consumed() {
  std::lock_guard lock(mutex_);
  --unconsumed_;
  if (read_parked_ && !over_) begin_read_locked();
}

void Call::cancel() {
  context_.TryCancel();
  std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (read_parked_) end_locked();  // no read is under way whose failure would end the call
}

void Call::begin_read_locked() {
  read_parked_ = false;
  ++pending_;
  stream_->Read(&incoming_, tag_of(Operation::read));
}

void Call::end_locked() {
  if (over_) return;
  over_ = true;
  ++pending_;
  stream_->Finish(&status_, tag_of(Operation::finish));
}

void Call::complete(Operation operation, bool ok) {
  Completion completion{this, Completion::Kind::started, ok, {}, {}, unix_ns()};
  bool tell = true;
  bool last = false;
  {
    std::lock_guard lock(mutex_);
    --pending_;
    switch (operation) {
      case Operation::start:
        if (ok) begin_read_locked();
        if (!ok) end_locked();
        break;
      case Operation::read:
        tell = ok;
        if (!ok) {
          end_locked();
          break;
        }
        completion.kind = Completion::Kind::received;
        completion.message.Swap(&incoming_);
        // The owner of a cancelled call consumes no more: read on, to the end.
        if (++unconsumed_ < kMaxUnconsumed || cancelled_) {
          begin_read_locked();
        } else {
          read_parked_ = true;
        }
        break;
      case Operation::write:
        // Pushed inside the mutex, so that hurry() either comes before or finds it pushed.
        completion.kind = Completion::Kind::written;
        written_quietly_ = !hurried_;
        thread_.push(std::move(completion), hurried_);
        tell = false;
        break;
      case Operation::writes_done:
        tell = false;
        break;
      case Operation::finish:
        finished_ = true;
        tell = false;
        break;
    }
    last = finished_ && pending_ == 0;
  }
  if (tell) thread_.push(std::move(completion), true);
  if (!last) return;
  // Nothing touches the call after this push: the worker may destroy it at once.
  Completion end{this, Completion::Kind::finished, status_.ok(), {}, status_};
  thread_.push(std::move(end), true);
}

}  // namespace waymark::link
