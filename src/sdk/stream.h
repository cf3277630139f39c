// One call of a proxy, from its acceptance to its last completion.
//
//   accept -> send metadata -> (read -> dispatch)* -> finish
//                              (write)*
//
// Operations are started, and completed, on the thread of the queue; an alarm brings there what
// other threads have put into the outbox.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/generic/async_generic_service.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/protocol.h"
#include "sdk/stream_port.h"
#include "sdk/tag.h"

namespace waymark::sdk {

class Acceptor;

class Stream final : public StreamPort {
 public:
  Stream(Acceptor& acceptor, const Service& service) : acceptor_(acceptor), service_(service) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() override = default;

  // Waits for a call on `queue`. The acceptor is told when it has come, and when it is over.
  void accept(grpc::AsyncGenericService& generic, grpc::ServerCompletionQueue& queue);

  void wake() override;
  void start_read() override;
  void start_write(std::string message) override;
  void start_finish() override;

 private:
  void on_accepted(bool ok);
  void on_greeted(bool ok);
  void on_read(bool ok);
  void on_written(bool ok);
  void on_woken(bool ok);
  void on_finished(bool ok);
  void on_over(bool ok);

  void dispatch();
  void fail(const absl::Status& status);
  void end_input();
  void operation_done();

  Acceptor& acceptor_;
  const Service& service_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
  grpc::ByteBuffer incoming_;
  std::vector<grpc::Slice> slices_;
  std::vector<std::string_view> pieces_;
  grpc::Status status_;                 // the call ends with it
  std::unique_ptr<Protocol> protocol_;  // null: not accepted, or no such method
  bool input_ended_ = false;
  grpc::Alarm alarm_;
  grpc::CompletionQueue* queue_ = nullptr;  // set by accept()
  std::atomic<int> operations_ = 0;         // under way

  MemberTag<Stream, &Stream::on_accepted> accepted_{*this};
  MemberTag<Stream, &Stream::on_greeted> greeted_{*this};
  MemberTag<Stream, &Stream::on_read> read_{*this};
  MemberTag<Stream, &Stream::on_written> written_{*this};
  MemberTag<Stream, &Stream::on_woken> woken_{*this};
  MemberTag<Stream, &Stream::on_finished> finished_{*this};
  MemberTag<Stream, &Stream::on_over> over_{*this};
};

}  // namespace waymark::sdk
