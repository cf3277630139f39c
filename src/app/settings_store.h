// Settings that were changed while running and are meant to stay, as the store keeps them. They
// stand over the file.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "app/config_text.h"
#include "store/store.h"

namespace waymark::app {

// Thread-safe.
class SettingsStore {
 public:
  // `store` outlives it.
  SettingsStore(store::Store& store, std::vector<store::StoredSetting> remembered);

  [[nodiscard]] FlatConfig all() const;

  // Keeps `put` and forgets `erase`, all or none; waits until it is on the disk.
  // ResourceExhausted if it cannot be written.
  [[nodiscard]] absl::Status keep(const FlatConfig& put, const std::vector<std::string>& erase);

 private:
  [[nodiscard]] absl::Status write(const FlatConfig& put, const std::vector<std::string>& erase);

  store::Store& store_;
  mutable std::mutex mutex_;
  FlatConfig kept_;  // guarded by mutex_
};

}  // namespace waymark::app
