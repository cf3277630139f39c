// What upstreams store with a connection: a map of texts, in SetAttributes and in Opened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "wire/bytes.h"

namespace waymark::wire {

using Attributes = std::map<std::string, std::string, std::less<>>;

// Bytes of all keys and values.
[[nodiscard]] std::size_t size_of(const Attributes& attributes);

// Appends the map field `field` of a message.
void add_attributes(std::string& out, std::uint32_t field, const Attributes& attributes);
// Adds one entry of such a field, as it was read; of two with one key the last counts. False: the
// bytes are no entry.
[[nodiscard]] bool read_attribute(const Bytes& entry, Attributes& attributes);

struct SetAttributes {
  Attributes attributes;
};
[[nodiscard]] std::string encode(const SetAttributes& body);
[[nodiscard]] bool decode(const Bytes& body, SetAttributes& read);

}  // namespace waymark::wire
