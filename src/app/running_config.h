// The configuration the process runs with. A reload puts another in its place; whoever has got one
// keeps it, whole and unchanged.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "app/config.h"

namespace waymark::app {

using ConfigPtr = std::shared_ptr<const Config>;

// Thread-safe.
class RunningConfig {
 public:
  explicit RunningConfig(Config config)
      : config_(std::make_shared<const Config>(std::move(config))) {}

  [[nodiscard]] ConfigPtr get() const {
    std::lock_guard lock(mutex_);
    return config_;
  }
  void set(ConfigPtr config) {
    std::lock_guard lock(mutex_);
    config_ = std::move(config);
  }

 private:
  mutable std::mutex mutex_;
  ConfigPtr config_;  // guarded by mutex_
};

}  // namespace waymark::app
