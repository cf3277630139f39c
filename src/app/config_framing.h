// listeners[].framing as the framer's own value.
#pragma once

#include "app/config_schema.h"
#include "frame/framing.h"

namespace waymark::app {

// Of settings that were read without an error; whether a stream can be cut like this is for
// Framing::validate().
[[nodiscard]] frame::Framing framing_of(const schema::Framing& in);

}  // namespace waymark::app
