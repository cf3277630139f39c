#include "app/presence_view.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <utility>

#include "base/field_error.h"
#include "base/status.h"

namespace waymark::app {
namespace {

namespace api = admin::api;

std::string token_of(std::uint32_t pool, std::string_view text) {
  return fmt::format("{}:{}", pool, text);
}

absl::Status foreign_token(const std::string& token) {
  return field_error("page_token", "'{}' is none of this server's", token);
}

// What token_of() made.
std::optional<session::PoolKey> key_of(std::string_view token) {
  session::PoolKey key;
  const auto [end, failure] = std::from_chars(token.data(), token.data() + token.size(), key.pool);
  const auto used = static_cast<std::size_t>(end - token.data());
  if (failure != std::errc() || used >= token.size() || token[used] != ':') return std::nullopt;
  key.text = token.substr(used + 1);
  return key;
}

absl::StatusOr<proxy::PresenceQuery> presence_query(PoolSlot pool,
                                                    const admin::PresenceQuery& query) {
  proxy::PresenceQuery out{.pool = pool, .limit = query.limit};
  if (query.page_token.empty()) return out;
  out.after = key_of(query.page_token);
  const bool of_the_pool = out.after && (!pool || out.after->pool == *pool);
  if (!of_the_pool) return foreign_token(query.page_token);
  return out;
}

const std::string& name_of(const proxy::Layout& layout, std::uint32_t pool) {
  return layout.pools[pool].settings->name;
}

}  // namespace

absl::StatusOr<api::NameList> names_page(const proxy::Proxy& proxy, PoolSlot pool,
                                         const admin::PresenceQuery& query) {
  const auto wanted = presence_query(pool, query);
  if (!wanted.ok()) return wanted.status();
  const auto page = proxy.presence().names(*wanted);
  const proxy::LayoutPtr layout = proxy.layout();  // behind the page: it knows its pools
  api::NameList list;
  for (const proxy::NameRow& row : page.rows) {
    api::Name& name = *list.add_names();
    name.set_name(row.name);
    name.set_pool(name_of(*layout, row.pool));
    name.set_mark(row.mark.to_string());
  }
  if (page.more) list.set_next_page_token(token_of(page.rows.back().pool, page.rows.back().name));
  return list;
}

absl::StatusOr<api::GroupList> groups_page(const proxy::Proxy& proxy, PoolSlot pool,
                                           const admin::PresenceQuery& query) {
  const auto wanted = presence_query(pool, query);
  if (!wanted.ok()) return wanted.status();
  const auto page = proxy.presence().groups(*wanted);
  const proxy::LayoutPtr layout = proxy.layout();  // behind the page: it knows its pools
  api::GroupList list;
  for (const proxy::GroupRow& row : page.rows) {
    api::Group& group = *list.add_groups();
    group.set_group(row.group);
    group.set_pool(name_of(*layout, row.pool));
    group.set_members(row.members);
  }
  if (page.more) list.set_next_page_token(token_of(page.rows.back().pool, page.rows.back().group));
  return list;
}

absl::StatusOr<api::MemberList> members_page(const proxy::Proxy& proxy, const std::string& group,
                                             PoolSlot pool, const admin::PresenceQuery& query) {
  auto wanted = presence_query(pool, query);
  if (!wanted.ok()) return wanted.status();
  if (wanted->after) {
    const auto mark = Mark::parse(wanted->after->text);
    if (!mark) return foreign_token(query.page_token);
    wanted->after->text = mark->bytes();
  }
  const auto page = proxy.presence().members_of(group, *wanted);
  const proxy::LayoutPtr layout = proxy.layout();  // behind the page: it knows its pools
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
    list.set_next_page_token(token_of(page.rows.back().pool, page.rows.back().mark.to_string()));
  }
  return list;
}

}  // namespace waymark::app
