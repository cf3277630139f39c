// One TCP connection of the load generator: a non-blocking socket in its worker's epoll set, and
// the conversation it carries.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <span>

#include "load/conversation.h"
#include "load/descriptor.h"

namespace waymark::load {

// A resolved address.
struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

class Client {
 public:
  enum class State : std::uint8_t { closed, connecting, open };

  // `epoll` must outlive this; its events for this client carry `key`.
  Client(int epoll, std::uint64_t key) : epoll_(epoll), key_(key) {}

  // Starts to connect. False, and still closed, if that failed at once.
  [[nodiscard]] bool connect(const Endpoint& endpoint, const Payloads& payloads,
                             std::uint32_t connection, Time now, Tally& tally);

  // The socket of a connecting client became ready. False, and closed, if the connect failed.
  [[nodiscard]] bool finish_connect(Tally& tally);

  // Reads once into `scratch` and checks what came. False, and closed, if the peer ended.
  [[nodiscard]] bool read(std::span<char> scratch, Tally& tally);

  // Writes what is enqueued, as far as the socket takes it. False, and closed, if the peer ended.
  [[nodiscard]] bool flush(std::span<char> scratch, Tally& tally);

  // Ends the connection; frames without an answer are lost.
  void close(Tally& tally);

  void fail_connect(const char* reason, Tally& tally);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Time since() const { return since_; }  // when connect() was called
  // Only while not closed.
  [[nodiscard]] Conversation& talk() { return *talk_; }

 private:
  void lose_peer(int error_number, Tally& tally);
  void watch(std::uint32_t events, int operation);

  int epoll_;
  std::uint64_t key_;
  State state_ = State::closed;
  bool blocked_ = false;  // the socket takes no more: waits for EPOLLOUT
  Descriptor socket_;
  std::optional<Conversation> talk_;
  Time since_;
};

}  // namespace waymark::load
