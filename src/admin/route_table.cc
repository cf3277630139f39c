#include "admin/route_table.h"

#include <optional>
#include <utility>

namespace waymark::admin {
namespace {

std::vector<std::string_view> cut(std::string_view path) {
  std::vector<std::string_view> segments;
  path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

// "{mark}:close" is a name and what follows it; a segment without braces is no variable.
struct Variable {
  std::string_view name;
  std::string_view suffix;
};

std::optional<Variable> variable_of(std::string_view segment) {
  const std::size_t end = segment.find('}');
  if (!segment.starts_with('{') || end == std::string_view::npos) return std::nullopt;
  return Variable{segment.substr(1, end - 1), segment.substr(end + 1)};
}

std::optional<std::map<std::string, std::string>> match(std::string_view path,
                                                        const std::vector<std::string>& segments) {
  const std::vector<std::string_view> wanted = cut(path);
  if (wanted.size() != segments.size()) return std::nullopt;
  std::map<std::string, std::string> values;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::string_view segment = segments[i];
    const std::optional<Variable> variable = variable_of(wanted[i]);
    if (!variable) {
      if (segment != wanted[i]) return std::nullopt;
      continue;
    }
    if (segment.size() <= variable->suffix.size() || !segment.ends_with(variable->suffix)) {
      return std::nullopt;
    }
    values.emplace(variable->name, segment.substr(0, segment.size() - variable->suffix.size()));
  }
  return values;
}

}  // namespace

std::string Call::query_or(const std::string& name, std::string otherwise) const {
  const auto at = query.find(name);
  return at == query.end() ? std::move(otherwise) : at->second;
}

void RouteTable::add(Route route) { routes_.push_back(std::move(route)); }

Match RouteTable::find(std::string_view method, const std::vector<std::string>& segments) const {
  Match found;
  const std::string* path = nullptr;  // the template that is meant
  for (const Route& route : routes_) {
    if (path != nullptr && route.path != *path) continue;
    if (path == nullptr) {
      auto values = match(route.path, segments);
      if (!values) continue;
      path = &route.path;
      found.path = *std::move(values);
    }
    found.allowed.push_back(route.method);
    if (route.method == "GET") found.allowed.emplace_back("HEAD");
    if (route.method == method) found.route = &route;
  }
  return found;
}

std::vector<std::string> path_parameters(std::string_view path) {
  std::vector<std::string> names;
  for (const std::string_view segment : cut(path)) {
    if (const std::optional<Variable> variable = variable_of(segment)) {
      names.emplace_back(variable->name);
    }
  }
  return names;
}

}  // namespace waymark::admin
