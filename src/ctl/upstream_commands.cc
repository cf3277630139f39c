#include "ctl/upstream_commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/status.h"
#include "ctl/printable.h"
#include "ctl/upstream_view.h"
#include "ctl/url.h"

namespace waymark::ctl {
namespace {

using absl::StatusCode;

constexpr std::size_t kMostListed = 20;  // upstreams in an error

// "  ADDRESS  id ID (pool NAME)" lines.
std::string choices(const std::vector<const Json*>& upstreams) {
  std::string out;
  for (std::size_t i = 0; i < upstreams.size(); ++i) {
    if (i == kMostListed) return out + fmt::format("\n  and {} more", upstreams.size() - i);
    const Json& each = *upstreams[i];
    out += fmt::format("\n  {}  id {} (pool {})", printable(text_of(each, "address")),
                       printable(text_of(each, "id")), printable(text_of(each, "pool")));
  }
  return out;
}

absl::StatusOr<std::string> path_of(Context& context, const std::string& name) {
  const auto list = context.api.get("/v1/upstreams");
  if (!list.ok()) return list.status();
  const auto upstream = pick_upstream(list->json, name);
  if (!upstream.ok()) return upstream.status();
  return "/v1/upstreams/" + url_encoded(text_of(*upstream, "id"));
}

absl::Status change(Context& context, const std::string& name, const Json& wanted) {
  const auto path = path_of(context, name);
  if (!path.ok()) return path.status();
  const auto answer = context.api.patch(*path, wanted);
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
  } else {
    context.out.print(upstream_line(answer->json));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Json> pick_upstream(const Json& list, const std::string& name) {
  std::vector<const Json*> all;
  std::vector<const Json*> same_address;
  for (const Json& each : list_of(list, "upstreams")) {
    if (text_of(each, "id") == name) return each;
    all.push_back(&each);
    if (text_of(each, "address") == name) same_address.push_back(&each);
  }
  if (same_address.size() == 1) return *same_address[0];
  if (same_address.size() > 1) {
    return error(StatusCode::kInvalidArgument,
                 "{} upstreams have the address {}; name one by its id:{}", same_address.size(),
                 printable(name), choices(same_address));
  }
  if (all.empty()) {
    return error(StatusCode::kNotFound, "no upstream has the id or address {}: there are none",
                 printable(name));
  }
  return error(StatusCode::kNotFound, "no upstream has the id or address {}; there are:{}",
               printable(name), choices(all));
}

absl::Status list_upstreams(Context& context, const std::string& pool) {
  const auto answer = context.api.get("/v1/upstreams" + query_string({{"pool", pool}}));
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
  } else if (list_of(answer->json, "upstreams").empty()) {
    context.err.print("There are no upstreams; `waymarkctl upstreams add HOST:PORT` adds one.\n");
  } else {
    context.out.print(upstream_table(answer->json, context.style, Context::now()));
  }
  return absl::OkStatus();
}

absl::Status show_upstream(Context& context, const std::string& name) {
  const auto path = path_of(context, name);
  if (!path.ok()) return path.status();
  const auto answer = context.api.get(*path);
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
  } else {
    context.out.print(upstream_details(answer->json, context.style, Context::now()));
  }
  return absl::OkStatus();
}

absl::Status add_upstream(Context& context, const NewUpstream& upstream) {
  Json body = {{"address", upstream.address}};
  if (!upstream.pool.empty()) body["pool"] = upstream.pool;
  if (upstream.weight) body["weight"] = *upstream.weight;
  if (!upstream.protocol.empty()) body["protocol"] = upstream.protocol;
  if (upstream.insecure) body["insecure"] = true;
  for (const auto& [key, value] : upstream.metadata) body["metadata"][key] = value;
  const auto answer = context.api.post("/v1/upstreams", body);
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
  } else {
    context.out.print("added " + upstream_line(answer->json));
  }
  return absl::OkStatus();
}

absl::Status remove_upstream(Context& context, const std::string& name) {
  const auto path = path_of(context, name);
  if (!path.ok()) return path.status();
  const auto answer = context.api.remove(*path);
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
  } else {
    context.out.print("removing " + upstream_line(answer->json));
  }
  return absl::OkStatus();
}

absl::Status set_admin_state(Context& context, const std::string& name,
                             const std::string& admin_state) {
  return change(context, name, {{"admin_state", admin_state}});
}

absl::Status set_weight(Context& context, const std::string& name, std::uint32_t weight) {
  return change(context, name, {{"weight", weight}});
}

}  // namespace waymark::ctl
