// How the loop's own handles are made and closed.
#pragma once

#include <uv.h>

#include <cstdio>
#include <cstdlib>

namespace waymark::net {

// libuv fails to make a handle only when the process is out of memory or descriptors before it
// serves anyone.
inline void require(int result, const char* what) {
  if (result == 0) return;
  std::fprintf(stderr, "waymark: %s: %s\n", what, uv_strerror(result));
  std::abort();
}

template <typename Handle>
void close_handle(Handle* handle) {
  auto* base = reinterpret_cast<uv_handle_t*>(handle);
  if (!uv_is_closing(base)) uv_close(base, nullptr);
}

}  // namespace waymark::net
