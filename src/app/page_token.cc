#include "app/page_token.h"

#include <fmt/format.h>

#include <charconv>

#include "base/field_error.h"

namespace waymark::app {
namespace {

// Takes a number in this base, and `end` behind it, from the front of `token`.
template <typename Number>
std::optional<Number> take_number(std::string_view& token, int base, char end) {
  Number number = 0;
  const char* const last = token.data() + token.size();
  const auto [at, fault] = std::from_chars(token.data(), last, number, base);
  if (fault != std::errc() || at == last || *at != end) return std::nullopt;
  token.remove_prefix(static_cast<std::size_t>(at - token.data()) + 1);
  return number;
}

}  // namespace

std::string page_token_of(const proxy::ListPlace& place, proxy::ListKey key) {
  const std::string mark = place.mark.to_string();
  if (key == proxy::ListKey::mark) return mark;
  return fmt::format("{:x}.{:x}.{}", absl::Uint128High64(place.rank),
                     absl::Uint128Low64(place.rank), mark);
}

std::optional<proxy::ListPlace> place_of(std::string_view token, proxy::ListKey key) {
  proxy::ListPlace place;
  if (key != proxy::ListKey::mark) {
    const auto high = take_number<std::uint64_t>(token, 16, '.');
    const auto low = take_number<std::uint64_t>(token, 16, '.');
    if (!high || !low) return std::nullopt;
    place.rank = absl::MakeUint128(*high, *low);
  }
  const auto mark = Mark::parse(token);
  if (!mark) return std::nullopt;
  place.mark = *mark;
  return place;
}

std::string page_token_of(std::uint32_t pool, std::string_view text) {
  return fmt::format("{}:{}", pool, text);
}

std::optional<session::PoolKey> pool_key_of(std::string_view token) {
  const auto pool = take_number<std::uint32_t>(token, 10, ':');
  if (!pool) return std::nullopt;
  return session::PoolKey{*pool, std::string(token)};
}

absl::Status foreign_token(const std::string& token) {
  return field_error("page_token", "'{}' is none of this server's", token);
}

}  // namespace waymark::app
