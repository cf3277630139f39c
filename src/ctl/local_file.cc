#include "ctl/local_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/status.h"

namespace waymark::ctl {
namespace {

absl::StatusOr<std::string> read_descriptor(int fd, const std::string& path, std::size_t max_size) {
  std::string text;
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error(errno, path);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > max_size) {
      return error(absl::StatusCode::kInvalidArgument, "{}: more than {} bytes", path, max_size);
    }
  }
}

}  // namespace

absl::StatusOr<std::string> read_file(const std::string& path, std::size_t max_size) {
  if (path == "-") return read_descriptor(STDIN_FILENO, "standard input", max_size);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno_error(errno, path);
  auto text = read_descriptor(fd, path, max_size);
  ::close(fd);
  return text;
}

}  // namespace waymark::ctl
