#include "link/completion_thread.h"

#include <pthread.h>

#include "base/sync_note.h"
#include "link/call.h"

namespace waymark::link {

CompletionThread::CompletionThread(std::function<void()> wake)
    : wake_(std::move(wake)), thread_([this] { run(); }) {}

CompletionThread::~CompletionThread() {
  queue_.Shutdown();
  thread_.join();
}

void CompletionThread::take(std::vector<Completion>& out) {
  std::lock_guard lock(mutex_);
  out.swap(waiting_);
}

void CompletionThread::push(Completion completion) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = waiting_.empty();
    waiting_.push_back(std::move(completion));
  }
  if (first) wake_();
}

void CompletionThread::run() {
  pthread_setname_np(pthread_self(), "wm-completion");
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    note_received(tag);
    auto* call_tag = static_cast<Call::Tag*>(tag);
    call_tag->call->complete(call_tag->operation, ok);
  }
}

}  // namespace waymark::link
