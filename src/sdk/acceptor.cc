#include "sdk/acceptor.h"

namespace waymark::sdk {

void Acceptor::accept_next() {
  std::lock_guard lock(mutex_);
  auto stream = std::make_unique<Stream>(*this, service_);
  Stream& waiting = *stream;
  streams_.emplace(&waiting, std::move(stream));
  waiting.accept(generic_, *queues_[next_queue_]);
  next_queue_ = (next_queue_ + 1) % queues_.size();
}

void Acceptor::remove(Stream& stream) {
  std::unique_ptr<Stream> last;  // destroyed without the lock
  {
    std::lock_guard lock(mutex_);
    const auto found = streams_.find(&stream);
    last = std::move(found->second);
    streams_.erase(found);
  }
  last.reset();
  std::lock_guard lock(mutex_);
  if (streams_.empty()) empty_.notify_all();
}

void Acceptor::wait_until_empty() {
  std::unique_lock lock(mutex_);
  empty_.wait(lock, [&] { return streams_.empty(); });
}

}  // namespace waymark::sdk
