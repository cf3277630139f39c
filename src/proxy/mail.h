// What other threads tell a worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "proxy/arrival.h"
#include "proxy/layout.h"
#include "proxy/roster.h"
#include "proxy/settings.h"
#include "proxy/snapshot.h"
#include "proxy/upstream_order.h"
#include "waymark/mark.h"
#include "wire/event.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {

class Replay;
class Survey;

// From the control thread: a client was accepted. The worker owns `fd`.
struct NewClient {
  Arrival arrival;
  std::uint64_t ticket = 0;  // its turn in its pool's round robin
};

// From the worker of a newcomer whose mark a client of this one has: that client is to be closed.
struct TakeOver {
  Mark mark;
  std::uint64_t incarnation = 0;  // of the newcomer
  std::size_t worker = 0;         // which waits for TakenOver
};

// It is.
struct TakenOver {
  Mark mark;
  std::uint64_t incarnation = 0;  // of the newcomer
};

// From another worker: commands for marks it does not have, as one FromUpstream.
struct ForwardedCommands {
  std::string commands;
  std::uint32_t upstream = 0;
  std::uint32_t stream = 0;
  std::size_t from = 0;                       // the worker whose link they came on
  std::size_t hops_left = 0;                  // workers that have not seen them yet
  std::optional<std::uint32_t> group_pool{};  // of the group they go to
  std::uint64_t attempted = 0;                // connections by now, of a group or a broadcast
  std::uint64_t failed = 0;                   // those that refused them
  std::string target{};                       // the name or group they went to, if it is one
};

// From the worker that has tried: an event for the link a command came on (answers.h).
struct Answer {
  std::uint32_t upstream = 0;
  std::uint32_t stream = 0;
  Mark mark{};
  wire::EventKind kind = wire::EventKind::none;
  std::string body{};
};

// From the worker that has tried: what became of a Send.
struct SendOutcome {
  Mark mark;
  std::uint32_t upstream = 0;
  std::uint32_t stream = 0;
  std::uint64_t reply_to = 0;
  std::uint64_t receipt = 0;
  wire::Refusal reason = wire::Refusal::unspecified;  // unspecified: it was written
  std::string target{};                               // as in ForwardedCommands
};

struct SnapshotRequest {
  std::function<void(WorkerSnapshot)> answer;  // called on the worker's thread
};

// Let the clients leave one after the other over `spread`, if that is not 0; stop reading, deliver,
// await answers, end the clients, end the links, leave the loop. Everything at the latest `within`
// from now.
struct DrainRequest {
  Millis within{0};
  Millis quiet{0};
  Millis spread{0};
};

// A survey's next turn.
struct SurveyStep {
  std::shared_ptr<Survey> survey;
  std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
};

// A worker's turn to take a dead letter.
struct ReplayStep {
  std::shared_ptr<Replay> replay;
};

// From here on this is what is served; it comes before the first client of a new listener.
struct LayoutChange {
  LayoutPtr layout;
};

using Mail = std::variant<NewClient, TakeOver, TakenOver, ForwardedCommands, SendOutcome, Answer,
                          SnapshotRequest, UpstreamOrder, UpstreamNotice, SurveyStep, ReplayStep,
                          LayoutChange, DrainRequest>;

}  // namespace waymark::proxy
