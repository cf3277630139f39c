#include "app/presence_calls.h"

#include <utility>

#include "app/named_slot.h"
#include "app/page_token.h"
#include "base/status.h"

namespace waymark::app {
namespace {

namespace api = admin::api;

const std::string& name_of(const proxy::Layout& layout, std::uint32_t pool) {
  return layout.pools[pool].settings->name;
}

}  // namespace

absl::StatusOr<proxy::PresenceQuery> PresenceCalls::checked(
    const admin::PresenceQuery& query) const {
  proxy::PresenceQuery out{.limit = query.limit};
  if (!query.pool.empty()) {
    const auto slot = pool_slot(*proxy_.layout(), running_.get()->proxy, query.pool, "pool");
    if (!slot.ok()) return slot.status();
    out.pool = static_cast<std::uint32_t>(*slot);
  }
  if (query.page_token.empty()) return out;
  out.after = pool_key_of(query.page_token);
  const bool of_the_pool = out.after && (!out.pool || out.after->pool == *out.pool);
  if (!of_the_pool) return foreign_token(query.page_token);
  return out;
}

absl::StatusOr<api::NameList> PresenceCalls::names(const admin::PresenceQuery& query) const {
  const auto wanted = checked(query);
  if (!wanted.ok()) return wanted.status();
  const auto page = proxy_.presence().names(*wanted);
  const proxy::LayoutPtr layout = proxy_.layout();  // behind the page: it knows its pools
  api::NameList list;
  for (const proxy::NameRow& row : page.rows) {
    api::Name& name = *list.add_names();
    name.set_name(row.name);
    name.set_pool(name_of(*layout, row.pool));
    name.set_mark(row.mark.to_string());
  }
  if (page.more) {
    list.set_next_page_token(page_token_of(page.rows.back().pool, page.rows.back().name));
  }
  return list;
}

absl::StatusOr<api::GroupList> PresenceCalls::groups(const admin::PresenceQuery& query) const {
  const auto wanted = checked(query);
  if (!wanted.ok()) return wanted.status();
  const auto page = proxy_.presence().groups(*wanted);
  const proxy::LayoutPtr layout = proxy_.layout();  // behind the page: it knows its pools
  api::GroupList list;
  for (const proxy::GroupRow& row : page.rows) {
    api::Group& group = *list.add_groups();
    group.set_group(row.group);
    group.set_pool(name_of(*layout, row.pool));
    group.set_members(row.members);
  }
  if (page.more) {
    list.set_next_page_token(page_token_of(page.rows.back().pool, page.rows.back().group));
  }
  return list;
}

absl::StatusOr<api::MemberList> PresenceCalls::members(const std::string& group,
                                                       const admin::PresenceQuery& query) const {
  auto wanted = checked(query);
  if (!wanted.ok()) return wanted.status();
  if (wanted->after) {
    const auto mark = Mark::parse(wanted->after->text);
    if (!mark) return foreign_token(query.page_token);
    wanted->after->text = mark->bytes();
  }
  const auto page = proxy_.presence().members_of(group, *wanted);
  const proxy::LayoutPtr layout = proxy_.layout();  // behind the page: it knows its pools
  if (page.rows.empty() && !wanted->after) {
    return error(absl::StatusCode::kNotFound, "nobody is in the group '{}'", group);
  }
  api::MemberList list;
  list.set_group(group);
  for (const proxy::MemberRow& row : page.rows) {
    api::Member& member = *list.add_members();
    member.set_mark(row.mark.to_string());
    member.set_pool(name_of(*layout, row.pool));
  }
  if (page.more) {
    const proxy::MemberRow& last = page.rows.back();
    list.set_next_page_token(page_token_of(last.pool, last.mark.to_string()));
  }
  return list;
}

}  // namespace waymark::app
