#include "link/completion.h"

#include <fmt/format.h>

namespace waymark::link {

std::string describe(const grpc::Status& status) {
  if (status.ok()) return "the upstream ended the stream";
  return fmt::format("{} (gRPC code {})", status.error_message(),
                     static_cast<int>(status.error_code()));
}

}  // namespace waymark::link
