// What is spoken on a stream. Knows messages, not gRPC.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "sdk/outbox.h"
#include "sdk/service.h"
#include "wire/bytes.h"

namespace waymark::sdk {

// All calls come on the stream's thread.
class Protocol {
 public:
  explicit Protocol(std::shared_ptr<Outbox> outbox) : outbox_(std::move(outbox)) {}
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;
  virtual ~Protocol() = default;

  // One whole message. An error ends the stream with that status.
  [[nodiscard]] virtual absl::Status received(wire::Pieces message) = 0;

  // Nothing more will be received. Comes once.
  virtual void ended() {}

  [[nodiscard]] Outbox& outbox() const { return *outbox_; }

 protected:
  [[nodiscard]] const std::shared_ptr<Outbox>& shared_outbox() const { return outbox_; }

 private:
  const std::shared_ptr<Outbox> outbox_;
};

// The protocol of a method ("/package.Service/Method") called from `peer`; null: this server has
// no such method.
[[nodiscard]] std::unique_ptr<Protocol> protocol_of(std::string_view method, std::string_view peer,
                                                    const Service& service, StreamPort& port);

}  // namespace waymark::sdk
