// What an answer in pieces is made of, which may be without an end.
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
  // again or over() is true; one time too many does no harm.
  virtual void start(std::function<void()> wake) = 0;
  // At most `most` bytes of what is there; empty if nothing is. Does not wait. HTTP thread.
  [[nodiscard]] virtual std::string next(std::size_t most) = 0;
  // Nothing will come any more: the answer ends. Asked when next() was empty. HTTP thread.
  [[nodiscard]] virtual bool over() { return false; }
  // What was streamed, for the audit record of its end.
  [[nodiscard]] virtual std::string summary() const { return ""; }
};

}  // namespace waymark::admin
