#include "app/settings_store.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <utility>

namespace waymark::app {
namespace {

const std::string* find(const FlatConfig& settings, const std::string& path) {
  const auto at = std::find_if(settings.begin(), settings.end(),
                               [&](const auto& setting) { return setting.first == path; });
  return at == settings.end() ? nullptr : &at->second;
}

// Waits for several writes; the first that fails is what it answers.
class Writes {
 public:
  void done(const absl::Status& status) {
    std::lock_guard lock(mutex_);
    if (first_problem_.ok()) first_problem_ = status;
    --open_;
    changed_.notify_one();
  }
  void expect(std::size_t count) { open_ = count; }
  absl::Status wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_ == 0; });
    return first_problem_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t open_ = 0;
  absl::Status first_problem_;
};

}  // namespace

SettingsStore::SettingsStore(store::Store& store, std::vector<store::StoredSetting> remembered)
    : store_(store) {
  for (store::StoredSetting& setting : remembered) {
    kept_.emplace_back(std::move(setting.path), std::move(setting.value));
  }
}

FlatConfig SettingsStore::all() const {
  std::lock_guard lock(mutex_);
  return kept_;
}

absl::Status SettingsStore::keep(const FlatConfig& put, const std::vector<std::string>& erase) {
  std::lock_guard lock(mutex_);
  if (absl::Status written = write(put, erase); !written.ok()) {
    // Some may have been written before the one that failed: as it was.
    FlatConfig restored;
    std::vector<std::string> gone;
    for (const auto& [path, value] : put) {
      const std::string* before = find(kept_, path);
      if (before == nullptr) {
        gone.push_back(path);
      } else {
        restored.emplace_back(path, *before);
      }
    }
    for (const std::string& path : erase) {
      if (const std::string* before = find(kept_, path)) restored.emplace_back(path, *before);
    }
    (void)write(restored, gone);
    return written;
  }
  std::erase_if(kept_, [&](const auto& setting) {
    return find(put, setting.first) != nullptr ||
           std::find(erase.begin(), erase.end(), setting.first) != erase.end();
  });
  kept_.insert(kept_.end(), put.begin(), put.end());
  return absl::OkStatus();
}

absl::Status SettingsStore::write(const FlatConfig& put, const std::vector<std::string>& erase) {
  const auto writes = std::make_shared<Writes>();
  writes->expect(put.size() + erase.size());
  const auto done = [writes](const absl::Status& status) { writes->done(status); };
  for (const auto& [path, value] : put) store_.write(store::PutSetting{{path, value}}, done);
  for (const std::string& path : erase) store_.write(store::EraseSetting{path}, done);
  return writes->wait();
}

}  // namespace waymark::app
