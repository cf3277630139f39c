#include "net/poller.h"

#include <unistd.h>

#include <cerrno>

#include "net/connection.h"
#include "net/handle.h"

namespace waymark::net {
namespace {

constexpr std::uint32_t kInput = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;

bool control(int set, int operation, Connection& connection, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &connection;
  return epoll_ctl(set, operation, fd, &event) == 0;
}

}  // namespace

Poller::Poller(Loop& loop) : loop_(loop), fd_(epoll_create1(EPOLL_CLOEXEC)) {
  require(fd_ < 0 ? uv_translate_sys_error(errno) : 0, "epoll_create1");
  poll_.data = check_.data = this;
  require(uv_poll_init(loop.raw(), &poll_, fd_), "uv_poll_init");
  require(uv_check_init(loop.raw(), &check_), "uv_check_init");
  require(uv_idle_init(loop.raw(), &idle_), "uv_idle_init");
  uv_poll_start(&poll_, UV_READABLE,
                [](uv_poll_t* poll, int, int) { static_cast<Poller*>(poll->data)->on_events(); });
  uv_check_start(&check_, [](uv_check_t* check) { static_cast<Poller*>(check->data)->end_pass(); });
}

Poller::~Poller() { ::close(fd_); }

void Poller::close() {
  close_handle(&poll_);
  close_handle(&check_);
  close_handle(&idle_);
}

bool Poller::watch(Connection& connection, int fd) {
  return control(fd_, EPOLL_CTL_ADD, connection, fd, kInput);
}

// Changing what is watched tells what holds now, so that no edge is missed.
bool Poller::watch_room(Connection& connection, int fd) {
  return control(fd_, EPOLL_CTL_MOD, connection, fd, kInput | EPOLLOUT);
}

void Poller::forget(int fd) { (void)epoll_ctl(fd_, EPOLL_CTL_DEL, fd, nullptr); }

void Poller::look_again(Connection& connection) {
  to_look_.push_back(&connection);
  do_not_wait();
}

void Poller::release(Connection& connection) {
  to_release_.push_back(&connection);
  do_not_wait();
}

void Poller::do_not_wait() {
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(&idle_)) == 0) {
    uv_idle_start(&idle_, [](uv_idle_t*) {});
  }
}

void Poller::on_events() {
  const int count = epoll_wait(fd_, events_.data(), kEventsPerPass, 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<std::size_t>(i)];
    static_cast<Connection*>(event.data.ptr)->on_edge(event.events);
  }
}

void Poller::end_pass() {
  if (to_look_.empty() && to_release_.empty()) return;
  taken_.swap(to_look_);
  for (Connection* connection : taken_) connection->on_look();
  taken_.clear();

  taken_.swap(to_release_);
  for (Connection* connection : taken_) {
    if (connection->to_look_) {
      to_release_.push_back(connection);  // still in the other list: after the next pass
    } else {
      connection->on_release();
    }
  }
  taken_.clear();
  if (to_look_.empty() && to_release_.empty()) uv_idle_stop(&idle_);
}

}  // namespace waymark::net
