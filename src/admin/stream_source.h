// What an endless answer is made of.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace waymark::admin {

class StreamSource {
 public:
  // Ends the use of `wake` before it returns.
  virtual ~StreamSource() = default;

  // Called once before next(). The source calls `wake`, on any thread, when next() has something
  // again; one time too many does no harm.
  virtual void start(std::function<void()> wake) = 0;
  // At most `most` bytes of what is there; empty if nothing is. Does not wait. HTTP thread.
  [[nodiscard]] virtual std::string next(std::size_t most) = 0;
};

}  // namespace waymark::admin
