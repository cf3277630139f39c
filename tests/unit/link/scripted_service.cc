#include "scripted_service.h"

#include <grpcpp/support/byte_buffer.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "link/protocol.h"

namespace waymark::link {

class ScriptedService::Reactor : public grpc::ServerGenericBidiReactor {
 public:
  Reactor(ScriptedService& service, Seen seen, std::optional<Script> script)
      : service_(service), seen_(std::move(seen)), script_(std::move(script)) {
    if (!script_) {
      end(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, ""));
    } else {
      std::lock_guard lock(mutex_);
      StartRead(&incoming_);
    }
  }
  void OnReadDone(bool ok) override {
    {
      std::lock_guard lock(mutex_);
      if (!ok || std::exchange(asked_, true)) return;
    }
    std::vector<grpc::Slice> slices;
    (void)incoming_.Dump(&slices);
    for (const grpc::Slice& slice : slices) {
      seen_.request.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    {
      std::lock_guard lock(service_.mutex_);
      service_.seen_.push_back(seen_);
    }
    next();
  }
  void OnWriteDone(bool ok) override {
    if (ok) next();
  }
  void OnCancel() override { end(grpc::Status::CANCELLED); }
  void OnDone() override {
    { const std::lock_guard lock(mutex_); }  // after all that was done under it
    delete this;
  }

 private:
  void next() {
    std::lock_guard lock(mutex_);
    if (ended_) return;
    if (!script_->messages.empty()) {
      outgoing_ = to_buffer(script_->messages.front());
      if (script_->endless) script_->messages.push_back(script_->messages.front());
      script_->messages.pop_front();
      StartWrite(&outgoing_);
    } else if (script_->end) {
      ended_ = true;
      Finish(*script_->end);
    }
  }
  void end(const grpc::Status& status) {
    std::lock_guard lock(mutex_);
    if (!std::exchange(ended_, true)) Finish(status);
  }

  ScriptedService& service_;
  Seen seen_;
  std::optional<Script> script_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
  bool asked_ = false;
  std::mutex mutex_;
  bool ended_ = false;
};

ScriptedService::ScriptedService() = default;
ScriptedService::~ScriptedService() = default;

void ScriptedService::script(const std::string& method, std::optional<Script> script) {
  std::lock_guard lock(mutex_);
  if (script) {
    scripts_[method] = *std::move(script);
  } else {
    scripts_.erase(method);
  }
}

std::vector<ScriptedService::Seen> ScriptedService::seen(const std::string& method) const {
  std::lock_guard lock(mutex_);
  std::vector<Seen> result;
  std::copy_if(seen_.begin(), seen_.end(), std::back_inserter(result),
               [&](const Seen& call) { return call.method == method; });
  return result;
}

grpc::ServerGenericBidiReactor* ScriptedService::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  Seen seen{context->method(), context->peer(), {}, {}};
  for (const auto& [key, value] : context->client_metadata()) {
    seen.metadata.emplace(std::string(key.data(), key.size()),
                          std::string(value.data(), value.size()));
  }
  std::optional<Script> script;
  {
    std::lock_guard lock(mutex_);
    const auto found = scripts_.find(seen.method);
    if (found != scripts_.end()) script = found->second;
  }
  return new Reactor(*this, std::move(seen), std::move(script));
}

}  // namespace waymark::link
