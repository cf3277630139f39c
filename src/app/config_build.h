// Turns the configuration's message into the values the rest of the program works with.
#pragma once

#include "app/config.h"
#include "app/config_machine.h"
#include "app/config_schema.h"

namespace waymark::app {

// Takes any message, also one whose reader reported errors: what it left empty comes out empty.
[[nodiscard]] Config build_config(const schema::Config& in, const Machine& machine);

}  // namespace waymark::app
