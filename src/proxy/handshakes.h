// Connections of listeners that want TLS, until they have shaken hands. One worker.
//
//   take -- first bytes -- a turn is free --> shaking --> done --> arrives as anybody else
//                |                               |------> failed, untrusted, ended, late: closed
//                `-- none is --> waiting -- called --'
//
// Who has sent nothing yet takes no turn, and costs a socket only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>

#include "net/connection.h"
#include "net/poller.h"
#include "proxy/mail.h"
#include "proxy/snapshot.h"
#include "proxy/worker_state.h"

namespace waymark::proxy {

class Handshakes final : public net::ConnectionEvents {
 public:
  // Gets those who are done; Arrival::tls is theirs.
  using OnDone = std::function<void(NewClient)>;
  Handshakes(WorkerState& state, net::Poller& poller, OnDone on_done)
      : state_(state), poller_(poller), on_done_(std::move(on_done)) {}

  // The listener wants TLS.
  void take(NewClient&& client);
  // About ten times a second.
  void tick();
  // Closes all.
  void close();

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  enum class Stage : std::uint8_t { silent, waiting, called, shaking, flushing, over };
  struct Guest final : net::Connection {
    Guest(net::Poller& poller, net::ConnectionEvents& owner, NewClient&& who)
        : net::Connection(poller, who.arrival.fd, owner), client(std::move(who)) {}

    NewClient client;
    std::size_t pool = 0;  // it is counted there
    std::uint64_t deadline_ms = 0;
    Stage stage = Stage::silent;
    std::list<Guest>::iterator place;
    std::list<Guest*>::iterator turn;  // of waiting_
  };

  void readable(net::Connection& connection) override;
  void drained(net::Connection& connection) override;
  void broken(net::Connection& connection, int error_number) override;
  void released(net::Connection& connection) override;

  [[nodiscard]] const ListenerContext& listener_of(const Guest& guest) const;
  [[nodiscard]] std::uint64_t deadline_of(const Guest& guest) const;
  [[nodiscard]] bool take_turn();
  // Not too many have begun in this pass.
  [[nodiscard]] bool may_begin();
  void begin(Guest& guest);
  void go_on(Guest& guest);
  void finish(Guest& guest);
  // What has begun or waits ends, and gives its turn away.
  void end(Guest& guest);
  void fail(Guest& guest, TlsHandshakeResult result);
  void call_waiting(int most);

  WorkerState& state_;
  net::Poller& poller_;
  const OnDone on_done_;
  unsigned ticks_ = 0;
  std::uint64_t begun_at_ms_ = 0;
  int begun_ = 0;  // since then
  std::list<Guest> guests_;
  std::list<Guest*> waiting_;
};

}  // namespace waymark::proxy
