// The calls of a server: what dispatches requests, answers 405 and writes the OpenAPI document.
#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "admin/admin_api.h"
#include "admin/request.h"
#include "admin/response.h"
#include "admin/token.h"

namespace waymark::admin {

// One parameter of a query.
struct Parameter {
  std::string name;
  std::string doc;
  std::vector<std::string> words;  // all it may be; empty: any text
  std::size_t min = 0;             // of a number
  std::size_t max = 0;             // 0: it is no number
};

// A request that has been checked against its route.
struct Call {
  const Request& request;
  std::map<std::string, std::string> path;   // "{id}" of the template, by name
  std::map<std::string, std::string> query;  // those given; numbers are in their bounds
  const google::protobuf::Message* body;     // of the type Route::takes; nullptr where it is none
  Actor actor;

  [[nodiscard]] std::string query_or(const std::string& name, std::string otherwise) const;
};

struct Route {
  std::string method;
  std::string path;  // "/v1/connections/{mark}:close"
  Role role = Role::kRead;
  std::string doc;                                      // one sentence
  const google::protobuf::Descriptor* takes = nullptr;  // the body; nullptr: none is read
  const google::protobuf::Descriptor* answers = nullptr;
  std::string content_type = "application/json";
  unsigned status = 200;  // of success
  std::vector<Parameter> query;
  std::function<Response(const Call&)> handler;
  // What to make of the body before it is read as `takes`; nothing: it is taken as it is.
  std::function<void(JsonValue& body, ErrorDetails& errors)> rewrite = nullptr;
  bool reveals = false;  // what clients say: audited, though it changes nothing

  [[nodiscard]] bool changes_state() const { return method != "GET"; }
  [[nodiscard]] bool is_audited() const { return reveals || changes_state(); }
};

struct Match {
  const Route* route = nullptr;  // nullptr: no route
  std::map<std::string, std::string> path;
  std::vector<std::string> allowed;  // the methods of that path; empty: nothing has that path
};

class RouteTable {
 public:
  // Where several templates fit a path, the one added first is meant: "{mark}:close" goes before
  // "{mark}".
  void add(Route route);

  // `segments` of parse_target().
  [[nodiscard]] Match find(std::string_view method, const std::vector<std::string>& segments) const;
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

// The names in braces of a template, in order.
[[nodiscard]] std::vector<std::string> path_parameters(std::string_view path);

}  // namespace waymark::admin
