#include "admin/json_document.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

namespace waymark::admin {
namespace {

// Takes what the library's parser finds, one call a token. A call that answers false ends the
// parsing; the parser itself keeps one bit a level and does not recurse.
class TreeBuilder {
 public:
  explicit TreeBuilder(ErrorDetails& errors) : errors_(errors) {}

  [[nodiscard]] JsonValue take() { return std::move(root_); }

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(value); }
  bool number_unsigned(std::uint64_t value) { return add(value); }
  bool number_float(double value, const std::string& /*text*/) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(JsonValue::binary_t& /*value*/) { return false; }  // not of JSON

  bool start_object(std::size_t /*size*/) { return open(JsonValue::object()); }
  bool start_array(std::size_t /*size*/) { return open(JsonValue::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    Level& level = levels_.back();
    level.name = std::move(name);
    if (level.value.contains(level.name)) {
      add_error(errors_, path(), "given twice");
      return errors_.size() < kMaxJsonErrors;
    }
    if (level.value.size() == kMaxJsonMembers) {
      level.name.clear();
      add_error(errors_, path(), fmt::format("more than {} members", kMaxJsonMembers));
      return false;
    }
    return true;
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& fault) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ..."
    std::string_view what = fault.what();
    if (what.starts_with('[') && what.find("] ") != what.npos)
      what.remove_prefix(what.find("] ") + 2);
    add_error(errors_, "", "not JSON: " + shortened(what, 200));
    return false;
  }

 private:
  struct Level {
    JsonValue value;
    std::string name;  // of the member that comes next
  };

  bool add(JsonValue value) {
    if (levels_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Level& level = levels_.back();
    if (level.value.is_array()) {
      level.value.push_back(std::move(value));
    } else {
      level.value[level.name] = std::move(value);
      level.name.clear();
    }
    return true;
  }

  bool open(JsonValue value) {
    if (levels_.size() == kMaxJsonDepth) {
      add_error(errors_, "", fmt::format("nested deeper than {} levels", kMaxJsonDepth));
      return false;
    }
    levels_.push_back({std::move(value), {}});
    return true;
  }

  bool close() {
    JsonValue value = std::move(levels_.back().value);
    levels_.pop_back();
    return add(std::move(value));
  }

  // Of the member that comes next.
  [[nodiscard]] std::string path() const {
    std::string text;
    for (const Level& level : levels_) {
      if (level.value.is_array()) {
        text += fmt::format("[{}]", level.value.size());
      } else if (!level.name.empty()) {
        text += (text.empty() ? "" : ".") + shortened(level.name);
      }
    }
    return text;
  }

  ErrorDetails& errors_;
  JsonValue root_;
  std::vector<Level> levels_;  // at most kMaxJsonDepth
};

}  // namespace

void add_error(ErrorDetails& errors, std::string field, std::string problem) {
  api::ErrorDetail& detail = errors.emplace_back();
  detail.set_field(std::move(field));
  detail.set_problem(std::move(problem));
}

std::string shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
  };
  while (bytes > 0 && continues(bytes)) --bytes;
  return std::string(text.substr(0, bytes)) + "...";
}

std::optional<JsonValue> parse_json(std::string_view text, ErrorDetails& errors) {
  const std::size_t before = errors.size();
  TreeBuilder builder(errors);
  const bool whole = JsonValue::sax_parse(text, &builder);
  if (!whole || errors.size() != before) return std::nullopt;
  return builder.take();
}

}  // namespace waymark::admin
