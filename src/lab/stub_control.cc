#include "lab/stub_control.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/status.h"

namespace waymark::lab {
namespace {

constexpr std::size_t kMaxAnswer = 64 * 1024;
constexpr timeval kPatience{.tv_sec = 5, .tv_usec = 0};

absl::StatusOr<std::string> converse(int fd, const std::string& path, const std::string& line) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return errno_error(ENAMETOOLONG, path);
  std::memcpy(address.sun_path, path.data(), path.size());
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::send(fd, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
    return error(absl::StatusCode::kUnavailable, "{}", message_of(errno_error(errno, path)));
  }
  std::string answer;
  std::array<char, 4096> buffer;
  while (!answer.ends_with('\n')) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0 || answer.size() > kMaxAnswer) {
      return error(absl::StatusCode::kUnavailable, "{}: no answer", path);
    }
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return answer;
}

}  // namespace

absl::StatusOr<std::string> ask_stub(const std::string& path, const std::string& line) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno_error(errno, "socket");
  auto answer = converse(fd, path, line);
  ::close(fd);
  return answer;
}

}  // namespace waymark::lab
