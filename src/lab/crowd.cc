#include "lab/crowd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <deque>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "lab/numbered_line.h"

namespace waymark::lab {
namespace {

constexpr Nanos kMs = 1'000'000;
constexpr Nanos kLongestTurn = 20 * kMs;
constexpr std::size_t kForeignBytes = 40;  // of what is told of a foreign answer

Nanos now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

absl::StatusOr<int> connect_to(const std::string& target) {
  const std::size_t colon = target.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::uint16_t port = 0;
  std::from_chars(target.data() + colon + 1, target.data() + target.size(), port);
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, target.substr(0, colon).c_str(), &address.sin_addr);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno_error(errno, "socket");
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    const int reason = errno;
    ::close(fd);
    return errno_error(reason, "connect to " + target);
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

}  // namespace

class Crowd::Client {
 public:
  Client(std::uint32_t number, int fd) : fd_(fd) { history_.number = number; }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(fd_); }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_there() const { return history_.dropped.empty(); }
  [[nodiscard]] bool has_unsent() const { return !unsent_.empty(); }
  [[nodiscard]] std::uint64_t sent() const { return history_.sent(); }
  [[nodiscard]] std::size_t unanswered() const {
    return is_there() ? waiting_.size() + (has_unsent() ? 1 : 0) : 0;
  }
  [[nodiscard]] ClientHistory take_history() { return std::move(history_); }

  [[nodiscard]] bool may_send(Nanos now) const {
    if (!is_there() || has_unsent()) return false;
    if (waiting_.size() < kInFlight) return true;
    constexpr Nanos kOld = std::chrono::nanoseconds(kForgotten).count();
    return now - std::prev(waiting_.end(), kInFlight)->second > kOld;
  }

  void add_line() { unsent_ = numbered_line(history_.number, history_.sent() + 1); }

  // Sends what the kernel takes of the line.
  void flush(Nanos now) {
    const ssize_t taken = ::send(fd_, unsent_.data(), unsent_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken < 0) {
      if (errno != EAGAIN && errno != EINTR) drop(std::strerror(errno));
      return;
    }
    unsent_.erase(0, static_cast<std::size_t>(taken));
    if (!unsent_.empty()) return;
    history_.sent_at.push_back(now);
    waiting_.emplace(history_.sent(), now);
  }

  // Reads what is there.
  void read(Nanos now) {
    std::array<char, 64 * 1024> buffer;
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got == 0) return drop("FIN");
    if (got < 0) {
      if (errno != EAGAIN && errno != EINTR) drop(std::strerror(errno));
      return;
    }
    partial_.append(buffer.data(), static_cast<std::size_t>(got));
    std::string_view rest = partial_;
    for (std::size_t end = 0; (end = rest.find('\n')) != std::string_view::npos;
         rest.remove_prefix(end + 1)) {
      take(rest.substr(0, end), now);
    }
    partial_.erase(0, partial_.size() - rest.size());
  }

 private:
  void take(std::string_view line, Nanos now) {
    const auto frame = frame_of(history_.number, line);
    if (!frame) {
      history_.foreign.push_back(fmt::format("\"{}\"", line.substr(0, kForeignBytes)));
      return;
    }
    waiting_.erase(*frame);
    history_.answers.push_back({now, *frame});
  }

  void drop(std::string why) {
    if (is_there()) history_.dropped = std::move(why);
  }

  const int fd_;
  ClientHistory history_;
  std::string unsent_;                      // the rest of a line
  std::string partial_;                     // of an answer
  std::map<std::uint64_t, Nanos> waiting_;  // without an answer -> when it was sent
};

absl::StatusOr<std::unique_ptr<Crowd>> Crowd::start(const CrowdOptions& options) {
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < options.clients; ++i) {
    const absl::StatusOr<int> fd = connect_to(options.targets[i % options.targets.size()]);
    if (!fd.ok()) return fd.status();
    clients.push_back(std::make_unique<Client>(static_cast<std::uint32_t>(i + 1), *fd));
  }
  return std::unique_ptr<Crowd>(new Crowd(std::move(clients), options.pace));
}

Crowd::Crowd(std::vector<std::unique_ptr<Client>> clients, std::chrono::milliseconds pace)
    : clients_(std::move(clients)),
      pace_(std::chrono::nanoseconds(pace).count()),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      last_news_(now_ns()) {
  const Nanos now = now_ns();
  const auto count = static_cast<Nanos>(clients_.size());
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, clients_[i]->fd(), &event);
    due_.push_back(now + pace_ * static_cast<Nanos>(i) / count);
  }
  thread_ = std::thread([this] { run(); });
}

Crowd::~Crowd() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
  ::close(epoll_);
}

std::chrono::nanoseconds Crowd::silence() const {
  return std::chrono::nanoseconds(now_ns() - last_news_);
}

std::vector<ClientHistory> Crowd::end() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
  std::vector<ClientHistory> histories;
  for (const auto& client : clients_) histories.push_back(client->take_history());
  return histories;
}

void Crowd::run() {
  while (!over_) {
    const Nanos now = now_ns();
    const Nanos next = sending_ ? send_due(now) : now + kLongestTurn;
    const Nanos wait = std::clamp<Nanos>(next - now, 0, kLongestTurn);
    serve(static_cast<int>((wait + kMs - 1) / kMs));
    std::size_t unanswered = 0;
    std::uint64_t sent = 0;
    for (const auto& client : clients_) {
      unanswered += client->unanswered();
      sent += client->sent();
    }
    unanswered_ = unanswered;
    sent_ = sent;
  }
}

Nanos Crowd::send_due(Nanos now) {
  Nanos next = now + kLongestTurn;
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    if (due_[i] <= now && clients_[i]->may_send(now)) {
      clients_[i]->add_line();
      clients_[i]->flush(now);
      due_[i] = std::max(due_[i] + pace_, now - pace_);  // what was missed is not made up for
    }
    if (due_[i] > now) next = std::min(next, due_[i]);
  }
  return next;
}

void Crowd::serve(int timeout_ms) {
  std::array<epoll_event, 64> events;
  const int ready =
      ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
  const Nanos now = now_ns();
  if (ready > 0) last_news_ = now;
  for (int i = 0; i < ready; ++i) {
    Client& client = *clients_[events[i].data.u64];
    client.read(now);
    if (!client.is_there()) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, client.fd(), nullptr);
  }
  for (const auto& client : clients_) {
    if (client->is_there() && client->has_unsent()) client->flush(now);
  }
}

}  // namespace waymark::lab
