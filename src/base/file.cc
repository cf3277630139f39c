#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/status.h"

namespace waymark {

absl::StatusOr<std::string> read_all(int fd, std::string_view name, std::size_t max_size) {
  std::string text;
  std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error(errno, name);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > max_size) {
      return error(absl::StatusCode::kInvalidArgument, "{}: larger than {} bytes", name, max_size);
    }
  }
}

absl::StatusOr<std::string> read_file(const std::string& path, std::size_t max_size) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return errno_error(errno, path);
  auto text = read_all(fd, path, max_size);
  ::close(fd);
  return text;
}

}  // namespace waymark
