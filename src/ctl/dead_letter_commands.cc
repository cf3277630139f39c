#include "ctl/dead_letter_commands.h"

#include <fmt/format.h>

#include <utility>

#include "base/status.h"
#include "ctl/confirm.h"
#include "ctl/dead_letter_view.h"
#include "ctl/pages.h"
#include "ctl/printable.h"
#include "ctl/url.h"

namespace waymark::ctl {
namespace {

using absl::StatusCode;

constexpr const char* kPath = "/v1/deadletters";

std::string path_of(const std::string& id, std::string_view verb = "") {
  return fmt::format("{}/{}{}", kPath, url_encoded(id), verb);
}

struct Words {
  std::string_view verb;
  std::string_view question;
  std::string_view done;
};

Words words_of(DeadLetterAction action) {
  return action == DeadLetterAction::replay ? Words{"replay", "Replay", "replayed"}
                                            : Words{"drop", "Drop", "dropped"};
}

Json to_json(const DeadLetterFilter& filter) {
  Json json = Json::object();
  if (!filter.pool.empty()) json["pool"] = filter.pool;
  if (!filter.mark.empty()) json["mark"] = filter.mark;
  if (!filter.reason.empty()) json["reason"] = filter.reason;
  return json;
}

absl::StatusOr<Answer> call(Context& context, DeadLetterAction action,
                            const DeadLetterFilter& filter, bool dry_run) {
  return context.api.post(fmt::format("{}:{}", kPath, words_of(action).verb),
                          {{"filter", to_json(filter)}, {"dry_run", dry_run}});
}

// The server ends a call about very many early. It is asked again until it has come to as many as
// there were at first: a frame that is given up again at once would keep this going for ever.
absl::StatusOr<Answer> call_to_the_end(Context& context, DeadLetterAction action,
                                       const DeadLetterFilter& filter) {
  auto whole = call(context, action, filter, false);
  if (!whole.ok()) return whole;
  const std::uint64_t matched = number_of(whole->json, "matched");
  std::uint64_t done = number_of(whole->json, "done");
  for (std::uint64_t more = done; more > 0 && done < matched;) {
    const auto next = call(context, action, filter, false);
    if (!next.ok()) return next;
    more = number_of(next->json, "done");
    done += more;
    whole->json["done"] = done;
    whole->json["problem"] = text_of(next->json, "problem");
    whole->text = to_line(whole->json);
  }
  return whole;
}

absl::Status print_count(Context& context, DeadLetterAction action, const Answer& counted) {
  const auto matched = number_of(counted.json, "matched");
  if (context.json) {
    context.print_raw(counted);
  } else {
    context.out.print(fmt::format("{} dead letter{} would be {}\n", grouped(matched),
                                  plural(matched), words_of(action).done));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status list_dead_letters(Context& context, const DeadLetterFilter& filter,
                               std::uint64_t limit) {
  const auto answer =
      all_pages(context.api,
                {kPath,
                 "dead_letters",
                 {{"pool", filter.pool}, {"mark", filter.mark}, {"reason", filter.reason}}},
                limit);
  if (!answer.ok()) return answer.status();
  const std::size_t shown = list_of(answer->json, "dead_letters").size();
  if (context.json) {
    context.print_raw(*answer);
  } else if (shown > 0) {
    context.out.print(dead_letter_table(answer->json, context.style, Context::now()));
  } else {
    context.err.print("No dead letter matches.\n");
  }
  remark_on_more(context, *answer, "dead_letters");
  return absl::OkStatus();
}

absl::Status show_dead_letter(Context& context, const std::string& id) {
  const auto answer = context.api.get(path_of(id));
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
  } else {
    context.out.print(dead_letter_details(answer->json, context.style, Context::now()));
  }
  return absl::OkStatus();
}

absl::Status act_on_dead_letter(Context& context, DeadLetterAction action, const std::string& id) {
  const bool replays = action == DeadLetterAction::replay;
  const auto answer = replays ? context.api.post(path_of(id, ":replay"), Json::object())
                              : context.api.remove(path_of(id));
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
    return absl::OkStatus();
  }
  const std::string of = printable(text_of(answer->json, "id"));
  context.out.print(
      replays ? fmt::format("replayed {} to {}\n", of, printable(text_of(answer->json, "upstream")))
              : fmt::format("dropped {}\n", of));
  return absl::OkStatus();
}

absl::Status act_on_dead_letters(Context& context, DeadLetterAction action,
                                 const DeadLetterFilter& filter, const ManyDeadLetters& options) {
  if (filter.empty()) {
    return error(StatusCode::kInvalidArgument,
                 "which dead letters: an ID, or at least one of --pool, --mark and --reason is "
                 "needed; `--reason all` means every one");
  }
  const Words words = words_of(action);
  if (!options.yes || options.dry_run) {
    const auto counted = call(context, action, filter, true);
    if (!counted.ok()) return counted.status();
    const auto matched = number_of(counted->json, "matched");
    if (options.dry_run || matched == 0) return print_count(context, action, *counted);
    const auto agreed = confirm(context, fmt::format("{} {} dead letter{}?", words.question,
                                                     grouped(matched), plural(matched)));
    if (!agreed.ok()) return agreed;
  }
  const auto answer = call_to_the_end(context, action, filter);
  if (!answer.ok()) return answer.status();
  if (context.json) {
    context.print_raw(*answer);
  } else {
    const auto matched = number_of(answer->json, "matched");
    context.out.print(fmt::format("{} {} of {} dead letter{}\n", words.done,
                                  grouped(number_of(answer->json, "done")), grouped(matched),
                                  plural(matched)));
  }
  const std::string problem = text_of(answer->json, "problem");
  return problem.empty() ? absl::OkStatus()
                         : error(StatusCode::kFailedPrecondition, "{}", printable(problem));
}

}  // namespace waymark::ctl
