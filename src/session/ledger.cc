#include "session/ledger.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "wire/event.h"

namespace waymark::session {
namespace {

constexpr std::size_t kFirstRing = 64;

}  // namespace

void Ledger::add(const ChunkRef& chunk, std::size_t offset, std::size_t size, Kind kind) {
  if (is_sparse()) make_straggler();
  if (count_ == ring_.size()) grow();
  const std::uint64_t delivery = next();
  if (pages_.empty() || pages_.back().chunk.get() != chunk.get()) {
    if (!pages_.empty()) {
      Page& full = pages_.back();
      retained_ += full.chunk ? full.chunk->capacity() : 0;
      if (full.live == 0) release(full);
    }
    pages_.push_back({.chunk = chunk, .first = delivery});
  }
  pages_.back().live += size;
  ++count_;
  at(delivery) = {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size), kind.frame,
                  kind.of_share};
  ++events_;
  if (kind.frame) ++frames_;
}

bool Ledger::is_sparse() const {
  return count_ >= kSpan && 2 * (events_ - stragglers_.size()) < count_;
}

void Ledger::grow() {
  std::vector<Record> larger(std::max(kFirstRing, 2 * ring_.size()));
  for (std::uint64_t delivery = base_; delivery < next(); ++delivery) {
    larger[delivery & (larger.size() - 1)] = at(delivery);
  }
  ring_ = std::move(larger);
}

// The oldest leaves the ring.
void Ledger::make_straggler() {
  const Record record = at(base_);
  const std::string_view bytes = bytes_of(pages_.front(), record);
  retained_ += bytes.size();
  stragglers_.emplace(base_, Straggler{chunks_.copy_of(bytes), {record.frame, record.of_share}});
  finish_record(base_);
}

ChunkRange Ledger::range_of(std::uint64_t delivery) const {
  if (const auto old = stragglers_.find(delivery); old != stragglers_.end()) {
    return old->second.entry;
  }
  const Record& record = at(delivery);
  return {pages_[page_of(delivery)].chunk, record.offset, record.size};
}

std::optional<Ledger::Entry> Ledger::find(std::uint64_t delivery) const {
  if (!stragglers_.empty()) {
    if (const auto old = stragglers_.find(delivery); old != stragglers_.end()) {
      const ChunkRange range = range_of(delivery);
      return Entry{wire::mark_of_entry(range.bytes()), range.size, old->second.kind.frame,
                   old->second.kind.of_share};
    }
  }
  if (!in_ring(delivery)) return std::nullopt;
  const Record& record = at(delivery);
  return Entry{wire::mark_of_entry(bytes_of(pages_[page_of(delivery)], record)), record.size,
               record.frame, record.of_share};
}

void Ledger::disown(std::uint64_t delivery) {
  if (in_ring(delivery)) {
    at(delivery).of_share = false;
  } else {
    stragglers_.at(delivery).kind.of_share = false;
  }
}

std::optional<Ledger::Entry> Ledger::complete(std::uint64_t delivery) {
  const std::optional<Entry> entry = find(delivery);
  if (!entry) return entry;
  --events_;
  if (entry->frame) --frames_;
  if (stragglers_.erase(delivery) > 0) {
    retained_ -= entry->size;
  } else {
    finish_record(delivery);
  }
  if (events_ == 0) {  // the page being filled may be one that nothing will fill
    pages_.clear();
    retained_ = 0;
    shrink();
  }
  return entry;
}

// Requires that it is empty. What a burst took is not kept for ever.
void Ledger::shrink() {
  if (ring_.size() > kSpan) ring_ = {};
}

void Ledger::finish_record(std::uint64_t delivery) {
  const std::size_t place = page_of(delivery);
  Page& page = pages_[place];
  page.live -= std::exchange(at(delivery).size, 0);
  const bool being_filled = place + 1 == pages_.size();
  if (!being_filled && page.live == 0) {
    release(page);
  } else if (!being_filled && page.live < page.chunk->capacity() / kSparse) {
    copy_out(place);
  }
  if (delivery == base_) drop_done();
}

void Ledger::drop_done() {
  while (count_ > 0 && at(base_).size == 0) {
    ++base_;
    --count_;
  }
  while (pages_.size() > 1 && pages_[1].first <= base_) pages_.pop_front();
}

void Ledger::release(Page& page) {
  if (!page.chunk) return;
  retained_ -= page.chunk->capacity();
  page.chunk = ChunkRef();
}

std::size_t Ledger::page_of(std::uint64_t delivery) const {
  // Most are acked soon, so that there is one page, or it is the first.
  if (pages_.size() == 1 || delivery < pages_[1].first) return 0;
  const auto after =
      std::upper_bound(pages_.begin(), pages_.end(), delivery,
                       [](std::uint64_t number, const Page& page) { return number < page.first; });
  return static_cast<std::size_t>(after - pages_.begin()) - 1;
}

std::uint64_t Ledger::end_of_page(std::size_t page) const {
  return page + 1 < pages_.size() ? pages_[page + 1].first : next();
}

void Ledger::copy_out(std::size_t place) {
  Page& page = pages_[place];
  ChunkRef copy = chunks_.take_exactly(page.live);
  std::size_t used = 0;
  for (std::uint64_t delivery = std::max(page.first, base_); delivery < end_of_page(place);
       ++delivery) {
    Record& record = at(delivery);
    if (record.size == 0) continue;
    std::memcpy(copy->data() + used, page.chunk->data() + record.offset, record.size);
    record.offset = static_cast<std::uint32_t>(used);
    used += record.size;
  }
  retained_ -= page.chunk->capacity();
  page.chunk = std::move(copy);
  retained_ += page.chunk->capacity();
}

void Ledger::compact() {
  for (std::size_t place = 0; place + 1 < pages_.size(); ++place) {
    const Page& page = pages_[place];
    if (page.chunk && page.live < page.chunk->capacity() / 2) copy_out(place);
  }
}

void Ledger::tick(std::uint64_t now_ms) {
  for (std::size_t place = 0; place + 1 < pages_.size(); ++place) {
    Page& page = pages_[place];
    if (!page.chunk) continue;
    if (page.full_since_ms == 0) page.full_since_ms = now_ms;
    if (now_ms - page.full_since_ms < kFullForMs) continue;
    if (page.live < page.chunk->capacity() / 2) copy_out(place);
  }
}

void Ledger::for_each(Visit visit) const {
  for_each_while([&](std::uint64_t delivery, const ChunkRange& range, bool frame) {
    visit(delivery, range, frame);
    return true;
  });
}

void Ledger::for_each_while(VisitWhile visit) const {
  for (const auto& [delivery, old] : stragglers_) {
    if (!visit(delivery, old.entry, old.kind.frame)) return;
  }
  for (std::size_t place = 0; place < pages_.size(); ++place) {
    const Page& page = pages_[place];
    for (std::uint64_t delivery = std::max(page.first, base_); delivery < end_of_page(place);
         ++delivery) {
      const Record& record = at(delivery);
      if (record.size == 0) continue;
      if (!visit(delivery, {page.chunk, record.offset, record.size}, record.frame)) return;
    }
  }
}

void Ledger::clear() {
  base_ = next();
  count_ = events_ = frames_ = retained_ = 0;
  pages_.clear();
  stragglers_.clear();
}

}  // namespace waymark::session
