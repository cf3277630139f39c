#include "lab/plan.h"

#include <fmt/format.h>

#include <charconv>
#include <functional>
#include <map>
#include <utility>

#include "app/config_machine.h"
#include "app/config_scalar.h"
#include "app/config_schema.h"
#include "app/yaml_tree.h"
#include "base/status.h"
#include "ctl/local_file.h"

namespace waymark::lab {
namespace {

using app::ErrorReport;
using app::YamlKind;
using app::YamlNode;
using Rule = app::schema::Rule;

constexpr std::size_t kMaxFile = 1024 * 1024;
constexpr std::int64_t kMaxProxies = 16;
constexpr std::int64_t kMaxUpstreams = 64;
constexpr std::int64_t kMaxPort = 65'000;  // with room for those that follow
constexpr std::int64_t kMaxDelayMs = 60'000;

// What to do with the value of a field; a fault is added to the report at its place.
class PlanReader {
 public:
  PlanReader(Plan& plan, ErrorReport& report) : plan_(plan), report_(report) {}

  void read(const YamlNode& root) {
    read_mapping(
        root, "",
        {{"proxies", number(Rule::UNIT_COUNT, 1, kMaxProxies, plan_.proxies)},
         {"upstreams", number(Rule::UNIT_COUNT, 0, kMaxUpstreams, plan_.upstreams)},
         {"workers", number(Rule::UNIT_COUNT, 0, kMaxUpstreams, plan_.upstreams)},
         {"average_delay",
          [this](const YamlNode& node, const std::string& path) {
            std::int64_t delay = 0;
            number(Rule::UNIT_DURATION, 0, kMaxDelayMs, delay)(node, path);
            plan_.average_delay = std::chrono::milliseconds(delay);
          }},
         {"failure_rate",
          [this](const YamlNode& node, const std::string& path) { read_share(node, path); }},
         {"framing",
          [this](const YamlNode& node, const std::string& path) { read_framing(node, path); }},
         {"reply",
          [this](const YamlNode& node, const std::string& path) { read_reply(node, path); }},
         {"logs", [this](const YamlNode& node, const std::string& path) { read_path(node, path); }},
         {"ports",
          [this](const YamlNode& node, const std::string& path) { read_ports(node, path); }}});
  }

 private:
  using Take = std::function<void(const YamlNode& node, const std::string& path)>;
  using Fields = std::vector<std::pair<std::string, Take>>;

  template <typename Number>
  Take number(Rule::Unit unit, std::int64_t min, std::int64_t max, Number& out) {
    return [this, unit, min, max, &out](const YamlNode& node, const std::string& path) {
      if (!is_scalar(node, path)) return;
      const auto value = app::parse_number(unit, node.text, machine_);
      if (!value.ok())
        return report_.add(node.place, path, std::string(message_of(value.status())));
      if (*value < min || *value > max) {
        return report_.add(
            node.place, path,
            fmt::format("{} is out of range, allowed: {} to {}", node.text,
                        app::format_number(unit, min), app::format_number(unit, max)));
      }
      out = static_cast<Number>(*value);
    };
  }

  bool is_scalar(const YamlNode& node, const std::string& path) {
    if (node.kind == YamlKind::scalar) return true;
    report_.add(node.place, path, "a plain value is due");
    return false;
  }

  void read_mapping(const YamlNode& node, const std::string& path, const Fields& fields) {
    if (node.kind != YamlKind::mapping) {
      return report_.add(node.place, path, "a mapping is due");
    }
    std::vector<std::string> names;
    for (const auto& [name, take] : fields) names.push_back(name);
    std::map<std::string, int> lines;
    for (const YamlNode& child : node.children) {
      const std::string child_path = path.empty() ? child.key : path + "." + child.key;
      // `workers` is another word for `upstreams`.
      const std::string once = child.key == "workers" ? "upstreams" : child.key;
      const auto [first, is_first] = lines.emplace(once, child.key_place.line);
      const Take* take = nullptr;
      for (const auto& [name, known] : fields) {
        if (name == child.key) take = &known;
      }
      if (take == nullptr) {
        report_.add(child.key_place, app::quoted(child.key),
                    "unknown field, " + app::allowed_list(names, child.key));
      } else if (!is_first) {
        report_.add(child.key_place, child_path,
                    fmt::format("given twice, first on line {}", first->second));
      } else {
        (*take)(child, child_path);
      }
    }
  }

  void read_share(const YamlNode& node, const std::string& path) {
    if (!is_scalar(node, path)) return;
    double share = 0;
    const char* const last = node.text.data() + node.text.size();
    const auto [end, fault] = std::from_chars(node.text.data(), last, share);
    if (fault != std::errc() || std::string_view(end, last) != "%" ||
        !(share >= 0 && share <= 100)) {
      return report_.add(node.place, path,
                         fmt::format("{}, allowed: 0% to 100%", app::quoted(node.text)));
    }
    plan_.failure_rate = node.text;
  }

  void read_framing(const YamlNode& node, const std::string& path) {
    if (!is_scalar(node, path)) return;
    const std::vector<std::string> known = {"line", "raw"};
    if (node.text != "line" && node.text != "raw") {
      return report_.add(node.place, path,
                         fmt::format("{} is unknown, {}", app::quoted(node.text),
                                     app::allowed_list(known, node.text)));
    }
    plan_.framing = node.text;
  }

  // The stubs look into a template.
  void read_reply(const YamlNode& node, const std::string& path) {
    if (!is_scalar(node, path)) return;
    const std::vector<std::string> known = {"echo", "none", "upper", "template:TEXT"};
    if (node.text != "echo" && node.text != "none" && node.text != "upper" &&
        !node.text.starts_with("template:")) {
      return report_.add(node.place, path,
                         fmt::format("{} is unknown, {}", app::quoted(node.text),
                                     app::allowed_list(known, node.text)));
    }
    plan_.reply = node.text;
  }

  void read_path(const YamlNode& node, const std::string& path) {
    if (!is_scalar(node, path)) return;
    const auto text = app::parse_text(Rule::UNIT_PATH, node.text);
    if (!text.ok()) return report_.add(node.place, path, std::string(message_of(text.status())));
    plan_.logs = *text;
  }

  void read_ports(const YamlNode& node, const std::string& path) {
    const auto port = [this](std::uint16_t& out) {
      return number(Rule::UNIT_COUNT, 0, kMaxPort, out);
    };
    PortBases& ports = plan_.ports;
    read_mapping(node, path,
                 {{"clients", port(ports.clients)},
                  {"upstreams", port(ports.upstreams)},
                  {"admin", port(ports.admin)},
                  {"telemetry", port(ports.telemetry)},
                  {"registry", port(ports.registry)},
                  {"api", port(ports.api)}});
  }

  Plan& plan_;
  ErrorReport& report_;
  const app::Machine machine_ = app::Machine::current();
};

PlanResult one_error(std::string_view file, app::Place place, std::string message) {
  return std::vector<app::ConfigError>{
      {std::string(file), place.line, place.column, "", std::move(message)}};
}

}  // namespace

PlanResult parse_plan(std::string_view text, std::string_view file) {
  const std::variant<YamlNode, app::YamlError> yaml = app::parse_yaml(text);
  if (const auto* bad = std::get_if<app::YamlError>(&yaml)) {
    return one_error(file, bad->place, bad->message);
  }
  Plan plan;
  ErrorReport report;
  PlanReader(plan, report).read(std::get<YamlNode>(yaml));
  if (!report.empty()) return std::move(report).take(file);
  return plan;
}

PlanResult load_plan(const std::string& path) {
  const auto text = ctl::read_input(path, kMaxFile);
  if (!text.ok()) {
    std::string what(message_of(text.status()));
    if (what.starts_with(path + ": ")) what.erase(0, path.size() + 2);
    return one_error(path, {}, std::move(what));
  }
  return parse_plan(*text, path);
}

}  // namespace waymark::lab
