// What one message of commands writes to each client, gathered so that a client gets one system
// call however many payloads are for it. Nothing is copied: the parts are views into the received
// message, which must live until flush.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include "frame/egress.h"
#include "proxy/client.h"
#include "wire/bytes.h"

namespace waymark::proxy {

class WriteGather {
 public:
  // Adds an enveloped payload for `client`.
  void add(Client& client, const frame::Envelope& envelope, const wire::Bytes& payload) {
    if (client.gather_first == Client::kNone) clients_.push_back(&client);
    if (envelope.head_size > 0) {
      heads_.push_back(envelope.head);
      add_part(client, {heads_.back().data(), envelope.head_size});
    }
    payload.for_each([&](std::string_view piece) { add_part(client, piece); });
    if (!envelope.tail.empty()) add_part(client, envelope.tail);
  }

  // Takes out what was gathered for `client`; valid until the next take().
  [[nodiscard]] std::span<const std::string_view> take(Client& client) {
    taken_.clear();
    for (std::uint32_t at = client.gather_first; at != Client::kNone; at = parts_[at].next) {
      taken_.push_back(parts_[at].bytes);
    }
    client.gather_first = client.gather_last = Client::kNone;
    client.gather_bytes = 0;
    return taken_;
  }

  // Every client that has had something added since clear().
  [[nodiscard]] const std::vector<Client*>& clients() const { return clients_; }

  void clear() {
    parts_.clear();
    heads_.clear();
    clients_.clear();
  }

 private:
  struct Part {
    std::string_view bytes;
    std::uint32_t next = Client::kNone;
  };

  void add_part(Client& client, std::string_view bytes) {
    const auto index = static_cast<std::uint32_t>(parts_.size());
    parts_.push_back({bytes, Client::kNone});
    if (client.gather_first == Client::kNone) {
      client.gather_first = index;
    } else {
      parts_[client.gather_last].next = index;
    }
    client.gather_last = index;
    client.gather_bytes += static_cast<std::uint32_t>(bytes.size());
  }

  std::vector<Part> parts_;
  std::deque<std::array<char, frame::kMostFieldBytes>> heads_;  // addresses stay valid
  std::vector<Client*> clients_;
  std::vector<std::string_view> taken_;
};

}  // namespace waymark::proxy
