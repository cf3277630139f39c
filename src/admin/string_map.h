// The map<string, string> fields of the admin API's messages.
//
// Not by reflection: in a build for ThreadSanitizer protobuf's headers lay a map field out
// otherwise than Debian's libprotobuf, whose reflection then follows the wrong pointers.
#pragma once

#include <google/protobuf/map.h>
#include <google/protobuf/message.h>

#include <string>

namespace waymark::admin {

using StringMap = google::protobuf::Map<std::string, std::string>;

// Each message has one map at most; `message` has one, or the program ends.
[[nodiscard]] StringMap& string_map_of(google::protobuf::Message& message);
[[nodiscard]] const StringMap& string_map_of(const google::protobuf::Message& message);

}  // namespace waymark::admin
