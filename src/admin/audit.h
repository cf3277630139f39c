// What is written of each call that may change something, or reveals what clients say.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <string>

namespace waymark::admin {

struct AuditRecord {
  std::string actor;  // name of the token, or "anonymous"
  std::string peer;   // "address:port"
  std::string method;
  std::string path;  // as sent
  unsigned status = 0;
  std::string summary;  // what was asked for, and the error where there was one; at most 500 bytes
};

// Called on the handler threads, several at a time, and where a stream ends on the HTTP thread.
using Audit = std::function<void(const AuditRecord&)>;

// The fields of a request that are set, for people: `weight=50 admin_state=drain`. Of payload and
// of the values of maps only the sizes and names.
[[nodiscard]] std::string summary_of(const google::protobuf::Message& message);

}  // namespace waymark::admin
