#include "sdk/queue_thread.h"

#include <utility>

#include "sdk/tag.h"

namespace waymark::sdk {

QueueThread::QueueThread(std::unique_ptr<grpc::ServerCompletionQueue> queue)
    : queue_(std::move(queue)), thread_([this] { run(); }) {}

QueueThread::~QueueThread() {
  queue_->Shutdown();
  thread_.join();
}

void QueueThread::run() {
  void* done = nullptr;
  bool ok = false;
  while (queue_->Next(&done, &ok)) {
    note_received(done);
    static_cast<Tag*>(done)->completed(ok);
  }
}

}  // namespace waymark::sdk
