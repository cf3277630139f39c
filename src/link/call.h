// One streaming gRPC call of raw messages, driven by a worker and completed on its queue thread.
//
//   start() -> started -> received* / written* -> finished
//
// Reads are started by the call itself, as long as fewer than kMaxUnconsumed messages wait for the
// worker. At most one write is under way (gRPC aborts the process on a second). After `finished`,
// and only then, the owner may destroy the call.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "link/completion.h"
#include "link/completion_thread.h"
#include "link/metadata.h"

namespace waymark::link {

class Call {
 public:
  enum class Operation : std::uint8_t { start, read, write, writes_done, finish };
  struct Tag {
    Call* call = nullptr;
    Operation operation = Operation::start;
  };
  static constexpr int kMaxUnconsumed = 4;

  // Whether it waits until the channel is connected, or fails if an attempt to connect does.
  enum class Wait : std::uint8_t { yes, no };

  // `channel` and `thread` must outlive the call. `method` is "/package.Service/Method".
  Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
       CompletionThread& thread, const Metadata& metadata, Wait wait = Wait::yes);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // --- worker thread ---

  // Begins the call.
  void start();
  // Begins to write; false if the call is over, in which case nothing was begun. The previous
  // write must have completed.
  [[nodiscard]] bool write(const grpc::ByteBuffer& message);
  // The worker waits for the completion of the write that is under way. Unless this was called
  // `written` comes without a wake-up of its own: a solitary frame then costs one less.
  void hurry();
  // No write follows. The previous write must have completed.
  void writes_done();
  // A received message was used up.
  void consumed();
  // `finished` comes soon, with whatever status.
  void cancel();

  // --- queue thread ---
  void complete(Operation operation, bool ok);

 private:
  [[nodiscard]] void* tag_of(Operation operation);
  // Counts one more operation, unless the call is over.
  [[nodiscard]] bool reserve();
  void begin_read_locked();
  void end_locked();

  CompletionThread& thread_;
  grpc::ClientContext context_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  std::array<Tag, 5> tags_;

  std::mutex mutex_;  // guards what follows
  grpc::ByteBuffer incoming_;
  grpc::Status status_;
  int pending_ = 0;     // operations gRPC has not completed
  int unconsumed_ = 0;  // messages the worker has not used up
  bool read_parked_ = false;
  bool cancelled_ = false;
  bool hurried_ = false;          // the worker waits for `written`
  bool written_quietly_ = false;  // `written` was pushed without waking the worker
  bool over_ = false;             // nothing more may be begun
  bool finished_ = false;         // the finish operation completed
};

}  // namespace waymark::link
