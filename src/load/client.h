// One connection of the load generator: a non-blocking socket in its worker's epoll set, TLS over
// it if that is asked for, and the conversation it carries.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "load/conversation.h"
#include "load/descriptor.h"
#include "load/proxy_header.h"
#include "load/tls.h"

namespace waymark::load {

// A resolved address, and what connections begin with there.
struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
  std::optional<ProxyVersion> proxy_header;  // sent first, in the clear
  std::optional<TlsContext> tls;
};

class Client {
 public:
  enum class State : std::uint8_t { closed, connecting, shaking_hands, open };

  // `epoll` must outlive this; its events for this client carry `key`.
  Client(int epoll, std::uint64_t key) : epoll_(epoll), key_(key) {}

  // Starts to connect. False, and still closed, if that failed at once. `endpoint` must outlive the
  // connection.
  [[nodiscard]] bool connect(const Endpoint& endpoint, const Payloads& payloads,
                             std::uint32_t connection, Time now, Tally& tally);

  // The socket of an opening client became ready. False, and closed, if connect or handshake
  // failed; else it is open, or still opening.
  [[nodiscard]] bool go_on_opening(Tally& tally);

  // Reads into `scratch` and checks what came. False, and closed, if the peer ended.
  [[nodiscard]] bool read(std::span<char> scratch, Tally& tally);

  // Writes what is enqueued, as far as the socket takes it. False, and closed, if the peer ended.
  [[nodiscard]] bool flush(std::span<char> scratch, Tally& tally);

  // Ends the connection; frames without an answer are lost.
  void close(Tally& tally);

  // While opening.
  void fail_connect(std::string_view reason, Tally& tally);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool is_opening() const {
    return state_ == State::connecting || state_ == State::shaking_hands;
  }
  [[nodiscard]] Time since() const { return since_; }  // when connect() was called
  // Only while not closed.
  [[nodiscard]] Conversation& talk() { return *talk_; }

 private:
  // What became of bytes given to the peer or asked from it.
  struct Moved {
    enum class Kind : std::uint8_t { bytes, nothing, over };
    Kind kind = Kind::nothing;
    std::size_t size = 0;
    std::string why;  // over
  };

  [[nodiscard]] bool send_proxy_header() const;
  [[nodiscard]] bool shake_hands(Tally& tally);
  [[nodiscard]] Moved receive(std::span<char> out);
  [[nodiscard]] Moved send(std::string_view bytes);
  void lose_peer(std::string_view why, Tally& tally);
  void watch(std::uint32_t events, int operation);

  int epoll_;
  std::uint64_t key_;
  State state_ = State::closed;
  bool blocked_ = false;  // the socket takes no more: waits for EPOLLOUT
  Descriptor socket_;
  const Endpoint* endpoint_ = nullptr;
  std::unique_ptr<TlsStream> tls_;
  std::optional<Conversation> talk_;
  Time since_;
};

}  // namespace waymark::load
