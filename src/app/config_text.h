// A configuration written out again: as YAML, and as a list of paths and values to compare.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "app/config_schema.h"

namespace waymark::app {

// "listeners[0].down.soft" and "256KiB", in the order of the schema. Elements of lists that have a
// name or an address go by that, "pools[default].upstreams[127.0.0.1:7001].weight", so that one
// which is added does not move the others.
using FlatConfig = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] FlatConfig flatten(const schema::Config& config);

// Every setting with the value it has, as the file would say it; reading it gives the same. Those
// in `instead` have that value; their paths are taken out of it.
[[nodiscard]] std::string write_yaml(const schema::Config& config, FlatConfig* instead = nullptr);

}  // namespace waymark::app
