// Writes a message of the admin API as JSON, without a tree in between: a list of connections has
// hundreds of thousands of values.
#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace waymark::admin {

void append_json(std::string& out, const google::protobuf::Message& message);

}  // namespace waymark::admin
