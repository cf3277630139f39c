// Watches the sockets of connections, edge by edge.
//
// libuv watches level by level: each pause of a client and each return from it is a system call or
// two, and every socket that was ready is looked at twice. So the sockets sit in an epoll set of
// their own, and libuv watches the descriptor of that set.
//
//   kernel: something happened --> Connection::on_edge()      once, told in the pass it happens
//   Connection::look_again()   --> Connection::on_look()      at the end of this pass or, if asked
//                                                             there, of one that does not wait
//   Connection::close_now()    --> ConnectionEvents::released()   at the end of this pass
#pragma once

#include <sys/epoll.h>
#include <uv.h>

#include <array>
#include <vector>

#include "net/loop.h"

namespace waymark::net {

class Connection;

class Poller {
 public:
  explicit Poller(Loop& loop);
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  // Requires close(). The loop must not run between this and its own end.
  ~Poller();

  [[nodiscard]] const Loop& loop() const { return loop_; }

  // From now on `connection` hears of input, of the peer's end and of errors at `fd`, which it also
  // does of what is there already. False with errno if the kernel refuses. Closing `fd` ends it.
  [[nodiscard]] bool watch(Connection& connection, int fd);
  // From now on also of room to write.
  [[nodiscard]] bool watch_room(Connection& connection, int fd);

  // Nobody hears of `fd` any more.
  void forget(int fd);

  // Has the connection look at the end of a pass that does not wait for an event.
  void look_again(Connection& connection);
  // The connection has closed its descriptor: its owner is told at the end of the pass, when no
  // event of it is left.
  void release(Connection& connection);

  // No connection may be left.
  void close();

 private:
  static constexpr std::size_t kEventsPerPass = 1024;

  void on_events();
  void end_pass();
  void do_not_wait();

  Loop& loop_;
  int fd_;
  uv_poll_t poll_;
  uv_check_t check_;  // runs after the events of each pass
  uv_idle_t idle_;    // active while somebody is in a list: the loop does not wait then
  std::vector<Connection*> to_look_;
  std::vector<Connection*> to_release_;
  std::vector<Connection*> taken_;  // empty between passes; kept for its capacity
  std::array<epoll_event, kEventsPerPass> events_;
};

}  // namespace waymark::net
