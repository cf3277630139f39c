#include "ctl/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "base/status.h"

namespace waymark::ctl {

void Output::print(std::string_view text) {
  while (status_.ok() && !text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      reader_left_ = errno == EPIPE;
      status_ = errno_error(errno, "cannot write the output");
    }
  }
}

}  // namespace waymark::ctl
