// The TLS of one accepted connection: deciphers what its socket brings, and gives back what has to
// be written to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/read_result.h"
#include "net/tls_context.h"

namespace waymark::net {

// What a handshake has told of the client and of the connection.
struct TlsFacts {
  std::string version;      // "TLSv1.3"
  std::string cipher;       // "TLS_AES_256_GCM_SHA384"
  std::string sni;          // the server name the client asked for; empty: none
  std::string subject;      // of the client's certificate, RFC 2253; this and the following are
  std::string spki_sha256;  // empty if it showed none. Hex, of its key
  std::vector<std::string> alternative_names;  // "DNS:a.example", "URI:...", "IP:...", "email:..."

  friend bool operator==(const TlsFacts&, const TlsFacts&) = default;
};

// Never waits: what is to be written is in output() after each call, for the caller to take.
class TlsSession {
 public:
  static constexpr std::size_t kRecord = 16 * 1024;  // most plaintext bytes of a record

  // Reads from `fd`, a non-blocking socket.
  TlsSession(std::shared_ptr<const TlsContext> context, int fd);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  enum class Step : std::uint8_t {
    done,
    waits,      // for more input
    untrusted,  // the client's certificate is refused, or missing
    failed,     // what the client sent is no handshake, or not one of ours
    ended,      // by the client
  };
  // To be called until it is done.
  [[nodiscard]] Step handshake();
  [[nodiscard]] bool ready() const { return ready_; }

  // Requires ready(). An end without close_notify has failed, as ECONNRESET.
  [[nodiscard]] ReadResult read(char* buffer, std::size_t size);
  // The same, and the next read gets the bytes again.
  [[nodiscard]] ReadResult peek(char* buffer, std::size_t size);
  // The socket has told of input, which a read may leave there that gets what came before.
  void note_input() { socket_empty_ = false; }
  // Reading may find more although the socket tells of nothing new.
  [[nodiscard]] bool has_more() const;
  // The client has ended: what is left is all.
  [[nodiscard]] bool ended() const { return ended_; }

  // False: with `bytes` more, what reading had to answer and could not be sent at once is too much.
  [[nodiscard]] bool may_owe(std::size_t bytes) {
    owed_ += bytes;
    return owed_ <= kMostOwed;
  }
  // All of it was sent.
  void owe_nothing() { owed_ = 0; }
  // The last read has stopped before the socket had nothing more to give.
  [[nodiscard]] bool stopped_early() const { return spent_; }
  // Deciphered bytes that peek() has found and nobody has read.
  [[nodiscard]] std::size_t held_bytes() const { return peeked_ ? peeked_->capacity() : 0; }

  // Enciphers. Requires ready(). False: it cannot, while the client has begun a message of the
  // protocol's own and not ended it.
  [[nodiscard]] bool write(std::string_view bytes);
  // Says that no more is written.
  void close_notify();

  // What is to be written now, of any session of this thread.
  [[nodiscard]] static std::string& output();

  // Requires ready().
  [[nodiscard]] TlsFacts facts() const;
  [[nodiscard]] std::string_view sni() const;

 private:
  static constexpr std::size_t kMostOwed = 64 * 1024;
  static constexpr std::size_t kHandshakeBytes = 256 * 1024;  // of one look; certificates are long
  static constexpr int kMostSpentForNothing = 4;

  struct Freed {
    void operator()(ssl_st* connection) const;
  };
  struct BioCalls;

  [[nodiscard]] ReadResult decipher(char* buffer, std::size_t size);
  [[nodiscard]] ReadResult why_nothing(int result);

  const std::shared_ptr<const TlsContext> context_;
  std::size_t owed_ = 0;
  std::size_t budget_ = 0;     // bytes of the socket that this call may still take
  int spent_for_nothing_ = 0;  // calls one after the other, that is
  bool spent_ = false;
  int fd_;
  int socket_error_ = 0;  // of the last look at the socket
  bool socket_ended_ = false;
  bool socket_empty_ = false;  // nothing was left behind what it gave
  bool ready_ = false;
  bool ended_ = false;
  std::unique_ptr<std::string> peeked_;  // deciphered and not read; null: none
  std::unique_ptr<ssl_st, Freed> connection_;
};

}  // namespace waymark::net
