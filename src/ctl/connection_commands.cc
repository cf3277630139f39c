#include "ctl/connection_commands.h"

#include <fmt/format.h>

#include "base/status.h"
#include "ctl/confirm.h"
#include "ctl/connection_view.h"
#include "ctl/pages.h"
#include "ctl/printable.h"
#include "ctl/url.h"

namespace waymark::ctl {
namespace {

using absl::StatusCode;

std::string path_of(const std::string& mark, std::string_view verb = "") {
  return "/v1/connections/" + url_encoded(mark) + std::string(verb);
}

Json to_json(const ConnectionFilter& filter) {
  Json json = Json::object();
  const auto add = [&json](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  add("state", filter.state);
  add("upstream", filter.upstream);
  add("listener", filter.listener);
  add("pool", filter.pool);
  add("group", filter.group);
  add("peer", filter.peer);
  return json;
}

struct ManyWords {
  std::string_view verb;
  std::string_view question;
  std::string_view done;
  std::string_view counted;
};

ManyWords words_of(ManyAction action) {
  switch (action) {
    case ManyAction::close:
      return {"close", "Close", "closed", "closed"};
    case ManyAction::rebalance:
      return {"rebalance", "Rebalance", "rebalanced", "rebalanced"};
    case ManyAction::rotate:
      break;
  }
  return {"rotate", "Rotate", "rotating", "rotated"};
}

absl::StatusOr<Answer> act(Context& context, ManyAction action, const ConnectionFilter& filter,
                           const ManyOptions& options, bool dry_run) {
  Json body = {{"filter", to_json(filter)}, {"dry_run", dry_run}};
  if (action == ManyAction::rotate) body["spread_seconds"] = options.spread_seconds;
  return context.api.post(fmt::format("/v1/connections:{}", words_of(action).verb), body);
}

}  // namespace

absl::Status list_connections(Context& context, const ConnectionFilter& filter,
                              std::uint64_t limit) {
  const auto answer = all_pages(context.api,
                                {"/v1/connections",
                                 "connections",
                                 {{"state", filter.state},
                                  {"upstream", filter.upstream},
                                  {"listener", filter.listener},
                                  {"pool", filter.pool},
                                  {"group", filter.group},
                                  {"peer", filter.peer}}},
                                limit);
  if (!answer.ok()) return answer.status();
  const std::size_t shown = list_of(answer->json, "connections").size();
  if (context.json) {
    context.print_raw(*answer);
  } else if (shown > 0) {
    context.out.print(connection_table(answer->json, context.style, Context::now()));
  } else {
    context.err.print("No connection matches.\n");
  }
  remark_on_more(context, *answer, "connections");
  return absl::OkStatus();
}

absl::Status show_connection(Context& context, const std::string& mark) {
  const auto answer = context.api.get(path_of(mark));
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
  } else {
    context.out.print(connection_details(answer->json, context.style, Context::now()));
  }
  return absl::OkStatus();
}

absl::Status close_connection(Context& context, const std::string& mark, const std::string& reason,
                              const std::string& goodbye) {
  Json body = Json::object();
  if (!reason.empty()) body["reason"] = reason;
  if (!goodbye.empty()) add_payload(body, "goodbye_text", "goodbye", goodbye);
  const auto answer = context.api.post(path_of(mark, ":close"), body);
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
  } else {
    context.out.print(fmt::format("closed {}\n", printable(text_of(answer->json, "mark"))));
  }
  return absl::OkStatus();
}

absl::Status send_to_connection(Context& context, const std::string& mark,
                                const PayloadSource& source) {
  const auto payload = payload_of(source);
  if (!payload.ok()) return payload.status();
  Json body = Json::object();
  add_payload(body, "text", "payload", *payload);
  const auto answer = context.api.post(path_of(mark, ":send"), body);
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
  } else {
    context.out.print(fmt::format("sent {} to {}\n", short_bytes(payload->size()),
                                  printable(text_of(answer->json, "mark"))));
  }
  return absl::OkStatus();
}

absl::Status act_on_many(Context& context, ManyAction action, const ConnectionFilter& filter,
                         const ManyOptions& options) {
  if (filter.empty()) {
    return error(StatusCode::kInvalidArgument,
                 "which connections: at least one of --state, --upstream, --listener, --pool, "
                 "--group and --peer is needed; `--state all` means every one");
  }
  const ManyWords words = words_of(action);
  if (!options.yes || options.dry_run) {
    const auto counted = act(context, action, filter, options, true);
    if (!counted.ok()) return counted.status();
    const auto matched = number_of(counted->json, "matched");
    if (options.dry_run || matched == 0) {
      if (context.json) {
        context.print_raw(*counted);
      } else {
        context.out.print(fmt::format("{} connection{} would be {}\n", grouped(matched),
                                      plural(matched), words.counted));
      }
      return absl::OkStatus();
    }
    const auto agreed = confirm(context, fmt::format("{} {} connection{}?", words.question,
                                                     grouped(matched), plural(matched)));
    if (!agreed.ok()) return agreed;
  }
  const auto answer = act(context, action, filter, options, false);
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
  } else {
    const auto matched = number_of(answer->json, "matched");
    context.out.print(fmt::format("{} {} of {} connection{}\n", words.done,
                                  grouped(number_of(answer->json, "done")), grouped(matched),
                                  plural(matched)));
  }
  return absl::OkStatus();
}

absl::Status broadcast(Context& context, const BroadcastOptions& options,
                       const PayloadSource& source) {
  const auto payload = payload_of(source);
  if (!payload.ok()) return payload.status();
  Json body = {{"to", options.to}};
  if (!options.pool.empty()) body["pool"] = options.pool;
  if (!options.group.empty()) body["group"] = options.group;
  add_payload(body, "text", "payload", *payload);
  if (options.how.dry_run || !options.how.yes) {
    Json counting = body;
    counting["dry_run"] = true;
    const auto found = context.api.post("/v1/broadcast", counting);
    if (!found.ok()) return found.status();
    const auto clients = number_of(found->json, "attempted");
    if (options.how.dry_run && context.json) {
      context.print_raw(*found);
      return absl::OkStatus();
    }
    const std::string whom = fmt::format("{} client{}", grouped(clients), plural(clients));
    if (options.how.dry_run) {
      context.out.print(fmt::format("{} would be sent {}\n", whom, short_bytes(payload->size())));
      return absl::OkStatus();
    }
    const auto agreed =
        confirm(context, fmt::format("Send {} to {}?", short_bytes(payload->size()), whom));
    if (!agreed.ok()) return agreed;
  }
  const auto answer = context.api.post("/v1/broadcast", body);
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
    return absl::OkStatus();
  }
  const auto attempted = number_of(answer->json, "attempted");
  context.out.print(fmt::format(
      "{} client{}: {} written, {} failed, {} skipped\n", grouped(attempted), plural(attempted),
      grouped(number_of(answer->json, "written")), grouped(number_of(answer->json, "failed")),
      grouped(number_of(answer->json, "skipped"))));
  return absl::OkStatus();
}

}  // namespace waymark::ctl
