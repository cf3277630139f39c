// Down: upstream -> client. Carries out the commands of upstreams: finds the client by its mark,
// puts the framing around payloads and writes. Twin of up_path.h.
#pragma once

#include "proxy/closer.h"
#include "proxy/mail.h"
#include "proxy/steering.h"
#include "proxy/worker_state.h"
#include "proxy/write_gather.h"
#include "wire/command.h"

namespace waymark::proxy {

class DownPath {
 public:
  DownPath(WorkerState& state, Closer& closer, Steering& steering)
      : state_(state), closer_(closer), steering_(steering) {}

  // One command of upstream `index`. Its views are used until end_of_message().
  void command(std::uint32_t index, const wire::Command& command);
  void end_of_message();

  // Commands another worker had no client for.
  void forwarded(const ForwardedCommands& commands);
  void forwarded_refusal(const ForwardedRefusal& refusal);

  // A payload of the proxy's own, in the client's framing. False if the client does not take it;
  // it may have been closed as a slow consumer.
  [[nodiscard]] bool deliver(Client& client, std::string_view payload);

  // What was queued for the client has been written.
  void on_drained(Client& client);

 private:
  // Who sent a command, and where else its mark may be.
  struct Origin {
    std::uint32_t upstream = 0;
    std::size_t worker = 0;
    std::size_t hops_left = 0;
  };

  void carry_out(const Origin& origin, const wire::Command& command);
  void broadcast(const Origin& origin, const wire::Command& command);
  void note_answer(const Origin& origin, Client& client, std::uint64_t reply_to);
  void apply(const Origin& origin, Client& client, const wire::Command& command);
  [[nodiscard]] wire::Refusal send(Client& client, const wire::Command& command);
  void flush(Client& client);
  [[nodiscard]] bool in_reach(const Origin& origin, const Client& client) const;
  void forward(const Origin& origin, const wire::Command& command);
  void refuse(const Origin& origin, const wire::Command& command, wire::Refusal reason);

  WorkerState& state_;
  Closer& closer_;
  Steering& steering_;
  WriteGather gather_;
  Client* last_ = nullptr;        // the client of the latest command, within one message
  std::uint64_t message_ns_ = 0;  // when an answer in this message was first noted; 0: none
};

}  // namespace waymark::proxy
