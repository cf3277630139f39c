// Where a server listens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace waymark::sdk {

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;

  // Reads "host:port" and "[v6]:port"; InvalidArgument for anything else.
  [[nodiscard]] static absl::StatusOr<ListenAddress> parse(std::string_view text);

  [[nodiscard]] std::string to_string() const;

  // Binds for a moment: gRPC says only that it could not listen, the system says why.
  [[nodiscard]] absl::Status probe() const;
};

}  // namespace waymark::sdk
