// listeners[].identity as the rules of src/identity.
#pragma once

#include "app/config_error.h"
#include "app/config_reader.h"
#include "app/config_schema.h"
#include "proxy/settings.h"

namespace waymark::app {

// Of settings that were read without an error. `space`: the namespace of the marks.
[[nodiscard]] proxy::IdentitySettings identity_of(const schema::Listener& in, const Mark& space);

// What no single value shows to be wrong.
void check_identity(const schema::Config& config, const Places& places, ErrorReport& report);

}  // namespace waymark::app
