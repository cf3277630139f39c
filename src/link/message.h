// A received gRPC message, readable in place.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <string_view>
#include <vector>

#include "wire/bytes.h"

namespace waymark::link {

// Holds the slices the transport received; pieces() are views into them.
class Message {
 public:
  explicit Message(const grpc::ByteBuffer& buffer) {
    if (!buffer.Dump(&slices_).ok()) slices_.clear();
    pieces_.reserve(slices_.size());
    for (const grpc::Slice& slice : slices_) {
      pieces_.emplace_back(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  [[nodiscard]] wire::Pieces pieces() const { return pieces_; }

 private:
  std::vector<grpc::Slice> slices_;
  std::vector<std::string_view> pieces_;
};

}  // namespace waymark::link
