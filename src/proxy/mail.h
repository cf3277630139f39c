// What other threads tell a worker.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "net/address.h"
#include "proxy/layout.h"
#include "proxy/settings.h"
#include "proxy/snapshot.h"
#include "proxy/upstream_order.h"
#include "waymark/mark.h"
#include "wire/lifecycle.h"

namespace waymark::proxy {

class Survey;

// From the control thread: a client was accepted. The worker owns `fd`.
struct NewClient {
  int fd = -1;
  std::size_t listener = 0;  // its slot
  std::uint64_t ticket = 0;  // its turn in its pool's round robin
  net::Address peer;
};

// From another worker: commands for marks it does not have, as one FromUpstream.
struct ForwardedCommands {
  std::string commands;
  std::uint32_t upstream = 0;
  std::size_t from = 0;       // the worker whose link they came on
  std::size_t hops_left = 0;  // workers that have not seen them yet
};

// From the worker that has tried: a Send found no client anywhere.
struct ForwardedRefusal {
  Mark mark;
  std::uint32_t upstream = 0;
  std::uint64_t reply_to = 0;
  std::uint64_t receipt = 0;
  wire::Refusal reason = wire::Refusal::no_such_mark;
};

struct SnapshotRequest {
  std::function<void(WorkerSnapshot)> answer;  // called on the worker's thread
};

// Stop reading, deliver, await answers, end the clients, end the links, leave the loop. Everything
// at the latest `within` from now.
struct DrainRequest {
  Millis within{0};
  Millis quiet{0};
};

// A survey's next slice.
struct SurveyStep {
  std::shared_ptr<Survey> survey;
};

// From here on this is what is served; it comes before the first client of a new listener.
struct LayoutChange {
  LayoutPtr layout;
};

using Mail = std::variant<NewClient, ForwardedCommands, ForwardedRefusal, SnapshotRequest,
                          UpstreamOrder, SurveyStep, LayoutChange, DrainRequest>;

}  // namespace waymark::proxy
