#include "link/grpc_library.h"

#include <grpc/grpc.h>

namespace waymark::link {

GrpcLibrary::GrpcLibrary() { grpc_init(); }

GrpcLibrary::~GrpcLibrary() { grpc_shutdown_blocking(); }

}  // namespace waymark::link
