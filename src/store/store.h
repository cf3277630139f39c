// What was set while running, kept over a restart: a queue of changes and the thread that writes
// them to `state.db`.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/durable_state.h"
#include "store/stored.h"

namespace waymark::store {

struct StoreOptions {
  std::string directory;  // made if missing
  bool recover = false;   // put a damaged file aside and go on with what can be read of it
  std::size_t queue_limit = 1024;
  // For the log; called by open() and later on the store's thread. May be empty.
  Notice notice;
};

class Store {
 public:
  // Called once: with OK when the change is on the disk, with ResourceExhausted when it is not and
  // nothing has changed.
  using Done = std::function<void(absl::Status)>;

  // Each error says what to do about it:
  // FailedPrecondition: another process uses the directory, or a newer program wrote the file.
  // DataLoss: the file is damaged, and `recover` is not set.
  // Others: the directory cannot be made or written.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Store>> open(StoreOptions options);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  // Writes what is queued.
  ~Store();

  // What open() has read; empty the second time.
  [[nodiscard]] StoredState take_loaded() { return std::move(loaded_); }

  // Any thread. `done` runs on the store's thread, after those of earlier changes; if the queue is
  // full it runs at once, here. It may call write(), but must not wait for the store.
  void write(Change change, Done done);

 private:
  struct Queued {
    Change change;
    Done done;
  };

  Store(std::unique_ptr<DurableState> state, StoreOptions options);
  void run();
  [[nodiscard]] std::vector<Queued> take_batch();
  void write_batch(std::vector<Queued> batch);
  void look_after();

  StoredState loaded_;
  const std::unique_ptr<DurableState> state_;  // of the thread, once it runs
  const Notice notice_;
  const std::string directory_;
  const std::size_t queue_limit_;
  std::string last_problem_;  // of the thread
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Queued> queue_;  // guarded by mutex_, as all below
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace waymark::store
