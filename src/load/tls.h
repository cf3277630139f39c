// The client's side of TLS: what all connections of a run share, and one connection's own.
//
// Shares no code with src/net on purpose, so that it can disagree with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// Of OpenSSL.
struct ssl_ctx_st;
struct ssl_st;

namespace waymark::load {

// Immutable once made; shared by all threads. Every handshake is a full one: no session is kept.
class TlsContext {
 public:
  // The server's certificate has to lead to a CA of the PEM file `ca_file`, whatever its name;
  // with no file, any will do. An error names the file and what is wrong with it.
  [[nodiscard]] static absl::StatusOr<TlsContext> make(const std::string& ca_file);

 private:
  friend class TlsStream;
  struct Freed {
    void operator()(ssl_ctx_st* context) const;
  };
  TlsContext() = default;

  std::unique_ptr<ssl_ctx_st, Freed> context_;
};

// Writes raise SIGPIPE where the peer is gone: the thread has to block it.
class TlsStream {
 public:
  // Over `fd`, a connected non-blocking socket, which stays the caller's.
  TlsStream(const TlsContext& context, int fd);

  enum class Step : std::uint8_t {
    done,
    wants_input,
    wants_room,
    ended,   // by the peer; why() says how, here and below
    failed,  // nothing but the destructor may be called after this
  };
  struct Moved {
    Step step = Step::done;
    std::size_t bytes = 0;  // if done
  };

  // To be called until it is done.
  [[nodiscard]] Step shake_hands();

  [[nodiscard]] Moved read(std::span<char> out);
  // Reading finds more although the socket may tell of nothing new.
  [[nodiscard]] bool has_more() const;

  // May write a part. What it did not take has to come first in the next call.
  [[nodiscard]] Moved write(std::string_view bytes);

  // Says that nothing more is written, as far as the socket takes it.
  void close_notify();

  // What was agreed on: "TLSv1.3 TLS_AES_256_GCM_SHA384 x25519".
  [[nodiscard]] std::string facts() const;
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  struct Freed {
    void operator()(ssl_st* connection) const;
  };
  [[nodiscard]] Step step_of(int result);

  std::unique_ptr<ssl_st, Freed> connection_;
  std::string why_;
};

}  // namespace waymark::load
