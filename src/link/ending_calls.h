// Calls that were given up: cancelled, and kept until gRPC has finished with them.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "link/call.h"

namespace waymark::link {

class EndingCalls {
 public:
  // Nothing happens for a null `call`.
  void add(std::unique_ptr<Call> call) {
    if (!call) return;
    call->cancel();
    calls_.push_back(std::move(call));
  }
  [[nodiscard]] bool hold(const Call* call) const {
    return std::any_of(calls_.begin(), calls_.end(),
                       [call](const auto& held) { return held.get() == call; });
  }
  void on_completion(const Completion& completion) {
    if (completion.kind != Completion::Kind::finished) return;
    std::erase_if(calls_, [&](const auto& held) { return held.get() == completion.call; });
  }
  [[nodiscard]] bool empty() const { return calls_.empty(); }

 private:
  std::vector<std::unique_ptr<Call>> calls_;
};

}  // namespace waymark::link
