#include "link/grpc_library.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>

#include <cstdio>
#include <string_view>

namespace waymark::link {
namespace {

// Failed handshakes are in Link::last_problem(); gRPC would tell of each, twice a second.
void write_to_stderr(gpr_log_func_args* args) {
  if (std::string_view(args->file).ends_with("ssl_transport_security.cc")) return;
  std::fprintf(stderr, "gRPC: %s:%d: %s\n", args->file, args->line, args->message);
}

}  // namespace

GrpcLibrary::GrpcLibrary() {
  gpr_set_log_function(write_to_stderr);
  grpc_init();
}

GrpcLibrary::~GrpcLibrary() { grpc_shutdown_blocking(); }

}  // namespace waymark::link
