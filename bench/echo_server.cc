// The back-end of the benchmark's L4 proxies: a TCP echo on one thread, as cheap as it can be.
//
//   waymark-bench-echo PORT
//
// Listens on 127.0.0.1:PORT until it is killed. One read and one write an event; what the socket
// does not take is kept and written before anything more is read from that connection.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

class EchoServer {
 public:
  // Exits the process if `port` cannot be had.
  explicit EchoServer(std::uint16_t port);

  [[noreturn]] void run();

 private:
  void accept_all();
  void on_ready(int fd, std::uint32_t events);
  void read(int fd);
  // Writes `bytes`, and keeps what did not fit.
  void write(int fd, std::string_view bytes);
  void close(int fd);
  void watch(int fd, std::uint32_t events, int operation) const;

  int listener_;
  int epoll_;
  std::vector<char> scratch_ = std::vector<char>(256 * 1024);
  std::unordered_map<int, std::string> unwritten_;
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

EchoServer::EchoServer(std::uint16_t port)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) die("bind");
  if (::listen(listener_, 4096) != 0) die("listen");
  watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
}

void EchoServer::run() {
  std::array<epoll_event, 512> events;
  for (;;) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd == listener_) {
        accept_all();
      } else {
        on_ready(event.data.fd, event.events);
      }
    }
  }
}

void EchoServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(fd, EPOLLIN, EPOLL_CTL_ADD);
  }
}

void EchoServer::on_ready(int fd, std::uint32_t events) {
  if (const auto left = unwritten_.find(fd); left != unwritten_.end()) {
    if ((events & EPOLLOUT) == 0) {
      close(fd);  // only an error wakes a connection that waits to write
      return;
    }
    const std::string bytes = std::move(left->second);
    unwritten_.erase(left);
    watch(fd, EPOLLIN, EPOLL_CTL_MOD);
    write(fd, bytes);
    return;
  }
  read(fd);
}

void EchoServer::read(int fd) {
  const ssize_t size = ::recv(fd, scratch_.data(), scratch_.size(), 0);
  if (size > 0) {
    write(fd, {scratch_.data(), static_cast<std::size_t>(size)});
  } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
    close(fd);
  }
}

void EchoServer::write(int fd, std::string_view bytes) {
  const ssize_t size = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (size < 0 && errno != EAGAIN && errno != EINTR) {
    close(fd);
    return;
  }
  if (size > 0) bytes.remove_prefix(static_cast<std::size_t>(size));
  if (bytes.empty()) return;
  unwritten_[fd] = std::string(bytes);
  watch(fd, EPOLLOUT, EPOLL_CTL_MOD);
}

void EchoServer::close(int fd) {
  unwritten_.erase(fd);
  ::close(fd);
}

void EchoServer::watch(int fd, std::uint32_t events, int operation) const {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_, operation, fd, &event) != 0) die("epoll_ctl");
}

}  // namespace

int main(int argc, char** argv) {
  const int port = argc == 2 ? std::atoi(argv[1]) : 0;
  if (port <= 0 || port > UINT16_MAX) {
    std::fputs("usage: waymark-bench-echo PORT\n", stderr);
    return 2;
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  EchoServer(static_cast<std::uint16_t>(port)).run();
}
