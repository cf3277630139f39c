// What a call tells the worker.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <string>

namespace waymark::link {

class Call;

struct Completion {
  enum class Kind : std::uint8_t {
    started,   // ok: the call reached the upstream
    received,  // `message`
    written,   // ok: handed to the transport
    finished,  // `status`; the last completion of its call
  };
  Call* call = nullptr;
  Kind kind = Kind::started;
  bool ok = false;
  grpc::ByteBuffer message;
  grpc::Status status;
  std::uint64_t at_ns = 0;  // of the unix clock
};

// What `status` says, for people.
[[nodiscard]] std::string describe(const grpc::Status& status);

}  // namespace waymark::link
