// Any body of a call of the admin API is a message or a list of errors, found within bounds of time
// and memory; whatever was read of it can be written as JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "admin/json_message.h"

// The first byte says which message is meant.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark::admin;
  using google::protobuf::Message;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  static const auto* const file = api::NewUpstream::descriptor()->file();
  const auto* const type = file->message_type(data[0] % file->message_type_count());
  auto* const factory = google::protobuf::MessageFactory::generated_factory();
  const std::unique_ptr<Message> message(factory->GetPrototype(type)->New());

  for (const api::ErrorDetail& error : read_json(text, *message)) {
    if (error.problem().empty()) std::abort();
  }
  ErrorDetails errors;
  if (!parse_json(write_json(*message), errors)) std::abort();
  return 0;
}
