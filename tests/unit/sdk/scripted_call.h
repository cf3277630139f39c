// A gRPC client that does what a test says, one blocking step at a time.
#pragma once

#include <google/protobuf/message_lite.h>
#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/sync_note.h"

namespace waymark::sdk {

// Every step throws, and so fails its test, when it takes longer than this.
inline constexpr std::chrono::seconds kStepTimeout(10);

class ScriptedCall {
 public:
  ScriptedCall(const std::string& address, const std::string& method)
      : stub_(make_channel(address)) {
    call_ = stub_.PrepareCall(&context_, method, &queue_);
    note_handed_over(this);
    call_->StartCall(this);
    (void)step();
  }
  ScriptedCall(const ScriptedCall&) = delete;
  ScriptedCall& operator=(const ScriptedCall&) = delete;
  ~ScriptedCall() {
    context_.TryCancel();
    call_.reset();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  bool send(const google::protobuf::MessageLite& message) {
    return send_bytes(message.SerializeAsString());
  }
  bool send_bytes(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    note_handed_over(this);
    call_->Write(grpc::ByteBuffer(&slice, 1), this);
    return step();
  }
  bool end_sending() {
    note_handed_over(this);
    call_->WritesDone(this);
    return step();
  }

  // The next message; nullopt at the end of the stream.
  template <typename Message>
  [[nodiscard]] std::optional<Message> receive() {
    grpc::ByteBuffer bytes;
    note_handed_over(this);
    call_->Read(&bytes, this);
    if (!step()) return std::nullopt;
    Message message;
    if (!grpc::GenericDeserialize<grpc::ProtoBufferReader, Message>(&bytes, &message).ok()) {
      throw std::runtime_error("not the message that was expected");
    }
    return message;
  }

  // The status the stream ended with, after everything was received.
  [[nodiscard]] grpc::Status status() {
    grpc::Status status;
    note_handed_over(this);
    call_->Finish(&status, this);
    (void)step();
    return status;
  }

  void cancel() { context_.TryCancel(); }

 private:
  static std::shared_ptr<grpc::Channel> make_channel(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("grpc.use_local_subchannel_pool", 1);
    arguments.SetMaxReceiveMessageSize(-1);
    return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  }

  bool step() {
    void* tag = nullptr;
    bool ok = false;
    const auto deadline = std::chrono::system_clock::now() + kStepTimeout;
    if (queue_.AsyncNext(&tag, &ok, deadline) != grpc::CompletionQueue::GOT_EVENT) {
      throw std::runtime_error("the upstream did not answer in time");
    }
    note_received(tag);
    return ok;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

}  // namespace waymark::sdk
