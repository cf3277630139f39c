#include "ctl/overview_commands.h"

#include <fmt/format.h>

#include "base/status.h"
#include "ctl/printable.h"
#include "ctl/upstream_view.h"
#include "ctl/url.h"

namespace waymark::ctl {
namespace {

std::string of_limit(const std::string& used, std::uint64_t used_number, const std::string& limit,
                     std::uint64_t limit_number) {
  if (limit_number == 0) return used;
  return fmt::format("{} of {} ({:.0f}%)", used, limit,
                     100.0 * static_cast<double>(used_number) / static_cast<double>(limit_number));
}

Cell readiness(const Json& info) {
  if (flag_of(info, "draining")) return {"draining: the process is ending", Colour::yellow};
  if (flag_of(info, "ready")) return {"ready", Colour::green};
  return {"not ready: " + text_of(info, "not_ready_reason"), Colour::red};
}

Cell ready_upstreams(const Json& pool) {
  const auto all = number_of(pool, "upstreams");
  const auto ready = number_of(pool, "upstreams_ready");
  return {fmt::format("{}/{}", ready, all), ready == 0    ? Colour::red
                                            : ready < all ? Colour::yellow
                                                          : Colour::green};
}

std::string info_fields(const Json& info, const Style& style, Instant now) {
  const auto connections = number_of(info, "connections");
  const auto most = number_of(info, "max_connections");
  const auto memory = number_of(info, "memory_used_bytes");
  const auto memory_limit = number_of(info, "memory_limit_bytes");
  const std::string started = text_of(info, "started_at");
  Fields fields;
  fields.add("state", readiness(info));
  fields.add("version", text_of(info, "version"));
  fields.add("proxy", fmt::format("{} (boot {}, pid {})", text_of(info, "proxy_id"),
                                  text_of(info, "boot_id"), number_of(info, "pid")));
  fields.add("started", fmt::format("{} ({} ago)", started, short_age(started, now)));
  fields.add("config", text_of(info, "config_file"));
  fields.add("workers", std::to_string(number_of(info, "workers")));
  fields.add("connections", of_limit(grouped(connections), connections, grouped(most), most));
  fields.add("without upstream", grouped(number_of(info, "held_connections")));
  fields.add("queued",
             of_limit(short_bytes(memory), memory, short_bytes(memory_limit), memory_limit));
  return fields.to_string(style);
}

std::string pool_table(const Json& list, const Style& style) {
  Table table({{"POOL"},
               {"BALANCE"},
               {"READY", Align::right},
               {"CONNS", Align::right},
               {"HELD", Align::right},
               {"STRANDED FRAMES", Align::right}});
  for (const Json& pool : list_of(list, "pools")) {
    table.add({text_of(pool, "name"), text_of(pool, "balance"), ready_upstreams(pool),
               grouped(number_of(pool, "connections")),
               grouped(number_of(pool, "held_connections")),
               grouped(number_of(pool, "stranded_frames"))});
  }
  return table.to_string(style);
}

// The upstreams that are not as they should be; empty if all are.
std::string troubles(const Json& list, const Style& style, Instant now) {
  Json some = {{"upstreams", Json::array()}};
  for (const Json& upstream : list_of(list, "upstreams")) {
    if (text_of(upstream, "state") != "ready" || text_of(upstream, "admin_state") != "ready") {
      some["upstreams"].push_back(upstream);
    }
  }
  return some["upstreams"].empty() ? std::string() : upstream_table(some, style, now);
}

}  // namespace

absl::Status show_status(Context& context) {
  const auto info = context.api.get("/v1/info");
  if (!info.ok()) return info.status();
  if (context.json) {
    context.print_raw(*info);
    return absl::OkStatus();
  }
  const auto pools = context.api.get("/v1/pools");
  if (!pools.ok()) return pools.status();
  const auto upstreams = context.api.get("/v1/upstreams");
  if (!upstreams.ok()) return upstreams.status();
  std::string out = info_fields(info->json, context.style, Context::now());
  out += '\n' + pool_table(pools->json, context.style);
  const std::string not_serving = troubles(upstreams->json, context.style, Context::now());
  if (!not_serving.empty()) out += "\nUpstreams that do not take connections:\n" + not_serving;
  context.out.print(out);
  return absl::OkStatus();
}

absl::Status list_pools(Context& context) {
  const auto answer = context.api.get("/v1/pools");
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
  } else {
    context.out.print(pool_table(answer->json, context.style));
  }
  return absl::OkStatus();
}

absl::Status show_pool(Context& context, const std::string& name) {
  const auto pool = context.api.get("/v1/pools/" + url_encoded(name));
  if (!pool.ok()) return pool.status();
  if (context.json) {
    context.print_raw(*pool);
    return absl::OkStatus();
  }
  const auto upstreams = context.api.get("/v1/upstreams" + query_string({{"pool", name}}));
  if (!upstreams.ok()) return upstreams.status();
  context.out.print(pool_table({{"pools", Json::array({pool->json})}}, context.style) + '\n' +
                    upstream_table(upstreams->json, context.style, Context::now()));
  return absl::OkStatus();
}

absl::Status list_listeners(Context& context) {
  const auto answer = context.api.get("/v1/listeners");
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
    return absl::OkStatus();
  }
  Table table({{"LISTENER"},
               {"ADDRESS"},
               {"POOL"},
               {"FRAMING"},
               {"ACCEPTED", Align::right},
               {"PAUSED AT CAP", Align::right},
               {"NO DESCRIPTORS", Align::right},
               {"FAILED", Align::right}});
  for (const Json& each : list_of(answer->json, "listeners")) {
    table.add({text_of(each, "name"), text_of(each, "address"), text_of(each, "pool"),
               text_of(each, "framing"), grouped(number_of(each, "accepted")),
               grouped(number_of(each, "paused_at_cap")),
               grouped(number_of(each, "paused_without_descriptors")),
               grouped(number_of(each, "failed"))});
  }
  context.out.print(table.to_string(context.style));
  return absl::OkStatus();
}

absl::Status show_dashboard(Context& context) {
  const auto info = context.api.get("/v1/info");
  if (!info.ok()) return info.status();
  std::string url = context.api.base_url() + "/";
  const std::string& token = context.api.token().value;
  if (!token.empty()) url += "#token=" + url_encoded(token);
  context.out.print((context.json ? to_line({{"url", url}}) : url) + '\n');
  return absl::OkStatus();
}

absl::Status show_version(Context& context, std::string_view own) {
  const auto info = context.api.get("/v1/info");
  const std::string theirs = info.ok() ? text_of(info->json, "version") : std::string();
  if (context.json) {
    context.out.print(to_line({{"client", own}, {"server", theirs}}) + '\n');
    return absl::OkStatus();
  }
  context.out.print(fmt::format("waymarkctl {}\n", own));
  if (info.ok()) {
    context.out.print(fmt::format("waymark {} at {}\n", printable(theirs), context.api.base_url()));
  } else {
    const std::string_view why = message_of(info.status());
    context.err.print(fmt::format("no version of a server: {}\n", why.substr(0, why.find('\n'))));
  }
  return absl::OkStatus();
}

}  // namespace waymark::ctl
