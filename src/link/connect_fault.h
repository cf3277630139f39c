// Why a channel does not connect. What waits for a connection is not told, and a channel has no
// words for it; a call that does not wait fails with what gRPC knows of the latest attempt.
#pragma once

#include <memory>
#include <string>

#include "link/call.h"

namespace waymark::link {

class ConnectFault {
 public:
  // Both outlive it.
  ConnectFault(const std::shared_ptr<grpc::Channel>& channel, CompletionThread& thread)
      : channel_(channel), thread_(thread) {}

  // Nothing happens while it is asking: its call is gRPC's until it has finished.
  void ask();
  [[nodiscard]] bool asking() const { return call_ != nullptr; }
  [[nodiscard]] const Call* call() const { return call_.get(); }
  // Gives up the call, for the owner to cancel and keep until it has finished.
  [[nodiscard]] std::unique_ptr<Call> take() { return std::move(call_); }

  // Of call(). The answer, for people; empty until then, and if the channel has connected
  // meanwhile.
  [[nodiscard]] std::string on_completion(const Completion& completion);

 private:
  const std::shared_ptr<grpc::Channel>& channel_;
  CompletionThread& thread_;
  std::unique_ptr<Call> call_;
};

// What a call that did not wait says of the attempt to connect, without what is the same for all.
[[nodiscard]] std::string connect_fault_of(const std::string& message);

}  // namespace waymark::link
