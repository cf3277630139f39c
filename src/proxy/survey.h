// Carries out a SurveyOrder on one worker, in slices short enough that clients do not notice, of
// which a worker whose turns are long does several in one: first
// the marks of all that match are gathered, then they are put in order, then each is looked up and
// acted on. They are gathered by their first byte, which is random, so that they are put in order
// piece by piece.
//
// Every connection that was there from the beginning to the end of the gathering is found, and each
// is acted on once. A list that is ordered by something else than marks keeps no more of them while
// it gathers than its page holds. The table is walked from its end, because what it moves to fill a
// gap comes from there: a client may be met twice, never missed.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <vector>

#include "proxy/down_path.h"
#include "proxy/leaver.h"
#include "proxy/mover.h"
#include "proxy/survey_order.h"

namespace waymark::proxy {

class Survey {
 public:
  using Done = std::function<void(SurveyAnswer)>;
  // `done` is called once, on the worker's thread.
  Survey(SurveyOrder order, Done done) : order_(std::move(order)), done_(std::move(done)) {}

  // What a survey works with.
  struct Tools {
    WorkerState& state;
    Closer& closer;
    DownPath& down;
    Mover& mover;
    Leaver& leaver;
  };
  // How long to go on with slices, after the first one, having waited so long for this turn: a
  // twentieth of it, so that a list comes in time also from a worker that is late for everything.
  [[nodiscard]] static std::chrono::nanoseconds turn(std::chrono::nanoseconds waited);
  // One slice. True once `done` was called.
  [[nodiscard]] bool step(const Tools& tools);

 private:
  static constexpr int kShare = 20;
  static constexpr std::chrono::nanoseconds kLongestTurn = std::chrono::milliseconds(1);

  enum class Phase : std::uint8_t { beginning, gathering, ordering, acting };

  void begin(const Tools& tools);
  void gather(const Tools& tools);
  void rank(const WorkerState& state, const Client& client);
  void put_in_order();
  void put_ranked_in_order();
  void choose_page();
  void act(const Tools& tools);
  void act_on(const Tools& tools, Client& client);
  [[nodiscard]] bool matches(const WorkerState& state, const Client& client) const;

  const SurveyOrder order_;
  const Done done_;
  Phase phase_ = Phase::beginning;
  std::size_t unseen_ = 0;  // clients of the table that have not been looked at
  std::array<std::vector<Mark>, 256> gathered_;  // by first byte; a mark may be there twice
  std::size_t ordered_ = 0;                      // of gathered_: as many are in marks_
  std::vector<ListPlace> ranked_;                // a heap, the last place on top
  std::uint64_t passed_over_ = 0;                // that matched and are not in ranked_
  std::vector<Mark> marks_;
  std::size_t next_ = 0;  // of marks_
  SurveyAnswer answer_;
};

}  // namespace waymark::proxy
