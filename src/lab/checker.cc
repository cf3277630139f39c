#include "lab/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace waymark::lab {
namespace {

// Of several breaches of one rule by one client the first so many are told.
constexpr std::size_t kMostOfOne = 100;

using FrameId = std::pair<std::uint32_t, std::uint64_t>;  // client, frame

class Checker {
 public:
  explicit Checker(const History& history) : history_(history), served_(history.served) {
    for (const ClientHistory& client : history.clients) clients_[client.number] = &client;
    for (const Delivery& each : served_.deliveries) {
      if (each.client != 0) by_time_.push_back(&each);
    }
    std::stable_sort(by_time_.begin(), by_time_.end(),
                     [](const Delivery* a, const Delivery* b) { return a->at < b->at; });
    for (const Delivery* each : by_time_) by_frame_[{each->client, each->frame}].push_back(each);
    for (const Delivery* each : by_time_) owners_.emplace(each->mark, each->client);
    for (const ReportedGap& gap : served_.gaps) {
      const auto owner = owners_.find(gap.mark);
      if (owner != owners_.end()) given_up_.emplace(owner->second, gap.seq);
    }
  }

  Findings check() {
    found_.given_up = given_up_.size();
    for (const ClientHistory& client : history_.clients) check_client(client);
    for (const auto& [id, deliveries] : by_frame_) check_repetition(id, deliveries);
    check_order();
    check_marks();
    std::stable_sort(found_.breaches.begin(), found_.breaches.end(),
                     [](const Breach& a, const Breach& b) { return a.rule < b.rule; });
    return std::move(found_);
  }

 private:
  void breach(Rule rule, std::uint32_t client, std::uint64_t frame, std::string_view what) {
    if (++told_[{rule, client}] > kMostOfOne) return;
    found_.breaches.push_back({rule, client, frame,
                               frame == 0
                                   ? fmt::format("client {}: {}", client, what)
                                   : fmt::format("client {}, frame {}: {}", client, frame, what)});
  }

  [[nodiscard]] std::string process_of(const Delivery& delivery) const {
    const UpstreamProcess& process = served_.processes[delivery.process];
    return fmt::format("{} (pid {})", process.upstream, process.pid);
  }

  [[nodiscard]] bool within(const Delivery& delivery, const std::vector<Span>& spans) const {
    const std::string& upstream = served_.processes[delivery.process].upstream;
    return std::any_of(spans.begin(), spans.end(), [&](const Span& span) {
      return span.upstream == upstream && span.from <= delivery.at && delivery.at <= span.to;
    });
  }

  void check_client(const ClientHistory& client) {
    found_.sent += client.sent();
    const std::map<std::uint64_t, std::size_t> answers = check_answers(client);
    found_.answered += answers.size();
    for (std::uint64_t frame = 1; frame <= client.sent(); ++frame) {
      const auto given = by_frame_.find({client.number, frame});
      if (given_up_.contains({client.number, frame})) continue;
      if (given == by_frame_.end()) {
        // The guarantee begins when the proxy has read a frame, which of these nobody can know.
        if (client.dropped.empty()) {
          breach(Rule::lost, client.number, frame, "was given to no upstream");
        } else {
          ++found_.unknown;
        }
        continue;
      }
      ++found_.given;
      if (!answers.contains(frame)) check_silence(client, frame, given->second);
    }
    if (!client.dropped.empty()) {
      breach(Rule::dropped, client.number, 0, "was disconnected: " + client.dropped);
    }
  }

  // How often each frame was answered.
  std::map<std::uint64_t, std::size_t> check_answers(const ClientHistory& client) {
    for (const std::string& what : client.foreign) {
      breach(Rule::crossed, client.number, 0, "was answered " + what);
    }
    std::map<std::uint64_t, std::size_t> answers;
    Nanos last = 0;
    for (const Answer& answer : client.answers) {
      if (last != 0) found_.longest_wait = std::max(found_.longest_wait, answer.at - last);
      last = answer.at;
      if (answer.frame == 0 || answer.frame > client.sent()) {
        breach(Rule::crossed, client.number, answer.frame, "was answered and not sent");
      } else if (++answers[answer.frame] > 1) {
        if (may_repeat({client.number, answer.frame})) {
          ++found_.answered_again;
        } else {
          breach(Rule::doubled, client.number, answer.frame, "was answered again");
        }
      }
    }
    return answers;
  }

  [[nodiscard]] bool may_repeat(const FrameId& id) const {
    const auto given = by_frame_.find(id);
    return given != by_frame_.end() &&
           std::any_of(given->second.begin(), given->second.end(),
                       [this](const Delivery* each) { return within(*each, history_.apart); });
  }

  void check_silence(const ClientHistory& client, std::uint64_t frame,
                     const std::vector<const Delivery*>& deliveries) {
    // Who was given it last has finished it: what was withheld before that is made up for.
    const Delivery& last = **std::max_element(
        deliveries.begin(), deliveries.end(), [](const Delivery* one, const Delivery* other) {
          return std::pair(one->attempt, one->at) < std::pair(other->attempt, other->at);
        });
    const bool as_told = !last.answered && within(last, history_.withheld);
    if (as_told) {
      ++found_.withheld;
    } else if (client.dropped.empty()) {
      breach(Rule::no_answer, client.number, frame,
             "was given to " + process_of(last) + " and never answered");
    }
  }

  void check_repetition(const FrameId& id, const std::vector<const Delivery*>& deliveries) {
    std::size_t as_new = 0;
    for (const Delivery* each : deliveries) {
      if (each->attempt <= 1 && ++as_new > 1) {
        breach(Rule::unflagged, id.first, id.second, "came again as new, to " + process_of(*each));
      }
    }
    found_.again += deliveries.size() - std::max<std::size_t>(as_new, 1);
  }

  void check_order() {
    std::unordered_map<std::uint32_t, std::uint64_t> newest;  // of each client, given to anybody
    std::set<FrameId> seen;
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::uint64_t> on_link;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> epochs;
    for (const Delivery* each : by_time_) {
      std::uint64_t& latest = newest[each->client];
      if (seen.insert({each->client, each->frame}).second && each->frame < latest) {
        breach(Rule::order, each->client, each->frame,
               fmt::format("was first given after frame {}", latest));
      }
      latest = std::max(latest, each->frame);

      if (each->epoch == 0) {
        breach(Rule::order, each->client, each->frame,
               "came to " + process_of(*each) + " before its Opened");
      }
      std::uint64_t& before = on_link[{each->process, each->mark, each->epoch}];
      if (each->frame <= before) {
        breach(
            Rule::order, each->client, each->frame,
            fmt::format("came to {} after frame {} on the same link", process_of(*each), before));
      }
      before = each->frame;
      const auto owner = epochs.try_emplace({each->mark, each->epoch}, each->process).first;
      if (each->epoch > 0 && owner->second != each->process) {
        breach(Rule::order, each->client, each->frame,
               fmt::format("came to {} under epoch {} of another", process_of(*each), each->epoch));
      }
    }
  }

  void check_marks() {
    std::unordered_map<std::uint32_t, std::uint32_t> marks;  // client -> mark
    for (const Delivery& each : served_.deliveries) {
      const auto owner = owners_.find(each.mark);
      if (each.client == 0) {
        // Nobody's, unless it came under the mark of one of ours.
        if (owner != owners_.end()) {
          breach(Rule::crossed, owner->second, each.seq,
                 process_of(each) + " was given something else in its place");
        }
        continue;
      }
      const std::uint32_t client = each.client;
      if (each.seq != each.frame) {
        breach(Rule::crossed, client, each.frame, fmt::format("came as seq {}", each.seq));
      }
      if (owner->second != client) {
        breach(
            Rule::crossed, client, each.frame,
            fmt::format("came to {} under the mark of client {}", process_of(each), owner->second));
      }
      if (marks.try_emplace(client, each.mark).first->second != each.mark) {
        breach(Rule::crossed, client, each.frame, "came under a second mark");
      }
      const auto sender = clients_.find(client);
      if (sender == clients_.end() || each.frame == 0 || each.frame > sender->second->sent()) {
        breach(Rule::crossed, client, each.frame, "was given and not sent");
      }
    }
  }

  const History& history_;
  const Served& served_;
  std::unordered_map<std::uint32_t, const ClientHistory*> clients_;
  std::vector<const Delivery*> by_time_;
  std::map<FrameId, std::vector<const Delivery*>> by_frame_;  // each oldest first
  std::unordered_map<std::uint32_t, std::uint32_t> owners_;   // mark -> client that had it first
  std::set<FrameId> given_up_;
  std::map<std::pair<Rule, std::uint32_t>, std::size_t> told_;
  Findings found_;
};

}  // namespace

std::string_view name_of(Rule rule) {
  switch (rule) {
    case Rule::lost:
      return "lost";
    case Rule::no_answer:
      return "no answer";
    case Rule::unflagged:
      return "unflagged";
    case Rule::doubled:
      return "doubled";
    case Rule::order:
      return "order";
    case Rule::crossed:
      return "crossed";
    case Rule::dropped:
      return "dropped";
  }
  return "";
}

Findings check(const History& history) { return Checker(history).check(); }

}  // namespace waymark::lab
