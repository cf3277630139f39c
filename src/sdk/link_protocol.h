// Speaks waymark.link.v1 with one proxy: the handshake, then events to the handler.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "sdk/conversation.h"
#include "sdk/protocol.h"
#include "wire/event.h"

namespace waymark::sdk {

class LinkProtocol final : public Protocol {
 public:
  LinkProtocol(const Service& service, std::shared_ptr<Outbox> outbox)
      : Protocol(std::move(outbox)), service_(service) {}

  absl::Status received(wire::Pieces message) override;
  void ended() override;

 private:
  using Conversations = absl::flat_hash_map<Mark, std::shared_ptr<Conversation>>;

  [[nodiscard]] absl::Status greet(wire::Pieces message);
  [[nodiscard]] absl::Status dispatch(wire::Pieces message);

  // False: the event's body is not what its kind says.
  [[nodiscard]] bool dispatch(const wire::Event& event);
  [[nodiscard]] bool opened(const wire::Event& event);
  [[nodiscard]] bool is_of_a_former(const Mark& mark, std::uint64_t incarnation) const;
  [[nodiscard]] bool marked(const wire::Event& event);
  [[nodiscard]] bool frame(const wire::Event& event);
  [[nodiscard]] bool half_closed(const wire::Event& event);
  [[nodiscard]] bool closed(const wire::Event& event);
  [[nodiscard]] bool gap(const wire::Event& event);
  [[nodiscard]] bool undeliverable(const wire::Event& event);
  [[nodiscard]] bool receipt(const wire::Event& event);
  [[nodiscard]] bool pressure(const wire::Event& event);
  [[nodiscard]] bool refused(const wire::Event& event);
  [[nodiscard]] bool lookup_result(const wire::Event& event);
  [[nodiscard]] bool relayed(const wire::Event& event);
  [[nodiscard]] bool upstream_changed(const wire::Event& event);
  [[nodiscard]] bool ping(const wire::Event& event);

  // `bytes` in one piece, until the next call.
  [[nodiscard]] std::string_view in_one_piece(const wire::Bytes& bytes);

  // The one that was opened; for a mark that was not, one that ends with its replies.
  [[nodiscard]] std::shared_ptr<Conversation> conversation_of(const Mark& mark);

  const Service& service_;
  bool greeted_ = false;
  std::uint64_t last_delivery_ = 0;  // they grow by one
  Conversations conversations_;
  // The marks a connection had before the one it has; another one may have them by now.
  absl::flat_hash_map<Mark, std::vector<Mark>> aliases_;
  std::string joined_;  // a payload that came in several pieces
};

}  // namespace waymark::sdk
