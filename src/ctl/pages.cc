#include "ctl/pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ctl/json_fields.h"
#include "ctl/url.h"

namespace waymark::ctl {
namespace {

constexpr std::uint64_t kPage = 1000;

}  // namespace

absl::StatusOr<Answer> all_pages(Api& api, const PagedList& list, std::uint64_t limit) {
  Answer whole;
  std::string token;
  std::size_t pages = 0;
  while (true) {
    const std::uint64_t got = list_of(whole.json, list.name).size();
    auto parameters = list.parameters;
    parameters.emplace_back("limit", std::to_string(std::min(limit - got, kPage)));
    parameters.emplace_back("page_token", token);
    auto page = api.get(list.path + query_string(parameters));
    if (!page.ok()) return page.status();
    const std::string next = text_of(page->json, "next_page_token");
    const bool brought_none = list_of(page->json, list.name).empty();
    if (++pages == 1) {
      whole = *std::move(page);
    } else {
      Json& rows = whole.json[list.name];
      for (const Json& row : list_of(page->json, list.name)) rows.push_back(row);
      whole.json["next_page_token"] = next;
    }
    const bool stuck = brought_none || next == token;
    if (next.empty() || stuck || list_of(whole.json, list.name).size() >= limit) break;
    token = next;
  }
  if (pages > 1) whole.text = to_line(whole.json);
  return whole;
}

void remark_on_more(Context& context, const Answer& answer, std::string_view name) {
  if (text_of(answer.json, "next_page_token").empty()) return;
  context.err.print(fmt::format("{} shown, and there are more: --limit N shows N.\n",
                                list_of(answer.json, name).size()));
}

}  // namespace waymark::ctl
