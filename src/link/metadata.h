// gRPC metadata that calls to an upstream carry, by which a server tells its upstreams apart.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace waymark::link {

using Metadata = std::vector<std::pair<std::string, std::string>>;

// Bytes of all keys and values, and 32 for each pair; a server takes 8 KiB of headers by default.
inline constexpr std::size_t kMaxMetadata = 4096;

// What keeps gRPC from sending `metadata`, naming the key and what is allowed; empty if nothing
// does. gRPC aborts the process on what it cannot send: whoever takes metadata in asks this first.
[[nodiscard]] std::string problem_of(const Metadata& metadata);

}  // namespace waymark::link
