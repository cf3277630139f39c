#include "sdk/listen_address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <memory>

#include "base/status.h"

namespace waymark::sdk {
namespace {

// 0, or the error of the system.
int try_to_listen(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool bound = ::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, 1) == 0;
  const int result = bound ? 0 : errno;
  ::close(fd);
  return result;
}

}  // namespace

absl::StatusOr<ListenAddress> ListenAddress::parse(std::string_view text) {
  ListenAddress address;
  const std::size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    host = {};
  }
  bool sound = colon != std::string_view::npos && !host.empty();
  if (sound) {
    const char* const end = text.data() + text.size();
    const auto [stop, fault] = std::from_chars(text.data() + colon + 1, end, address.port);
    sound = fault == std::errc() && stop == end;
  }
  if (!sound) {
    return error(absl::StatusCode::kInvalidArgument,
                 "listen address \"{}\": expected host:port, with a port of 0 to 65535", text);
  }
  address.host = host;
  return address;
}

std::string ListenAddress::to_string() const {
  const bool v6 = host.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

absl::Status ListenAddress::probe() const {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int fault = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (fault != 0) {
    return error(absl::StatusCode::kInvalidArgument, "listen on {}: {}", to_string(),
                 ::gai_strerror(fault));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);

  // A host of several addresses (localhost) may lack one of them, but none may be taken.
  bool listens = false;
  int first_error = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const int result = try_to_listen(*address);
    listens = listens || result == 0;
    if (first_error == 0 || result == EADDRINUSE) first_error = result;
  }
  if (listens && first_error != EADDRINUSE) return absl::OkStatus();
  return errno_error(first_error, "listen on " + to_string());
}

}  // namespace waymark::sdk
