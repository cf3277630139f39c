// What a schema cannot say: that the parts of a configuration fit together.
#pragma once

#include "app/config.h"
#include "app/config_error.h"
#include "app/config_reader.h"

namespace waymark::app {

// Adds what is wrong to `report`, except where it already holds an error of the same value.
void check_config(const Config& config, const Places& places, ErrorReport& report);

}  // namespace waymark::app
