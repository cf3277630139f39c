// The frames that were given up, until somebody replays or drops them: the table in memory, which
// state.db agrees with.
//
//   add() --> queue to the disk --> table --> take() --> put_back()   it stays
//     |             |                 |                `-> erase()    it is gone
//     `-------------`-----------------`-- dropped, counted and warned about
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "app/event_feed.h"
#include "app/log.h"
#include "app/running_config.h"
#include "app/sampler.h"
#include "proxy/dead_letter.h"
#include "store/store.h"

namespace waymark::app {

// All that is set must hold.
struct DeadLetterFilter {
  std::optional<std::string> pool;
  std::optional<Mark> mark;
  std::optional<std::string> reason;
};

// Why one is gone without having been replayed.
enum class LetterDrop : std::uint8_t {
  oldest,     // there were more than `dead_letters` allows
  too_large,  // for dead_letters.max_bytes
  busy,       // the disk could not follow
  disk,       // it could not be written
  admin,      // somebody asked for it
};
inline constexpr std::size_t kLetterDrops = 5;
[[nodiscard]] std::string_view name_of(LetterDrop drop);

// Thread-safe.
class DeadLetters {
 public:
  // That wait for the disk; more are dropped, so that they leave room for what operators set.
  static constexpr std::size_t kMostWaiting = 256;
  static constexpr std::size_t kMostWaitingBytes = 32 * 1024 * 1024;

  // All outlive it, and `store` ends before it.
  DeadLetters(store::Store& store, const RunningConfig& running, Log& log, EventFeed& feed,
              const store::DeadLetterMap& remembered);

  // Never waits.
  void add(proxy::DeadLetter&& letter);

  struct Page {
    std::vector<store::DeadLetterPtr> letters;  // by id
    bool more = false;                          // behind the last of them
  };
  // Those with a greater id than `after`.
  [[nodiscard]] Page list(const DeadLetterFilter& filter, std::uint64_t after,
                          std::size_t limit) const;
  [[nodiscard]] std::uint64_t count(const DeadLetterFilter& filter) const;
  // Null if there is none.
  [[nodiscard]] store::DeadLetterPtr find(std::uint64_t id) const;

  // Nobody else can take it until it is put back or erased. NotFound, or FailedPrecondition while
  // somebody has it.
  [[nodiscard]] absl::StatusOr<store::DeadLetterPtr> take(std::uint64_t id);
  // All that the filter finds and nobody has.
  [[nodiscard]] std::vector<store::DeadLetterPtr> take(const DeadLetterFilter& filter);
  void put_back(const std::vector<store::DeadLetterPtr>& taken);

  // What was taken is gone for good; waits for the disk. ResourceExhausted if it cannot be written:
  // all of them are put back.
  enum class Why : std::uint8_t { replayed, dropped };
  [[nodiscard]] absl::Status erase(const std::vector<store::DeadLetterPtr>& taken, Why why);

  struct Counts {
    std::uint64_t stored = 0;
    std::uint64_t bytes = 0;  // of their payloads
    std::uint64_t replayed = 0;
    std::array<std::uint64_t, proxy::kDeadLetterReasons> added{};
    std::array<std::uint64_t, kLetterDrops> dropped{};
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Entry {
    store::DeadLetterPtr letter;
    bool taken = false;
  };

  // With mutex_ held.
  [[nodiscard]] std::optional<LetterDrop> refusal_of(std::size_t size) const;
  void insert(const store::DeadLetterPtr& letter);
  void set_taken(Entry& entry, bool taken);

  void written(const store::DeadLetterPtr& letter, const absl::Status& status);
  void drop_oldest();
  [[nodiscard]] std::vector<store::DeadLetterPtr> take_oldest();
  void forget(const std::vector<store::DeadLetterPtr>& taken);
  void tell_drop(LetterDrop drop, std::uint64_t count, std::string_view why);

  store::Store& store_;
  const RunningConfig& running_;
  Log& log_;
  EventFeed& feed_;
  std::array<Sampler, kLetterDrops> warnings_;  // by LetterDrop
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Entry> entries_;  // guarded by mutex_, as all below
  std::uint64_t last_id_ = 0;
  std::size_t free_count_ = 0;  // of entries that are not taken
  std::size_t free_bytes_ = 0;
  std::size_t waiting_count_ = 0;  // for the disk
  std::size_t waiting_bytes_ = 0;
  Counts counts_;
};

}  // namespace waymark::app
