// The reference of the configuration, printed from its schema.
#pragma once

#include <string>

namespace waymark::app {

// Markdown: for every field its path, type, default, bounds and meaning. docs/configuration.md
// holds this text between two markers.
[[nodiscard]] std::string config_reference();

}  // namespace waymark::app
