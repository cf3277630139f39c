#include "sdk/stream.h"

#include <utility>

#include "base/status.h"
#include "sdk/acceptor.h"

namespace waymark::sdk {
namespace {

void destroy_string(void* string) {
  note_received(string);
  delete static_cast<std::string*>(string);
}

// A slice that owns the bytes of a string, without copying them.
grpc::Slice slice_of(std::string message) {
  auto owned = std::make_unique<std::string>(std::move(message));
  note_handed_over(owned.get());
  char* const data = owned->data();
  const std::size_t size = owned->size();
  return grpc::Slice(data, size, &destroy_string, owned.release());
}

}  // namespace

void Stream::accept(grpc::AsyncGenericService& generic, grpc::ServerCompletionQueue& queue) {
  queue_ = &queue;
  context_.AsyncNotifyWhenDone(over_.start());
  generic.RequestCall(&context_, &stream_, &queue, &queue, accepted_.start());
}

void Stream::on_accepted(bool ok) {
  if (!ok) return acceptor_.remove(*this);  // the server shuts down: no other tag will come
  operations_ = 1;                          // on_over
  acceptor_.accept_next();
  protocol_ = protocol_of(context_.method(), context_.peer(), service_, *this);
  if (!protocol_) {
    status_ = grpc::Status(grpc::StatusCode::UNIMPLEMENTED,
                           fmt::format("{}: no such method", context_.method()));
    return start_finish();
  }
  // At once, since some clients wait for it before they send.
  ++operations_;
  stream_.SendInitialMetadata(greeted_.start());
}

void Stream::on_greeted(bool /*ok*/) {
  Outbox& outbox = protocol_->outbox();
  outbox.release();
  outbox.request_read();
  operation_done();
}

void Stream::wake() {
  ++operations_;
  alarm_.Set(queue_, gpr_time_0(GPR_CLOCK_MONOTONIC), woken_.start());
}

void Stream::on_woken(bool /*ok*/) {
  protocol_->outbox().woken();
  operation_done();
}

void Stream::start_read() {
  ++operations_;
  stream_.Read(&incoming_, read_.start());
}

void Stream::on_read(bool ok) {
  if (!ok) {
    end_input();
    protocol_->outbox().end();
  } else if (!input_ended_) {
    dispatch();
  }
  incoming_.Clear();
  operation_done();
}

void Stream::dispatch() {
  slices_.clear();
  pieces_.clear();
  if (!incoming_.Dump(&slices_).ok()) {
    return fail(absl::InternalError("a message could not be read"));
  }
  for (const grpc::Slice& slice : slices_) {
    pieces_.emplace_back(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  Outbox& outbox = protocol_->outbox();
  outbox.hold();
  const absl::Status status = protocol_->received(pieces_);
  if (!status.ok()) return fail(status);
  outbox.release();
  outbox.request_read();
}

void Stream::start_write(std::string message) {
  ++operations_;
  const grpc::Slice slice = slice_of(std::move(message));
  stream_.Write(grpc::ByteBuffer(&slice, 1), written_.start());
}

void Stream::on_written(bool /*ok*/) {
  protocol_->outbox().written();  // a failed write is followed by on_over
  operation_done();
}

void Stream::fail(const absl::Status& status) {
  status_ =
      grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(message_of(status)));
  protocol_->outbox().abandon();
}

void Stream::end_input() {
  if (!std::exchange(input_ended_, true)) protocol_->ended();
}

void Stream::start_finish() {
  ++operations_;
  stream_.Finish(status_, finished_.start());
}

void Stream::on_finished(bool /*ok*/) { operation_done(); }

// The call is over: finished, or cancelled by the proxy, its loss or our shutdown.
void Stream::on_over(bool /*ok*/) {
  if (protocol_) {
    end_input();
    protocol_->outbox().abandon();
  }
  operation_done();
}

void Stream::operation_done() {
  if (--operations_ == 0) acceptor_.remove(*this);
}

}  // namespace waymark::sdk
