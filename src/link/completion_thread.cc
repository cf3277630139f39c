#include "link/completion_thread.h"

#include <grpcpp/completion_queue.h>
#include <pthread.h>

#include "base/sync_note.h"
#include "link/call.h"
#include "link/completion.h"

namespace waymark::link {

CompletionThread::CompletionThread(std::function<void()> wake)
    : wake_(std::move(wake)),
      queue_(std::make_unique<grpc::CompletionQueue>()),
      thread_([this] { run(); }) {}

CompletionThread::~CompletionThread() {
  queue_->Shutdown();
  thread_.join();
}

void CompletionThread::deliver(const std::function<void(Completion&)>& sink) {
  {
    std::lock_guard lock(mutex_);
    woken_ = false;
    delivered_.swap(waiting_);
  }
  for (Completion& completion : delivered_) sink(completion);
  delivered_.clear();
}

void CompletionThread::push(Completion completion, bool announce) {
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(completion));
    wake = announce && !woken_;
    woken_ = woken_ || announce;
  }
  if (wake) wake_();
}

void CompletionThread::run() {
  pthread_setname_np(pthread_self(), "wm-completion");
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    note_received(tag);
    auto* call_tag = static_cast<Call::Tag*>(tag);
    call_tag->call->complete(call_tag->operation, ok);
  }
}

}  // namespace waymark::link
