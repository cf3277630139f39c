#include "admin/stream.h"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace waymark::admin {
namespace {

constexpr std::string_view kHeartbeat = ":\n\n";  // a comment of text/event-stream
constexpr std::chrono::milliseconds kLook{1'000};

int socket_of(MHD_Connection* connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

}  // namespace

Stream::Stream(StreamSet& set, MHD_Connection* connection, std::unique_ptr<StreamSource> source)
    : set_(set),
      connection_(connection),
      socket_(socket_of(connection)),
      source_(std::move(source)) {
  source_->start([this] { wake(); });
}

Stream::~Stream() { set_.remove(this); }

ssize_t Stream::read(char* out, std::size_t room) {
  while (true) {
    {
      std::lock_guard lock(mutex_);
      if (ended_) return MHD_CONTENT_READER_END_OF_STREAM;
    }
    // The source is asked without the mutex: it may wait for a lock under which it wakes us.
    const std::string bytes = source_->next(room);
    if (!bytes.empty()) {
      std::lock_guard lock(mutex_);
      heartbeat_due_ = false;
      std::memcpy(out, bytes.data(), bytes.size());
      return static_cast<ssize_t>(bytes.size());
    }
    if (source_->over()) return MHD_CONTENT_READER_END_OF_STREAM;
    std::lock_guard lock(mutex_);
    if (std::exchange(woken_, false) || ended_) continue;
    if (std::exchange(heartbeat_due_, false) && room >= kHeartbeat.size()) {
      std::memcpy(out, kHeartbeat.data(), kHeartbeat.size());
      return static_cast<ssize_t>(kHeartbeat.size());
    }
    suspended_ = true;
    MHD_suspend_connection(connection_);
    return 0;
  }
}

void Stream::wake() {
  std::lock_guard lock(mutex_);
  woken_ = true;
  resume();
}

void Stream::look(bool heartbeat_due) {
  pollfd peer{.fd = socket_, .events = POLLRDHUP, .revents = 0};
  ::poll(&peer, 1, 0);
  if ((peer.revents & (POLLHUP | POLLERR)) != 0) return end();
  if (heartbeat_due || (peer.revents & POLLRDHUP) != 0) heartbeat();
}

void Stream::heartbeat() {
  std::lock_guard lock(mutex_);
  heartbeat_due_ = true;
  resume();
}

void Stream::end() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  resume();
}

void Stream::resume() {
  if (std::exchange(suspended_, false)) MHD_resume_connection(connection_);
}

StreamSet::StreamSet(std::size_t limit, std::chrono::milliseconds heartbeat)
    : limit_(limit), thread_([this, heartbeat] { run(heartbeat); }) {}

std::unique_ptr<Stream> StreamSet::open(MHD_Connection* connection,
                                        std::unique_ptr<StreamSource> source) {
  {
    std::lock_guard lock(mutex_);
    if (ended_ || streams_.size() >= limit_) return nullptr;
  }
  auto stream = std::make_unique<Stream>(*this, connection, std::move(source));
  std::lock_guard lock(mutex_);
  streams_.insert(stream.get());
  if (ended_) stream->end();
  return stream;
}

void StreamSet::end_all() {
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    for (Stream* stream : streams_) stream->end();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void StreamSet::remove(Stream* stream) {
  std::lock_guard lock(mutex_);
  streams_.erase(stream);
}

void StreamSet::run(std::chrono::milliseconds heartbeat) {
  pthread_setname_np(pthread_self(), "wm-heartbeat");
  auto beat_at = std::chrono::steady_clock::now() + heartbeat;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, std::min(heartbeat, kLook), [this] { return ended_; })) {
    const auto now = std::chrono::steady_clock::now();
    const bool due = now >= beat_at;
    if (due) beat_at = now + heartbeat;
    for (Stream* stream : streams_) stream->look(due);
  }
}

}  // namespace waymark::admin
