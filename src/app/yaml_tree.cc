#include "app/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

namespace waymark::app {
namespace {

Place place_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

// Leaves the parser in the only way it offers. Caught by parse_yaml().
struct Refusal {
  YamlError error;
};
[[noreturn]] void refuse(Place place, std::string message) {
  throw Refusal{{place, std::move(message)}};
}

// Builds the tree from the parser's events, so that nothing grows before it was counted.
class TreeBuilder final : public YAML::EventHandler {
 public:
  [[nodiscard]] YamlNode take() && { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) refuse(place_of(mark), "a second document, only one is allowed");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(anchor, {.kind = YamlKind::null, .place = place_of(mark)});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    add(anchor, {.kind = YamlKind::scalar, .place = place_of(mark), .text = value});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchored_.find(anchor);
    if (known == anchored_.end()) refuse(place_of(mark), "an alias inside of what it names");
    if (open_.size() + known->second.depth > kMaxYamlDepth) refuse_depth(place_of(mark));
    count(place_of(mark), known->second.nodes, known->second.bytes);
    deepen(known->second.depth);
    place_child(known->second.node);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(anchor, {.kind = YamlKind::list, .place = place_of(mark)});
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(anchor, {.kind = YamlKind::mapping, .place = place_of(mark)});
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::optional<YamlNode> key;  // of a mapping, read and without its value yet
    std::size_t nodes_before = 0;
    std::size_t bytes_before = 0;
    std::size_t depth = 1;  // levels of this node, itself included
  };

  // A finished node that an alias may repeat, and what that costs.
  struct Anchored {
    YamlNode node;
    std::size_t nodes = 0;
    std::size_t bytes = 0;
    std::size_t depth = 0;
  };

  // "?" and "!" are what the parser calls plain and quoted nodes without a tag.
  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") refuse(place_of(mark), "tags are not supported");
  }
  [[noreturn]] static void refuse_depth(Place place) {
    refuse(place, fmt::format("nested deeper than {} levels", kMaxYamlDepth));
  }

  void count(Place place, std::size_t nodes, std::size_t bytes) {
    nodes_ += nodes;
    bytes_ += bytes;
    if (nodes_ > kMaxYamlNodes || bytes_ > kMaxYamlBytes) {
      refuse(place, fmt::format("more than {} values or {} bytes, aliases unfolded", kMaxYamlNodes,
                                kMaxYamlBytes));
    }
  }

  void add(YAML::anchor_t anchor, YamlNode node) {
    count(node.place, 1, node.text.size());
    if (anchor != YAML::NullAnchor) anchored_[anchor] = {node, 1, node.text.size(), 0};
    place_child(std::move(node));
  }

  void open(YAML::anchor_t anchor, YamlNode node) {
    if (open_.size() >= kMaxYamlDepth) refuse_depth(node.place);
    if (expects_key()) refuse(node.place, "a field name must be plain text");
    const std::size_t nodes = nodes_;
    const std::size_t bytes = bytes_;
    count(node.place, 1, 0);
    open_.push_back({std::move(node), anchor, std::nullopt, nodes, bytes});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    deepen(done.depth);
    if (done.anchor != YAML::NullAnchor) {
      const std::size_t nodes = nodes_ - done.nodes_before;
      const std::size_t bytes = bytes_ - done.bytes_before;
      count(done.node.place, nodes, bytes);  // the copy that aliases repeat is memory too
      anchored_[done.anchor] = {done.node, nodes, bytes, done.depth};
    }
    place_child(std::move(done.node));
  }

  // The open node gets a child of that many levels.
  void deepen(std::size_t levels) {
    if (!open_.empty()) open_.back().depth = std::max(open_.back().depth, levels + 1);
  }

  [[nodiscard]] bool expects_key() const {
    return !open_.empty() && open_.back().node.kind == YamlKind::mapping && !open_.back().key;
  }

  void place_child(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (expects_key()) {
      if (node.kind != YamlKind::scalar) refuse(node.place, "a field name must be plain text");
      open_.back().key = std::move(node);
    } else {
      Open& parent = open_.back();
      if (parent.key) {
        node.key = std::move(parent.key->text);
        node.key_place = parent.key->place;
        // The parser places a value that is not there at whatever comes next.
        if (node.kind == YamlKind::null) node.place = node.key_place;
        parent.key.reset();
      }
      parent.node.children.push_back(std::move(node));
    }
  }

  YamlNode root_{.kind = YamlKind::mapping, .place = {1, 1}};
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Anchored> anchored_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  int documents_ = 0;
};

// YAML allows no other control characters; yaml-cpp takes one of them for the end of the text.
std::optional<YamlError> find_control_character(std::string_view text) {
  Place place{1, 1};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') {
      return YamlError{
          place, fmt::format("the control character 0x{:02x}, only UTF-8 text is allowed", byte)};
    }
    place = c == '\n' ? Place{place.line + 1, 1} : Place{place.line, place.column + 1};
  }
  return std::nullopt;
}

}  // namespace

std::variant<YamlNode, YamlError> parse_yaml(std::string_view text) {
  if (std::optional<YamlError> bad = find_control_character(text)) return *std::move(bad);
  std::istringstream in{std::string(text)};
  TreeBuilder builder;
  try {
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refusal& refusal) {
    return refusal.error;
  } catch (const YAML::Exception& failure) {
    const Place place = failure.mark.is_null() ? Place{} : place_of(failure.mark);
    return YamlError{place, "not YAML: " + failure.msg};
  }
  return std::move(builder).take();
}

}  // namespace waymark::app
