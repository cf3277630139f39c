// gRPC's own threads, and what it writes to stderr.
#pragma once

namespace waymark::link {

// They are there as long as this is, and have ended when it has. Without it they end some time
// after the last channel, which a process that exits does not wait for.
class GrpcLibrary {
 public:
  GrpcLibrary();
  GrpcLibrary(const GrpcLibrary&) = delete;
  GrpcLibrary& operator=(const GrpcLibrary&) = delete;
  // Every channel and queue must have been destroyed.
  ~GrpcLibrary();
};

}  // namespace waymark::link
