#include "store/store.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/status.h"

namespace waymark::store {
namespace {

// Changes that share a transaction at most, and with it a wait for the disk.
constexpr std::size_t kBatch = 64;
// How often the file is looked for while nothing is written.
constexpr std::chrono::milliseconds kLookInterval{2000};

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  auto state = DurableState::open(options.directory, options.recover, options.notice);
  if (!state.ok()) return state.status();
  return std::unique_ptr<Store>(new Store(std::move(*state), std::move(options)));
}

Store::Store(std::unique_ptr<DurableState> state, StoreOptions options)
    : loaded_(state->state()),
      state_(std::move(state)),
      notice_(std::move(options.notice)),
      directory_(std::move(options.directory)),
      queue_limit_(options.queue_limit),
      thread_([this] { run(); }) {}

Store::~Store() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Store::write(Change change, Done done) {
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() < queue_limit_) {
      queue_.push_back({std::move(change), std::move(done)});
      changed_.notify_one();
      return;
    }
  }
  if (done) {
    done(error(absl::StatusCode::kResourceExhausted,
               "{} changes wait for the disk of {}, and no more may: try again later", queue_limit_,
               directory_));
  }
}

std::vector<Store::Queued> Store::take_batch() {
  const auto count = static_cast<std::ptrdiff_t>(std::min(queue_.size(), kBatch));
  std::vector<Queued> batch(std::make_move_iterator(queue_.begin()),
                            std::make_move_iterator(queue_.begin() + count));
  queue_.erase(queue_.begin(), queue_.begin() + count);
  return batch;
}

void Store::run() {
  pthread_setname_np(pthread_self(), "wm-store");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait_for(lock, kLookInterval, [this] { return !queue_.empty() || ending_; });
    std::vector<Queued> batch = take_batch();
    const bool over = batch.empty() && ending_;
    lock.unlock();
    if (batch.empty()) {
      look_after();
    } else {
      write_batch(std::move(batch));
    }
    if (over) return;
    lock.lock();
  }
}

void Store::write_batch(std::vector<Queued> batch) {
  std::vector<Change> changes;
  changes.reserve(batch.size());
  for (Queued& queued : batch) changes.push_back(std::move(queued.change));
  const absl::Status together = state_->write(changes);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    // One that needs more room than there is must not keep the others from the disk.
    const bool alone = !together.ok() && batch.size() > 1;
    const absl::Status status = alone ? state_->write({&changes[i], 1}) : together;
    if (batch[i].done) batch[i].done(status);
  }
}

void Store::look_after() {
  const absl::Status status = state_->mend();
  const std::string problem(message_of(status));
  if (!status.ok() && problem != last_problem_ && notice_) {
    notice_(
        fmt::format("the state is in memory only, and would not outlive a restart: {}", problem));
  }
  last_problem_ = problem;
}

}  // namespace waymark::store
