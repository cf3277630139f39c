// Owns the streams of a server and keeps one waiting for the next call.
#pragma once

#include <grpcpp/generic/async_generic_service.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "sdk/queue_thread.h"
#include "sdk/service.h"
#include "sdk/stream.h"

namespace waymark::sdk {

// Calls are dealt to the queues in turn: the order in which they come decides who serves them, not
// which thread happens to be idle. Safe on any thread.
class Acceptor {
 public:
  // `queues` must not be empty, and outlive the streams like the rest.
  Acceptor(const Service& service, grpc::AsyncGenericService& generic,
           std::vector<grpc::ServerCompletionQueue*> queues)
      : service_(service), generic_(generic), queues_(std::move(queues)) {}

  void accept_next();

  // Destroys a stream that has no operation under way.
  void remove(Stream& stream);

  // Blocks until no stream is left; comes only after the server is shut down.
  void wait_until_empty();

 private:
  const Service& service_;
  grpc::AsyncGenericService& generic_;
  const std::vector<grpc::ServerCompletionQueue*> queues_;

  std::mutex mutex_;
  std::condition_variable empty_;
  std::size_t next_queue_ = 0;
  absl::flat_hash_map<const Stream*, std::unique_ptr<Stream>> streams_;
};

}  // namespace waymark::sdk
