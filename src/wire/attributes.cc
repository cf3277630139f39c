#include "wire/attributes.h"

#include <utility>

#include "wire/fields.h"
#include "wire/writer.h"

namespace waymark::wire {

std::size_t size_of(const Attributes& attributes) {
  std::size_t size = 0;
  for (const auto& [key, value] : attributes) size += key.size() + value.size();
  return size;
}

void add_attributes(std::string& out, std::uint32_t field, const Attributes& attributes) {
  for (const auto& [key, value] : attributes) {
    std::string entry;
    add_message(entry, 1, key);
    add_message(entry, 2, value);
    add_message(out, field, entry);
  }
}

bool read_attribute(const Bytes& entry, Attributes& attributes) {
  std::string key;
  std::string value;
  const bool read = for_each_field(Cursor(entry), [&](const Field& field) {
    if (field.is_bytes(1)) key = field.bytes.to_string();
    if (field.is_bytes(2)) value = field.bytes.to_string();
  });
  if (read) attributes.insert_or_assign(std::move(key), std::move(value));
  return read;
}

std::string encode(const SetAttributes& body) {
  std::string out;
  add_attributes(out, 1, body.attributes);
  return out;
}

bool decode(const Bytes& body, SetAttributes& read) {
  read = SetAttributes();
  bool sound = true;
  const bool whole = for_each_field(Cursor(body), [&](const Field& field) {
    if (field.is_bytes(1)) sound = read_attribute(field.bytes, read.attributes) && sound;
  });
  return whole && sound;
}

}  // namespace waymark::wire
