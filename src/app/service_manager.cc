#include "app/service_manager.h"

#include <fmt/format.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/status.h"

namespace waymark::app {
namespace {

constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string taken = value != nullptr ? value : "";
  unsetenv(name);
  return taken;
}

// 0 for what is no number.
std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  return fault == std::errc() && end == text.data() + text.size() ? number : 0;
}

// The clock systemd compares with its own.
std::uint64_t monotonic_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000U +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000U;
}

}  // namespace

ServiceEnvironment take_service_environment() {
  ServiceEnvironment environment{.notify_socket = take_variable("NOTIFY_SOCKET")};
  const std::string period = take_variable("WATCHDOG_USEC");
  const std::string pid = take_variable("WATCHDOG_PID");
  if (pid.empty() || number_of(pid) == static_cast<std::uint64_t>(getpid())) {
    environment.watchdog = std::chrono::microseconds(number_of(period));
  }
  return environment;
}

ServiceManager::ServiceManager(const ServiceEnvironment& environment)
    : watchdog_(environment.notify_socket.empty() ? std::chrono::microseconds(0)
                                                  : environment.watchdog) {
  const std::string& name = environment.notify_socket;
  if (name.empty()) return;
  if ((name[0] != '/' && name[0] != '@') || name.size() >= sizeof(address_.sun_path)) {
    problem_ = error(absl::StatusCode::kInvalidArgument,
                     "NOTIFY_SOCKET '{}' is neither a path nor an abstract name after '@', of at "
                     "most {} bytes",
                     name, sizeof(address_.sun_path) - 1);
    return;
  }
  address_.sun_family = AF_UNIX;
  std::memcpy(address_.sun_path, name.data(), name.size());
  if (name[0] == '@') address_.sun_path[0] = '\0';
  address_size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (name[0] == '/') ++address_size_;
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) {
    problem_ = error(absl::StatusCode::kUnavailable, "NOTIFY_SOCKET: {}", std::strerror(errno));
    return;
  }
  (void)setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) close(socket_);
}

absl::Status ServiceManager::ready() {
  std::lock_guard lock(mutex_);
  if (phase_ != Phase::starting) return absl::OkStatus();
  phase_ = Phase::serving;
  return send("READY=1\n" + status_line());
}

void ServiceManager::stopping() {
  std::lock_guard lock(mutex_);
  phase_ = Phase::stopping;
  (void)send("STOPPING=1");
}

void ServiceManager::status(std::string_view text) {
  std::lock_guard lock(mutex_);
  if (status_ == text) return;
  status_ = text;
  (void)send(status_line(), MSG_DONTWAIT);
}

void ServiceManager::ping() { (void)send("WATCHDOG=1", MSG_DONTWAIT); }

void ServiceManager::reload_begins() {
  std::lock_guard lock(mutex_);
  if (phase_ != Phase::serving) return;
  (void)send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_microseconds()));
}

void ServiceManager::reload_ends(bool failed) {
  std::lock_guard lock(mutex_);
  reload_failed_ = failed;
  if (phase_ != Phase::serving) return;
  (void)send("READY=1\n" + status_line());
}

// A line of its own is a message of its own: none may come in with the text.
std::string ServiceManager::status_line() const {
  std::string line = "STATUS=" + status_;
  if (reload_failed_) line += "; the last reload changed nothing: the log says why";
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return line;
}

absl::Status ServiceManager::send(std::string_view message, int flags) {
  if (socket_ < 0) return problem_;
  const ssize_t sent = sendto(socket_, message.data(), message.size(), flags | MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr*>(&address_), address_size_);
  if (sent >= 0) return absl::OkStatus();
  return error(absl::StatusCode::kUnavailable, "NOTIFY_SOCKET: {}", std::strerror(errno));
}

}  // namespace waymark::app
