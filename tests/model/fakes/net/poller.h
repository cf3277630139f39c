// Knows the connections by the number the model gave them instead of a descriptor.
#pragma once

#include <map>

#include "net/loop.h"

namespace waymark::net {

class Connection;

class Poller {
 public:
  explicit Poller(Loop& loop) : loop_(loop) {}
  [[nodiscard]] const Loop& loop() const { return loop_; }

  std::map<int, Connection*> connections;  // those that are not released

 private:
  Loop& loop_;
};

}  // namespace waymark::net
