// A client's socket: reads into memory the owner lends, writes at once what the kernel takes and
// keeps the rest, and ends in the way the owner asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/poller.h"
#include "net/read_result.h"
#include "net/tls_session.h"

namespace waymark::net {

class Connection;

// What a connection tells its owner, on the loop thread.
class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;
  // Bytes or the end of the stream can be read.
  virtual void readable(Connection& connection) = 0;
  // What was queued has been written.
  virtual void drained(Connection& connection) = 0;
  // Writing failed; `error_number` is an errno. The owner answers with close_now().
  virtual void broken(Connection& connection, int error_number) = 0;
  // The descriptor is closed. The connection may be destroyed, also inside this call.
  virtual void released(Connection& connection) = 0;
};

class Connection {
 public:
  // Takes over `fd`, a connected non-blocking socket that no other descriptor shares.
  Connection(Poller& poller, int fd, ConnectionEvents& owner);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  // Only after released().
  ~Connection();

  // From now on the peer has to talk TLS, beginning with a handshake. Before anything is read.
  void start_tls(std::shared_ptr<const TlsContext> context);
  // The same, after a handshake on another connection, which has given it away.
  void start_tls(std::unique_ptr<TlsSession> session);
  // Gives up the socket, which stays open for the caller, and its TLS. Requires that nothing is
  // queued; released() follows.
  [[nodiscard]] std::unique_ptr<TlsSession> give_away();
  // Goes on with the handshake, as readable() asks for, until it no longer waits. While it does,
  // and after it has failed, there is neither reading nor writing.
  [[nodiscard]] TlsSession::Step shake_hands();
  // Null: plain TCP.
  [[nodiscard]] const TlsSession* tls() const { return tls_.get(); }

  using ReadResult = net::ReadResult;
  // Reads at most `size` bytes.
  [[nodiscard]] ReadResult read(char* buffer, std::size_t size);
  // The same without taking the bytes: reads and other peeks find them, and behind them what has
  // come since. An error is told once, by whoever meets it first. After this, readable() tells of
  // what comes next only, until the owner wants it anew.
  [[nodiscard]] ReadResult peek(char* buffer, std::size_t size);
  // The peer has ended: nothing comes behind what can be read now.
  [[nodiscard]] bool input_complete() const { return peer_ended_; }

  // Whether readable() is wanted. Off at the start. Wanted again after a peek, as if it had been
  // off, it also tells of what was peeked at.
  void want_readable(bool wanted);
  [[nodiscard]] bool wants_readable() const { return want_readable_; }

  // Writes `parts` after what is queued already. What the kernel does not take at once is copied
  // and written later, followed by drained(). False: the socket is broken, with last_error().
  [[nodiscard]] bool write(std::span<const std::string_view> parts);
  [[nodiscard]] std::size_t queued_bytes() const { return queue_ ? queue_->left() : 0; }
  [[nodiscard]] int last_error() const { return last_error_; }

  // Sends FIN, over TLS behind a close_notify, once everything queued is written.
  void shutdown_when_drained();

  // Ends with FIN: writes what is queued, shuts down, reads and discards until the peer ends too
  // or `linger_ms` have gone by since the last byte was written. The owner hears released() only.
  // Without the discarding, unread input would turn the close into an RST.
  void close_gently(std::uint64_t linger_ms, std::uint64_t flush_ms);
  // Drops what is queued and closes; the peer sees RST if it sent what nobody read.
  void close_now();
  // Drops what is queued and sends RST.
  void reset();

  [[nodiscard]] bool closing() const { return state_ >= State::flushing; }

  // Closes what close_gently() began if its time is over. Call about once a second.
  void check_deadline(std::uint64_t now_ms);

  // True when the peer has reset the connection or vanished, which reading would tell if it were
  // not paused. A peer that has sent FIN is not gone.
  [[nodiscard]] bool peer_gone() const;

  // Bytes that were read and thrown away while ending, as they came, 4 GiB at most.
  [[nodiscard]] std::uint32_t discarded_bytes() const { return discarded_; }

 private:
  enum class State : std::uint8_t { open, flushing, lingering, closed };

  // Bytes the kernel did not take yet. Made when needed: an idle connection has none.
  struct Queue {
    std::string bytes;
    std::size_t written = 0;  // of `bytes`
    [[nodiscard]] std::size_t left() const { return bytes.size() - written; }
    void append(std::string_view part);
  };

  friend class Poller;
  void on_edge(std::uint32_t events);
  void on_look();
  void on_release() { owner_.released(*this); }

  void look();
  void look_again();
  void on_writable();
  void start_lingering();
  [[nodiscard]] ReadResult read_socket(char* buffer, std::size_t size);
  [[nodiscard]] ReadResult peek_socket(char* buffer, std::size_t size);
  [[nodiscard]] ReadResult note_tls_input(const ReadResult& got);
  [[nodiscard]] bool write_socket(std::span<const std::string_view> parts);
  [[nodiscard]] bool write_tls(std::span<const std::string_view> parts);
  [[nodiscard]] bool send_enciphered();
  void notify_close();
  void tell_peeked() {
    readable_ = true;
    peeked_ = false;
  }
  void discard_input();
  void enqueue_after(std::span<const std::string_view> parts, std::size_t skip);
  // Whether input is of interest to anyone.
  [[nodiscard]] bool takes_input() const {
    return state_ == State::lingering || (state_ == State::open && want_readable_);
  }

  Poller& poller_;
  ConnectionEvents& owner_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<TlsSession> tls_;
  std::uint64_t deadline_ms_ = 0;  // of flushing or lingering
  std::uint32_t discarded_ = 0;
  int fd_;
  int last_error_ = 0;
  std::uint32_t linger_ms_ = 0;
  State state_ = State::open;
  bool watched_ = false;       // by the poller
  bool room_watched_ = false;  // also for room to write
  bool readable_ = false;      // bytes, an end or an error may be there to read
  bool peer_ended_ = false;    // by FIN, RST or an error, which a read may not have told yet
  bool urgent_ = false;        // urgent data has come: reads stop at it
  bool peeked_ = false;        // what is there to read may be more than `readable_` says
  bool to_look_ = false;       // in the poller's list
  bool want_readable_ = false;
  bool fin_wanted_ = false;
  bool fin_sent_ = false;
};

}  // namespace waymark::net
