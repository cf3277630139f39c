#include "admin/string_map.h"

#include <cstdlib>

#include "waymark/admin/v1/admin.pb.h"

namespace waymark::admin {

namespace api = ::waymark::admin::v1;

StringMap& string_map_of(google::protobuf::Message& message) {
  const auto* type = message.GetDescriptor();
  if (type == api::Upstream::descriptor()) {
    return *static_cast<api::Upstream&>(message).mutable_metadata();
  }
  if (type == api::NewUpstream::descriptor()) {
    return *static_cast<api::NewUpstream&>(message).mutable_metadata();
  }
  if (type == api::NewRegistration::descriptor()) {
    return *static_cast<api::NewRegistration&>(message).mutable_metadata();
  }
  if (type == api::Presence::descriptor()) {
    return *static_cast<api::Presence&>(message).mutable_attributes();
  }
  if (type == api::ConfigChange::descriptor()) {
    return *static_cast<api::ConfigChange&>(message).mutable_set();
  }
  std::abort();  // a message that is new to the schema; the test of the schema names it
}

const StringMap& string_map_of(const google::protobuf::Message& message) {
  const auto* type = message.GetDescriptor();
  if (type == api::Upstream::descriptor()) {
    return static_cast<const api::Upstream&>(message).metadata();
  }
  if (type == api::NewUpstream::descriptor()) {
    return static_cast<const api::NewUpstream&>(message).metadata();
  }
  if (type == api::NewRegistration::descriptor()) {
    return static_cast<const api::NewRegistration&>(message).metadata();
  }
  if (type == api::Presence::descriptor()) {
    return static_cast<const api::Presence&>(message).attributes();
  }
  if (type == api::ConfigChange::descriptor()) {
    return static_cast<const api::ConfigChange&>(message).set();
  }
  std::abort();  // as above
}

}  // namespace waymark::admin
