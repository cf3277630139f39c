// What one message of commands writes to each client, gathered so that a client gets one system
// call however many payloads are for it.
//
// Large payloads are not copied: their parts are views into the received message, which must live
// until take(). Small ones are laid side by side, since to the kernel each part of a write costs
// more than copying a few hundred bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
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
    if (envelope.head_size > 0) add_copy(client, envelope.head_bytes());
    if (envelope.body) {
      std::string_view body = *envelope.body;
      for (; body.size() > kBlock; body.remove_prefix(kBlock)) {
        add_copy(client, body.substr(0, kBlock));
      }
      add_copy(client, body);
    } else {
      payload.for_each([&](std::string_view piece) {
        if (piece.size() <= kCopied) {
          add_copy(client, piece);
        } else {
          add_part(client, piece);
        }
      });
    }
    if (!envelope.tail.empty()) add_copy(client, envelope.tail);
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

  // Bytes that were copied since clear(). Whoever adds keeps them bounded by taking out in between.
  [[nodiscard]] std::size_t copied_bytes() const { return block_ * kBlock + used_; }

  // Every client that has had something added since clear().
  [[nodiscard]] const std::vector<Client*>& clients() const { return clients_; }

  void clear() {
    parts_.clear();
    clients_.clear();
    if (blocks_.size() > kKeptBlocks) blocks_.resize(kKeptBlocks);
    block_ = 0;
    used_ = 0;
  }

 private:
  struct Part {
    std::string_view bytes;
    std::uint32_t next = Client::kNone;
  };

  static constexpr std::size_t kCopied = 512;
  static constexpr std::size_t kBlock = 64 * 1024;
  static constexpr std::size_t kKeptBlocks = 32;

  // Copies into the current block; bytes that follow the client's last ones there extend its part.
  void add_copy(Client& client, std::string_view bytes) {
    if (blocks_.empty() || used_ + bytes.size() > kBlock) next_block();
    char* at = blocks_[block_].get() + used_;
    std::memcpy(at, bytes.data(), bytes.size());
    used_ += bytes.size();
    if (client.gather_last != Client::kNone) {
      Part& last = parts_[client.gather_last];
      if (last.bytes.data() + last.bytes.size() == at) {
        last.bytes = {last.bytes.data(), last.bytes.size() + bytes.size()};
        client.gather_bytes += static_cast<std::uint32_t>(bytes.size());
        return;
      }
    }
    add_part(client, {at, bytes.size()});
  }

  void next_block() {
    if (!blocks_.empty()) ++block_;
    if (block_ == blocks_.size()) blocks_.push_back(std::make_unique<char[]>(kBlock));
    used_ = 0;
  }

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
  std::vector<std::unique_ptr<char[]>> blocks_;  // kept; views into them live until clear()
  std::size_t block_ = 0;                        // the one in use
  std::size_t used_ = 0;                         // bytes of it
  std::vector<Client*> clients_;
  std::vector<std::string_view> taken_;
};

}  // namespace waymark::proxy
