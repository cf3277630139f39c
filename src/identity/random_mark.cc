#include "identity/random_mark.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace waymark::identity {

void fill_random(void* out, std::size_t size) {
  auto* at = static_cast<char*>(out);
  while (size > 0) {
    const ssize_t got = getrandom(at, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) std::abort();
    at += got;
    size -= static_cast<std::size_t>(got);
  }
}

Mark RandomMarks::next() {
  if (left_ == 0) {
    fill_random(bytes_.data(), sizeof bytes_);
    left_ = kAhead;
  }
  auto& bytes = bytes_[--left_];
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  return Mark(bytes);
}

}  // namespace waymark::identity
