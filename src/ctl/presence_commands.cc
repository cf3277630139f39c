#include "ctl/presence_commands.h"

#include <string_view>
#include <vector>

#include "ctl/json_fields.h"
#include "ctl/pages.h"
#include "ctl/url.h"

namespace waymark::ctl {
namespace {

// A list of the server as a table with these fields as columns.
struct Listing {
  std::string path;
  std::string_view field;
  std::vector<Column> columns;
  std::vector<std::string_view> texts;  // of the first columns
  std::string_view count;               // of the last one; empty: there is none
  std::string_view none;                // what is said when nothing is there
};

absl::Status show(Context& context, const PresenceOptions& options, const Listing& listing) {
  const auto answer =
      all_pages(context.api, {listing.path, std::string(listing.field), {{"pool", options.pool}}},
                options.limit);
  if (!answer.ok()) return answer.status();
  const Json& rows = list_of(answer->json, listing.field);
  if (context.json) {
    context.print_raw(*answer);
  } else if (rows.empty()) {
    context.err.print(listing.none);
  } else {
    Table table(listing.columns);
    for (const Json& row : rows) {
      std::vector<Cell> cells;
      for (const std::string_view text : listing.texts) cells.emplace_back(text_of(row, text));
      if (!listing.count.empty()) cells.emplace_back(grouped(number_of(row, listing.count)));
      table.add(std::move(cells));
    }
    context.out.print(table.to_string(context.style));
  }
  remark_on_more(context, *answer, listing.field);
  return absl::OkStatus();
}

}  // namespace

absl::Status list_names(Context& context, const PresenceOptions& options) {
  return show(context, options,
              {.path = "/v1/names",
               .field = "names",
               .columns = {{"NAME"}, {"POOL"}, {"MARK"}},
               .texts = {"name", "pool", "mark"},
               .count = {},
               .none = "No connection has a name.\n"});
}

absl::Status list_groups(Context& context, const PresenceOptions& options) {
  if (!options.group.empty()) {
    return show(context, options,
                {.path = "/v1/groups/" + url_encoded(options.group),
                 .field = "members",
                 .columns = {{"MARK"}, {"POOL"}},
                 .texts = {"mark", "pool"},
                 .count = {},
                 .none = "Nobody is in it.\n"});
  }
  return show(context, options,
              {.path = "/v1/groups",
               .field = "groups",
               .columns = {{"GROUP"}, {"POOL"}, {"MEMBERS", Align::right}},
               .texts = {"group", "pool"},
               .count = "members",
               .none = "No connection is in a group.\n"});
}

}  // namespace waymark::ctl
