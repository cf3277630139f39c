// Down: upstream -> client. Carries out the commands of upstreams: finds the client by its mark,
// puts the framing around payloads and writes. Twin of up_path.h.
#pragma once

#include "proxy/answers.h"
#include "proxy/closer.h"
#include "proxy/mail.h"
#include "proxy/origin.h"
#include "proxy/outcomes.h"
#include "proxy/overload.h"
#include "proxy/sideways.h"
#include "proxy/steering.h"
#include "proxy/worker_state.h"
#include "proxy/write_gather.h"
#include "wire/command.h"

namespace waymark::proxy {

class DownPath {
 public:
  DownPath(WorkerState& state, Dispatcher& dispatcher, Closer& closer, Overload& overload,
           Steering& steering, Sideways& sideways, Outcomes& outcomes, Answers& answers)
      : state_(state),
        dispatcher_(dispatcher),
        closer_(closer),
        overload_(overload),
        steering_(steering),
        sideways_(sideways),
        outcomes_(outcomes),
        answers_(answers) {}

  // One command of upstream `index`. Its views are used until end_of_message().
  void command(std::uint32_t index, const wire::Command& command);
  void end_of_message();

  // Commands another worker had no client for.
  void forwarded(const ForwardedCommands& commands);

  // A payload of the proxy's own, in the client's framing. False if the client does not take it;
  // it may have been closed as a slow consumer.
  [[nodiscard]] bool deliver(Client& client, std::string_view payload);

  // What was queued for the client has been written.
  void on_drained(Client& client);

 private:
  [[nodiscard]] bool completes(const Origin& origin, const wire::Command& command);
  [[nodiscard]] bool is_in_time(const Origin& origin, const wire::Command& command);
  void count(std::uint32_t index, const wire::Command& command);
  void carry_out(const Origin& origin, const wire::Command& command);
  [[nodiscard]] Client* look_up(const Mark& mark);
  [[nodiscard]] bool answers_a_former(const link::Link& link, const wire::Command& command);
  void to_mark(const Origin& origin, const wire::Command& command);
  void to_name(const Origin& origin, const wire::Command& command);
  void to_group(const Origin& origin, const wire::Command& command);
  void broadcast(const Origin& origin, const wire::Command& command);
  void note_answer(const Origin& origin, Client& client, std::uint64_t reply_to);
  // False: it was refused, and the upstream told.
  bool apply(const Origin& origin, Client& client, const wire::Command& command);
  [[nodiscard]] bool may_want_receipt(Client& client);
  void want_receipt(const Origin& origin, const Client& client, const wire::Command& command);
  void end(const Origin& origin, Client& client, const wire::Command& command);
  // Carries out a Send, unless it answers why not.
  [[nodiscard]] wire::Refusal send(Client& client, const wire::Command& command);
  void flush(Client& client);
  // What was gathered for all.
  void flush_all();
  [[nodiscard]] bool in_reach(const Origin& origin, const Client& client) const;
  void forward(const Origin& origin, const wire::Command& command);

  WorkerState& state_;
  Dispatcher& dispatcher_;
  Closer& closer_;
  Overload& overload_;
  Steering& steering_;
  Sideways& sideways_;
  Outcomes& outcomes_;
  Answers& answers_;
  WriteGather gather_;
  Client* last_ = nullptr;        // the client of the latest command, within one message
  std::uint64_t message_ns_ = 0;  // when an answer in this message was first noted; 0: none
};

}  // namespace waymark::proxy
