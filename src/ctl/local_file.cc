#include "ctl/local_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/status.h"

namespace waymark::ctl {

absl::StatusOr<std::string> read_input(const std::string& path, std::size_t max_size) {
  if (path == "-") return read_all(STDIN_FILENO, "standard input", max_size);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno_error(errno, path);
  auto text = read_all(fd, path, max_size);
  ::close(fd);
  return text;
}

}  // namespace waymark::ctl
