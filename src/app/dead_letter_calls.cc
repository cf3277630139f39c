#include "app/dead_letter_calls.h"

#include <charconv>
#include <chrono>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "admin/base64.h"
#include "base/field_error.h"
#include "base/rfc3339.h"
#include "base/status.h"

namespace waymark::app {
namespace {

namespace api = admin::api;
using store::DeadLetterPtr;

constexpr std::chrono::milliseconds kReplayTimeout{5'000};
// How long a call waits for room on links, and the most it takes to go through many.
constexpr std::chrono::milliseconds kPatience{4'000};
// How often a full link is asked again.
constexpr std::chrono::milliseconds kRoomInterval{10};
// Replayed before they are erased together.
constexpr std::size_t kErasedAtOnce = 256;

std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, fault] = std::from_chars(text.data(), end, number);
  if (fault != std::errc() || at != end || text.empty()) return std::nullopt;
  return number;
}

absl::StatusOr<std::uint64_t> id_of(const std::string& text) {
  if (const auto id = number_of(text)) return *id;
  return error(absl::StatusCode::kNotFound, "there is no dead letter '{}'", text);
}

absl::StatusOr<DeadLetterFilter> filter_of(const api::DeadLetterFilter& asked,
                                           const std::string& path) {
  DeadLetterFilter filter;
  if (!asked.pool().empty()) filter.pool = asked.pool();
  if (!asked.reason().empty() && asked.reason() != "all") filter.reason = asked.reason();
  if (asked.mark().empty()) return filter;
  filter.mark = Mark::parse(asked.mark());
  if (!filter.mark) return field_error(path + "mark", "'{}' is not a UUID", asked.mark());
  return filter;
}

absl::StatusOr<DeadLetterFilter> filter_of(const api::DeadLettersAction& action) {
  const api::DeadLetterFilter& asked = action.filter();
  if (asked.pool().empty() && asked.mark().empty() && asked.reason().empty()) {
    return field_error("filter", "may not be empty; reason: all is a filter");
  }
  return filter_of(asked, "filter.");
}

api::DeadLetter view_of(const store::StoredDeadLetter& letter) {
  api::DeadLetter out;
  out.set_id(std::to_string(letter.id));
  out.set_mark(letter.mark.to_string());
  out.set_seq(letter.seq);
  out.set_pool(letter.pool);
  out.set_listener(letter.listener);
  out.set_upstream(letter.upstream);
  out.set_attempts(letter.attempts);
  out.set_reason(letter.reason);
  if (letter.received_at != 0) out.set_received_at(to_rfc3339(letter.received_at));
  out.set_dead_at(to_rfc3339(letter.dead_at));
  out.set_payload_bytes(letter.payload.size());
  return out;
}

absl::Status refusal_of(proxy::ReplayResult::Kind kind, const std::string& pool) {
  using Kind = proxy::ReplayResult::Kind;
  switch (kind) {
    case Kind::no_pool:
      return error(absl::StatusCode::kFailedPrecondition,
                   "there is no pool '{}' any more: the dead letter stays", pool);
    case Kind::no_upstream:
      return error(absl::StatusCode::kUnavailable,
                   "no upstream of pool '{}' is ready: the dead letter stays", pool);
    case Kind::too_large:
      return error(absl::StatusCode::kFailedPrecondition,
                   "the upstreams of pool '{}' take no frame as large as this one: the dead letter "
                   "stays",
                   pool);
    case Kind::no_room:
      return error(absl::StatusCode::kUnavailable,
                   "the links to the upstreams of pool '{}' are full, or other frames of "
                   "its connection go first: the dead letter stays",
                   pool);
    case Kind::delivered:
      break;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<api::DeadLetterList> DeadLetterCalls::list(
    const admin::DeadLetterQuery& query) const {
  const auto filter = filter_of(query.filter, "");
  if (!filter.ok()) return filter.status();
  std::uint64_t after = 0;
  if (!query.page_token.empty()) {
    const auto number = number_of(query.page_token);
    if (!number) return field_error("page_token", "'{}' is no token", query.page_token);
    after = *number;
  }
  const DeadLetters::Page page = letters_.list(*filter, after, query.limit);
  api::DeadLetterList list;
  for (const DeadLetterPtr& letter : page.letters) *list.add_dead_letters() = view_of(*letter);
  if (page.more) list.set_next_page_token(std::to_string(page.letters.back()->id));
  return list;
}

absl::StatusOr<api::DeadLetterContent> DeadLetterCalls::show(const std::string& id) const {
  const auto number = id_of(id);
  if (!number.ok()) return number.status();
  const DeadLetterPtr letter = letters_.find(*number);
  if (letter == nullptr) {
    return error(absl::StatusCode::kNotFound, "there is no dead letter '{}'", id);
  }
  api::DeadLetterContent content;
  *content.mutable_dead_letter() = view_of(*letter);
  content.set_payload(admin::encode_base64(letter->payload));
  return content;
}

absl::StatusOr<std::string> DeadLetterCalls::give(const store::StoredDeadLetter& letter,
                                                  Clock::time_point until) {
  for (;;) {
    auto result = proxy_.replay({.mark = letter.mark,
                                 .seq = letter.seq,
                                 .pool = letter.pool,
                                 .listener = letter.listener,
                                 .upstream = letter.upstream,
                                 .attempts = letter.attempts,
                                 .received_at = letter.received_at,
                                 .payload = letter.payload},
                                kReplayTimeout);
    if (!result.ok()) return result.status();
    if (result->kind == proxy::ReplayResult::Kind::delivered) return std::move(result->upstream);
    const bool may_change = result->kind == proxy::ReplayResult::Kind::no_room;
    if (!may_change || Clock::now() >= until) return refusal_of(result->kind, letter.pool);
    std::this_thread::sleep_for(kRoomInterval);
  }
}

absl::StatusOr<api::DeadLetterReplayed> DeadLetterCalls::replay(const std::string& id) {
  const auto number = id_of(id);
  if (!number.ok()) return number.status();
  auto letter = letters_.take(*number);
  if (!letter.ok()) return letter.status();
  auto upstream = give(**letter, Clock::now() + kPatience);
  if (!upstream.ok()) {
    letters_.put_back({*letter});
    return upstream.status();
  }
  const absl::Status erased = letters_.erase({*letter}, DeadLetters::Why::replayed);
  if (!erased.ok()) {
    return error(erased.code(), "{} has got the frame, but it stays a dead letter: {}", *upstream,
                 message_of(erased));
  }
  api::DeadLetterReplayed replayed;
  replayed.set_id(id);
  replayed.set_upstream(*std::move(upstream));
  return replayed;
}

absl::StatusOr<api::DeadLettersActionDone> DeadLetterCalls::replay_many(
    const api::DeadLettersAction& action) {
  const auto filter = filter_of(action);
  if (!filter.ok()) return filter.status();
  api::DeadLettersActionDone done;
  done.set_matched(letters_.count(*filter));
  if (action.dry_run()) return done;
  const auto until = Clock::now() + kPatience;
  absl::Status erased;
  std::vector<DeadLetterPtr> delivered;
  std::vector<DeadLetterPtr> staying;
  std::set<std::string> closed_pools;  // whose upstreams are gone, or stay full
  const auto erase_delivered = [&] {
    const std::size_t count = delivered.size();
    erased = letters_.erase(std::exchange(delivered, {}), DeadLetters::Why::replayed);
    if (erased.ok()) done.set_done(done.done() + count);
  };
  // The oldest first, and so those of one connection in the order in which they were given up.
  for (const DeadLetterPtr& letter : letters_.take(*filter)) {
    if (!erased.ok() || closed_pools.contains(letter->pool)) {
      staying.push_back(letter);
    } else if (Clock::now() >= until) {
      staying.push_back(letter);
      done.set_problem("not all were done within the time of one call: ask again");
    } else if (const auto upstream = give(*letter, until); upstream.ok()) {
      delivered.push_back(letter);
      if (delivered.size() == kErasedAtOnce) erase_delivered();
    } else {
      staying.push_back(letter);
      done.set_problem(std::string(message_of(upstream.status())));
      if (absl::IsUnavailable(upstream.status())) closed_pools.insert(letter->pool);
    }
  }
  letters_.put_back(staying);
  if (erased.ok()) erase_delivered();
  if (!erased.ok()) {
    return error(erased.code(), "upstreams have got frames that stay dead letters: {}",
                 message_of(erased));
  }
  return done;
}

absl::StatusOr<api::DeadLetter> DeadLetterCalls::drop(const std::string& id) {
  const auto number = id_of(id);
  if (!number.ok()) return number.status();
  const auto letter = letters_.take(*number);
  if (!letter.ok()) return letter.status();
  const absl::Status erased = letters_.erase({*letter}, DeadLetters::Why::dropped);
  if (!erased.ok()) return erased;
  return view_of(**letter);
}

absl::StatusOr<api::DeadLettersActionDone> DeadLetterCalls::drop_many(
    const api::DeadLettersAction& action) {
  const auto filter = filter_of(action);
  if (!filter.ok()) return filter.status();
  api::DeadLettersActionDone done;
  done.set_matched(letters_.count(*filter));
  if (action.dry_run()) return done;
  const std::vector<DeadLetterPtr> taken = letters_.take(*filter);
  if (absl::Status erased = letters_.erase(taken, DeadLetters::Why::dropped); !erased.ok()) {
    return erased;
  }
  done.set_done(taken.size());
  return done;
}

}  // namespace waymark::app
