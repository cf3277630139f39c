#include "app/dead_letters.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "base/status.h"
#include "base/unix_clock.h"

namespace waymark::app {
namespace {

using store::DeadLetterPtr;

std::vector<std::uint64_t> ids_of(const std::vector<DeadLetterPtr>& letters) {
  std::vector<std::uint64_t> ids;
  ids.reserve(letters.size());
  for (const DeadLetterPtr& letter : letters) ids.push_back(letter->id);
  return ids;
}

bool matches(const DeadLetterFilter& filter, const store::StoredDeadLetter& letter) {
  return (!filter.pool || *filter.pool == letter.pool) &&
         (!filter.mark || *filter.mark == letter.mark) &&
         (!filter.reason || *filter.reason == letter.reason);
}

std::size_t index_of(LetterDrop drop) { return static_cast<std::size_t>(drop); }

}  // namespace

std::string_view name_of(LetterDrop drop) {
  constexpr std::array<std::string_view, kLetterDrops> kNames = {"oldest", "too_large", "busy",
                                                                 "disk", "admin"};
  return kNames[index_of(drop)];
}

DeadLetters::DeadLetters(store::Store& store, const RunningConfig& running, Log& log,
                         EventFeed& feed, const store::DeadLetterMap& remembered)
    : store_(store), running_(running), log_(log), feed_(feed) {
  for (const auto& [id, letter] : remembered) {
    last_id_ = id;
    insert(letter);
  }
  drop_oldest();  // the bound may have been another one then
}

std::optional<LetterDrop> DeadLetters::refusal_of(std::size_t size) const {
  if (size > running_.get()->dead_letters.max_bytes) return LetterDrop::too_large;
  const bool room = waiting_count_ < kMostWaiting && waiting_bytes_ + size <= kMostWaitingBytes;
  return room || waiting_count_ == 0 ? std::nullopt : std::optional(LetterDrop::busy);
}

void DeadLetters::add(proxy::DeadLetter&& letter) {
  const std::size_t size = letter.payload.size();
  const std::uint64_t now = unix_ns();
  std::optional<LetterDrop> refusal;
  std::uint64_t id = 0;
  {
    std::lock_guard lock(mutex_);
    ++counts_.added[static_cast<std::size_t>(letter.reason)];
    refusal = refusal_of(size);
    if (!refusal) {
      // Microseconds, so that an id is not used again, not even after a restart without any left.
      last_id_ = id = std::max(last_id_ + 1, now / 1000);
      ++waiting_count_;
      waiting_bytes_ += size;
    }
  }
  if (refusal) {
    return tell_drop(*refusal, 1,
                     *refusal == LetterDrop::busy ? "the disk cannot follow"
                                                  : "it is larger than dead_letters.max_bytes");
  }
  const auto stored = std::make_shared<const store::StoredDeadLetter>(
      store::StoredDeadLetter{.id = id,
                              .mark = letter.mark,
                              .seq = letter.seq,
                              .pool = std::move(letter.pool),
                              .listener = std::move(letter.listener),
                              .upstream = std::move(letter.upstream),
                              .attempts = letter.attempts,
                              .received_at = letter.received_at,
                              .dead_at = now,
                              .reason = std::string(name_of(letter.reason)),
                              .payload = std::move(letter.payload)});
  store_.write(store::PutDeadLetter{stored},
               [this, stored](const absl::Status& status) { written(stored, status); });
}

void DeadLetters::written(const DeadLetterPtr& letter, const absl::Status& status) {
  const std::size_t size = letter->payload.size();
  {
    std::lock_guard lock(mutex_);
    --waiting_count_;
    waiting_bytes_ -= size;
    if (status.ok()) insert(letter);
  }
  if (!status.ok()) return tell_drop(LetterDrop::disk, 1, message_of(status));
  feed_.dead_letter_added(*letter);
  drop_oldest();
}

// The newest stays: what is wrong now is what an operator has to see, and has not seen yet.
void DeadLetters::drop_oldest() {
  const std::vector<DeadLetterPtr> oldest = take_oldest();
  if (oldest.empty()) return;
  store_.write(store::EraseDeadLetters{ids_of(oldest)}, [this, oldest](const absl::Status& status) {
    if (!status.ok()) return put_back(oldest);  // and tried again with the next one
    forget(oldest);
    tell_drop(LetterDrop::oldest, oldest.size(), "there are more than dead_letters allows");
  });
}

std::vector<DeadLetterPtr> DeadLetters::take_oldest() {
  const ConfigPtr config = running_.get();
  const DeadLetterSettings& most = config->dead_letters;
  std::vector<DeadLetterPtr> oldest;
  std::lock_guard lock(mutex_);
  for (auto& [id, entry] : entries_) {
    if (free_count_ <= most.max_count && free_bytes_ <= most.max_bytes) break;
    if (entry.taken) continue;
    set_taken(entry, true);
    oldest.push_back(entry.letter);
  }
  return oldest;
}

void DeadLetters::insert(const DeadLetterPtr& letter) {
  entries_.emplace(letter->id, Entry{letter});
  ++free_count_;
  free_bytes_ += letter->payload.size();
  counts_.bytes += letter->payload.size();
}

void DeadLetters::set_taken(Entry& entry, bool taken) {
  entry.taken = taken;
  const std::size_t size = entry.letter->payload.size();
  free_count_ = taken ? free_count_ - 1 : free_count_ + 1;
  free_bytes_ = taken ? free_bytes_ - size : free_bytes_ + size;
}

void DeadLetters::forget(const std::vector<DeadLetterPtr>& taken) {
  std::lock_guard lock(mutex_);
  for (const DeadLetterPtr& letter : taken) {
    counts_.bytes -= letter->payload.size();
    entries_.erase(letter->id);
  }
}

void DeadLetters::tell_drop(LetterDrop drop, std::uint64_t count, std::string_view why) {
  {
    std::lock_guard lock(mutex_);
    counts_.dropped[index_of(drop)] += count;
  }
  const auto untold = warnings_[index_of(drop)].admit(count);
  if (!untold) return;
  log_.write(LogLevel::warn, "dead_letters_dropped",
             {{"reason", name_of(drop)}, {"count", count + *untold}, {"why", why}});
  feed_.dead_letters_gone("dropped", count + *untold, name_of(drop));
}

DeadLetters::Page DeadLetters::list(const DeadLetterFilter& filter, std::uint64_t after,
                                    std::size_t limit) const {
  Page page;
  std::lock_guard lock(mutex_);
  for (auto at = entries_.upper_bound(after); at != entries_.end(); ++at) {
    if (!matches(filter, *at->second.letter)) continue;
    page.more = page.letters.size() == limit;
    if (page.more) break;
    page.letters.push_back(at->second.letter);
  }
  return page;
}

std::uint64_t DeadLetters::count(const DeadLetterFilter& filter) const {
  std::lock_guard lock(mutex_);
  const auto found = std::count_if(entries_.begin(), entries_.end(), [&](const auto& each) {
    return matches(filter, *each.second.letter);
  });
  return static_cast<std::uint64_t>(found);
}

DeadLetterPtr DeadLetters::find(std::uint64_t id) const {
  std::lock_guard lock(mutex_);
  const auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : at->second.letter;
}

absl::StatusOr<DeadLetterPtr> DeadLetters::take(std::uint64_t id) {
  std::lock_guard lock(mutex_);
  const auto at = entries_.find(id);
  if (at == entries_.end()) {
    return error(absl::StatusCode::kNotFound, "there is no dead letter '{}'", id);
  }
  if (at->second.taken) {
    return error(absl::StatusCode::kFailedPrecondition,
                 "dead letter '{}' is being replayed or dropped already", id);
  }
  set_taken(at->second, true);
  return at->second.letter;
}

std::vector<DeadLetterPtr> DeadLetters::take(const DeadLetterFilter& filter) {
  std::vector<DeadLetterPtr> taken;
  std::lock_guard lock(mutex_);
  for (auto& [id, entry] : entries_) {
    if (entry.taken || !matches(filter, *entry.letter)) continue;
    set_taken(entry, true);
    taken.push_back(entry.letter);
  }
  return taken;
}

void DeadLetters::put_back(const std::vector<DeadLetterPtr>& taken) {
  std::lock_guard lock(mutex_);
  for (const DeadLetterPtr& letter : taken) set_taken(entries_.find(letter->id)->second, false);
}

absl::Status DeadLetters::erase(const std::vector<DeadLetterPtr>& taken, Why why) {
  if (taken.empty()) return absl::OkStatus();
  const auto done = std::make_shared<std::promise<absl::Status>>();
  store_.write(store::EraseDeadLetters{ids_of(taken)},
               [done](absl::Status status) { done->set_value(std::move(status)); });
  const absl::Status status = done->get_future().get();
  if (!status.ok()) {
    put_back(taken);
    return status;
  }
  forget(taken);
  const bool replayed = why == Why::replayed;
  {
    std::lock_guard lock(mutex_);
    (replayed ? counts_.replayed : counts_.dropped[index_of(LetterDrop::admin)]) += taken.size();
  }
  feed_.dead_letters_gone(replayed ? "replayed" : "dropped", taken.size(),
                          replayed ? "" : name_of(LetterDrop::admin));
  return absl::OkStatus();
}

DeadLetters::Counts DeadLetters::counts() const {
  std::lock_guard lock(mutex_);
  Counts counts = counts_;
  counts.stored = entries_.size();
  return counts;
}

}  // namespace waymark::app
