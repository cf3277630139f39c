// Fills the configuration's message from a YAML tree, field by field along the schema.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "app/config_error.h"
#include "app/config_machine.h"
#include "app/config_schema.h"
#include "app/yaml_tree.h"

namespace waymark::app {

// Where the values of a file stand, by path.
class Places {
 public:
  void set(const std::string& path, Place place) { places_.emplace(path, place); }

  // The place of `path`, or of the nearest thing above it that the file has.
  [[nodiscard]] Place find(std::string_view path) const;

 private:
  std::unordered_map<std::string, Place> places_;
};

// Knows the schema and nothing of what the fields mean. A field the tree does not have gets its
// default; a field with an error is left empty, and the report touches its path.
class ConfigReader {
 public:
  // All of them outlive the reader.
  ConfigReader(const Machine& machine, Places& places, ErrorReport& report)
      : machine_(machine), places_(places), report_(report) {}

  void read(const YamlNode& root, schema::Config& out);

 private:
  using Message = google::protobuf::Message;

  void read_message(const YamlNode& node, const std::string& path, Message& out);
  void read_mapping(const YamlNode& node, const std::string& path, Message& out);
  void read_short_form(const YamlNode& node, const std::string& path, Message& out);
  void read_choice(const YamlNode& node, const std::string& path, Message& out);
  void read_absent(Place place, const std::string& path, Message& out,
                   const FieldDescriptor& field);

  void read_field(const YamlNode& node, const std::string& path, Message& out,
                  const FieldDescriptor& field);
  void read_list(const YamlNode& node, const std::string& path, Message& out,
                 const FieldDescriptor& field);
  // One value: of the field itself, or one more element of the list it is.
  void read_value(const YamlNode& node, const std::string& path, Message& out,
                  const FieldDescriptor& field);
  void read_scalar(const YamlNode& node, const std::string& path, Message& out,
                   const FieldDescriptor& field);
  void read_number(const std::string& text, Place place, const std::string& path, Message& out,
                   const FieldDescriptor& field);
  void read_text(const std::string& text, Place place, const std::string& path, Message& out,
                 const FieldDescriptor& field);
  void read_word(const std::string& text, Place place, const std::string& path, Message& out,
                 const FieldDescriptor& field);
  void read_bool(const std::string& text, Place place, const std::string& path, Message& out,
                 const FieldDescriptor& field);

  const Machine& machine_;
  Places& places_;
  ErrorReport& report_;
};

}  // namespace waymark::app
