// What one upstream is found to be, and what that means for those who use it.
//
//   state      what happens                                              next
//   joining    a link is ready, and nothing speaks against it            ready
//              `fall` failures in a row                                  unhealthy
//   ready      no link is left, `fall` failed probes, NOT_SERVING,       unhealthy
//              ejected
//   unhealthy  a link is ready, and nothing speaks against it            ready, slowly
//              `max_failures` failures in a row                          dead
//   dead       its health service answers; a link is ready, and nothing  unhealthy
//              else speaks against it; admin state ready once more
//   any        leave()                                                   leaving, for good
//
// What speaks against it: a failing or NOT_SERVING health service until `rise` probes in a row have
// passed, an ejection until it is over, and under Check::grpc that no probe has passed yet.
//
// Who decides: under Check::grpc the health service and the links, under Check::link the links
// alone, and under Check::automatic the health service too once it has answered. Where links decide
// a failure is a look, at the time of a probe, that finds no link ready. A dead one is given a
// trial at each of these times: role serve, until its links come or fail, for one interval at most.
//
// Ejection: `eject_after` link losses within `eject_window`, where losses within a second are one
// (each worker tells its own).
//
// The workers fail over by themselves when a link is lost. This decides about picking, probing and
// ejecting, and touches no clock: every call says the time, in steady milliseconds that never go
// back.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/backoff.h"

namespace waymark::control {

using Millis = std::chrono::milliseconds;

enum class State : std::uint8_t { joining, ready, unhealthy, dead, leaving };
enum class AdminState : std::uint8_t { ready, drain, maintenance };

// As the admin API spells them.
[[nodiscard]] std::string_view name_of(State state);
[[nodiscard]] std::string_view name_of(AdminState state);

// What workers do with it.
enum class Role : std::uint8_t {
  serve,           // picked where its link is ready; links that are not keep trying
  leave_politely,  // not picked, its clients move away, its answers are still accepted
  give_up,         // no link: it ends now, and what it has not acked goes elsewhere
  rest,            // leave_politely, and when its clients are gone the link ends
};

struct HealthSettings {
  enum class Check : std::uint8_t { automatic, grpc, link };

  Check check = Check::automatic;
  Millis interval{5'000};        // between two probes
  Millis timeout{1'000};         // of a probe; for whoever sends it
  int rise = 2;                  // passes in a row until a failing one is trusted again
  int fall = 3;                  // failures in a row until it is not
  int max_failures = 10;         // failures in a row until it is dead
  Millis dead_interval{30'000};  // between two probes of a dead one
  Millis slow_start{10'000};     // until one that came back has its whole weight
  int eject_after = 3;           // link losses; 0 never ejects
  Millis eject_window{30'000};
  Millis eject_base{5'000};  // of the first ejection; each next is twice as long
  Millis eject_max{300'000};

  friend bool operator==(const HealthSettings&, const HealthSettings&) = default;
};

struct ProbeResult {
  enum class Kind : std::uint8_t { passing, not_serving, failed, unsupported };

  Kind kind = Kind::failed;
  std::string text;  // for people
};

struct Standing {
  State state = State::joining;
  AdminState admin_state = AdminState::ready;
  Role role = Role::serve;
  std::uint32_t weight_percent = 100;  // 10 to 100; below 100 in slow start
  bool panic = false;                  // picked only because it is the last resort
  std::string problem;                 // why it is not ready, or why it serves nevertheless
  std::string health;                  // what the last probe found
  std::uint64_t since_ms = 0;          // when it came into its state
  std::uint32_t failures = 0;          // in a row
  std::uint64_t next_probe_at_ms = 0;  // kNever: not to be probed

  bool operator==(const Standing&) const = default;
};

// It came into a state.
struct StateChange {
  std::uint64_t at_ms = 0;
  State state = State::joining;
  std::string problem;  // that it had then
};

class UpstreamLife {
 public:
  static constexpr std::size_t kMostChanges = 32;
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  // `random` gives any 32 random bits. The first probe is due at once.
  UpstreamLife(const HealthSettings& settings, std::function<std::uint32_t()> random,
               std::uint64_t now_ms);

  // How many of the workers have a ready link now.
  void links(std::uint32_t ready, std::uint32_t workers, std::uint64_t now_ms);
  // A link that was ready is no more; links() tells how many are left.
  void link_lost(std::string_view why, std::uint64_t now_ms);
  // A link does not become ready, or not soon.
  void link_failed(std::string_view why, std::uint64_t now_ms);
  // Asked for at next_probe_at_ms, or told in between by the server itself.
  void probe(const ProbeResult& result, std::uint64_t now_ms);
  // `ready` after another state forgives.
  void set_admin_state(AdminState state, std::uint64_t now_ms);
  // Of one that is meant to be ready: forgets what spoke against it, failures and an ejection.
  void forgive(std::uint64_t now_ms);
  // No other upstream of its pool could serve. While this holds, failing probes, an ejection and
  // death do not take it out of service, since that would do more harm than good. Its own word,
  // NOT_SERVING, and the admin state do.
  void set_last_resort(bool last_resort, std::uint64_t now_ms);
  // It is being removed. All other inputs mean nothing from now on.
  void leave(std::uint64_t now_ms);
  // Other rules from now on; what has been counted stays.
  void set_settings(const HealthSettings& settings, std::uint64_t now_ms);
  // About ten times a second.
  void tick(std::uint64_t now_ms);

  // As of the latest call.
  [[nodiscard]] const Standing& standing() const { return standing_; }
  // The latest changes of its state, the oldest first; the state it began with is one.
  [[nodiscard]] const std::deque<StateChange>& history() const { return history_; }

 private:
  enum class Verdict : std::uint8_t { none, passing, not_serving, failing };

  [[nodiscard]] bool links_decide() const;
  [[nodiscard]] bool ejected() const { return now_ms_ < ejected_until_ms_; }
  [[nodiscard]] bool in_trial() const { return now_ms_ < trial_until_ms_; }
  // Nothing but the state of its links speaks against it.
  [[nodiscard]] bool trusted() const;
  // It should have no link: dead, ejected or failing.
  [[nodiscard]] bool given_up() const;
  [[nodiscard]] bool judged() const;
  [[nodiscard]] Role role() const;
  [[nodiscard]] std::string cause() const;
  [[nodiscard]] std::string problem() const;
  [[nodiscard]] std::uint32_t weight_percent() const;

  void on_passing();
  void on_not_serving();
  void on_failed();
  void on_unsupported();
  void count_loss(std::string_view why);
  void look_at_links();
  void plan_probe();
  void enter(State state);
  // Follows the table as far as it leads.
  void settle();
  void say();
  void remember();

  HealthSettings settings_;
  const std::function<std::uint32_t()> random_;
  std::uint64_t now_ms_;

  State state_ = State::joining;
  AdminState admin_ = AdminState::ready;
  std::uint64_t since_ms_;
  bool last_resort_ = false;

  std::uint32_t ready_links_ = 0;
  std::uint32_t workers_ = 0;
  std::string link_problem_;

  Verdict verdict_ = Verdict::none;
  bool health_answered_ = false;  // the server has a health service
  int passes_ = 0;                // passing probes in a row
  int fails_ = 0;                 // failed probes in a row
  int failures_ = 0;              // failed probes and fruitless looks in a row
  std::string health_;
  Backoff probe_backoff_;  // of one that is unhealthy
  std::uint64_t next_probe_ms_;

  std::vector<std::uint64_t> losses_;  // when, at most eject_after
  std::string eject_reason_;
  Backoff eject_backoff_;
  std::uint64_t ejected_until_ms_ = 0;
  std::uint64_t trial_until_ms_ = 0;
  std::uint64_t back_since_ms_ = kNever;  // slow start

  Standing standing_;
  std::deque<StateChange> history_;
};

}  // namespace waymark::control
