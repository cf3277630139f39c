// Tells ThreadSanitizer of an ordering it cannot see.
//
// Debian's gRPC is not instrumented, so the sanitizer misses that a completion queue orders
// "operation started on thread A" before "its tag came out on thread B". These two notes say so.
// They are empty in every other build.
#pragma once

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace waymark {

// Before an operation is handed to a foreign library.
inline void note_handed_over([[maybe_unused]] void* tag) {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(tag);
#endif
}

// After the library handed it back, perhaps on another thread.
inline void note_received([[maybe_unused]] void* tag) {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(tag);
#endif
}

}  // namespace waymark
