#include "control.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <poll.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace waymark::stub {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxLine = 64 * 1024;
constexpr int kSilenceMs = 2'000;
constexpr int kForEver = -1;

absl::Status fault(const std::string& path, const std::string& what) {
  return absl::InvalidArgumentError(path + ": " + what);
}

// Whether somebody listens on the socket at `address`.
bool is_served(const sockaddr_un& address) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool served =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(probe);
  return served;
}

std::string to_line(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string error_line(std::string_view text) { return to_line({{"error", text}}); }

}  // namespace

absl::StatusOr<std::unique_ptr<Control>> Control::open(const std::string& path, Stub& stub) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return fault(
        path, "a path of 1 to " + std::to_string(sizeof(address.sun_path) - 1) + " bytes is due");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) return fault(path, "is there already, and no socket");
    if (is_served(address)) return fault(path, "another process listens on it");
    ::unlink(path.c_str());
  }
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  // Before it has a name, so that nobody else can be quicker.
  if (listener < 0 || ::fchmod(listener, S_IRUSR | S_IWUSR) != 0 ||
      ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener, SOMAXCONN) != 0) {
    const int reason = errno;
    if (listener >= 0) ::close(listener);
    return fault(path, std::strerror(reason));
  }
  const int stop = ::eventfd(0, EFD_CLOEXEC);
  return std::unique_ptr<Control>(new Control(path, listener, stop, stub));
}

Control::Control(std::string path, int listener, int stop, Stub& stub)
    : path_(std::move(path)), listener_(listener), stop_(stop), stub_(stub), thread_([this] {
        run();
      }) {}

Control::~Control() {
  const std::uint64_t one = 1;
  (void)!::write(stop_, &one, sizeof(one));
  thread_.join();
  ::close(listener_);
  ::close(stop_);
  ::unlink(path_.c_str());
}

bool Control::wait_for(int descriptor, int timeout_ms) const {
  std::array<pollfd, 2> waits = {{{descriptor, POLLIN, 0}, {stop_, POLLIN, 0}}};
  const int ready = ::poll(waits.data(), waits.size(), timeout_ms);
  return ready > 0 && waits[1].revents == 0;
}

void Control::run() {
  while (wait_for(listener_, kForEver)) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    const timeval patience{.tv_sec = kSilenceMs / 1000, .tv_usec = 0};
    ::setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    serve(connection);
    ::close(connection);
  }
}

void Control::serve(int connection) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (wait_for(connection, kSilenceMs)) {
    const ssize_t got = ::recv(connection, buffer.data(), buffer.size(), 0);
    if (got <= 0) return;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
      const std::string out = answer(std::string_view(text).substr(0, end));
      text.erase(0, end + 1);
      if (::send(connection, out.data(), out.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(out.size())) {
        return;
      }
    }
    if (text.size() > kMaxLine) {
      const std::string out =
          error_line("a line is at most " + std::to_string(kMaxLine) + " bytes long");
      (void)!::send(connection, out.data(), out.size(), MSG_NOSIGNAL);
      return;
    }
  }
}

std::string Control::answer(std::string_view line) {
  const Json request = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!request.is_object()) return error_line("a JSON object is due, {} to ask");
  Behaviour behaviour = stub_.behaviour();
  for (const auto& [name, value] : request.items()) {
    if (!value.is_string()) return error_line(name + ": a text is due");
    const absl::Status status = set(behaviour, name, value.get<std::string>());
    if (!status.ok()) {
      return error_line(std::string_view(status.message().data(), status.message().size()));
    }
  }
  if (!request.empty()) {
    stub_.change(behaviour, {.crash = request.contains("crash_after"),
                             .hang = request.contains("hang_after")});
  }
  Json values = Json::object();
  for (const auto& [name, value] : values_of(behaviour)) values[std::string(name)] = value;
  return to_line({{"behaviour", std::move(values)}, {"frames", stub_.frames()}});
}

}  // namespace waymark::stub
