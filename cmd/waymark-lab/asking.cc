#include "asking.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "behaviours.h"
#include "ctl/json_fields.h"
#include "ctl/printable.h"
#include "lab/client.h"

namespace waymark {
namespace {

using absl::StatusCode;
using ctl::Json;
using Words = std::vector<std::string>;

constexpr std::size_t kMaxLine = 4'096;

struct Choice {
  std::string word;
  std::string text;
};
using Choices = std::vector<Choice>;

// Puts questions and reads lines. Each answer is Aborted where the input ends, and after a "q" to a
// question with choices.
class Terminal {
 public:
  explicit Terminal(ctl::Output& out) : out_(out) {}

  // By its number or its word; what is neither is asked again.
  [[nodiscard]] absl::StatusOr<std::string> choose(std::string_view question,
                                                   const Choices& choices) {
    if (choices.empty()) return error(StatusCode::kAborted, "{} There is none.", question);
    std::size_t width = 0;
    for (const Choice& choice : choices) width = std::max(width, choice.word.size());
    std::string text = fmt::format("{}\n", question);
    for (std::size_t i = 0; i < choices.size(); ++i) {
      text += fmt::format("{:>4}  {:{}}  {}\n", i + 1, choices[i].word, width, choices[i].text);
    }
    out_.print(text);
    while (true) {
      out_.print(choices.size() == 1 ? "[1, q] " : fmt::format("[1-{}, q] ", choices.size()));
      const auto line = read_line();
      if (!line.ok()) return line.status();
      if (*line == "q") return error(StatusCode::kAborted, "nothing was done");
      if (const Choice* const choice = find(choices, *line)) return choice->word;
      if (!line->empty()) out_.print(fmt::format("There is no {}.\n", ctl::printable(*line)));
    }
  }

  // A line of its own; where it is empty, `otherwise`.
  [[nodiscard]] absl::StatusOr<std::string> ask(std::string_view question,
                                                std::string_view otherwise) {
    out_.print(fmt::format("{} ", question));
    auto line = read_line();
    return line.ok() && line->empty() ? std::string(otherwise) : std::move(line);
  }

 private:
  [[nodiscard]] static const Choice* find(const Choices& choices, const std::string& answer) {
    std::size_t number = 0;
    const char* const last = answer.data() + answer.size();
    const auto [end, fault] = std::from_chars(answer.data(), last, number);
    if (fault == std::errc() && end == last && number >= 1 && number <= choices.size()) {
      return &choices[number - 1];
    }
    const auto found = std::find_if(choices.begin(), choices.end(),
                                    [&](const Choice& choice) { return choice.word == answer; });
    return found == choices.end() ? nullptr : &*found;
  }

  // Without the spaces around it. One byte at a time, so that the command gets what is behind it.
  [[nodiscard]] absl::StatusOr<std::string> read_line() {
    std::string line;
    for (char byte = 0; byte != '\n' && line.size() < kMaxLine;) {
      const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return error(StatusCode::kAborted, "nothing was done");
      line += byte;
    }
    const std::size_t first = std::min(line.find_first_not_of(" \t\n"), line.size());
    return line.substr(first, line.find_last_not_of(" \t\n") + 1 - first);
  }

  ctl::Output& out_;
};

// The processes a command is for.
Choices members(const Json& lab, std::string_view command) {
  Choices choices;
  for (const Json& member : ctl::list_of(lab, "members")) {
    const std::string state = ctl::text_of(member, "state");
    const std::string kind = ctl::text_of(member, "kind");
    const bool ended = state == "stopped" || state == "failed";
    bool fits = !ended;
    if (command == "logs") fits = true;
    if (command == "start") fits = ended;
    if (command == "freeze") fits = state == "running";
    if (command == "resume") fits = state == "frozen";
    if (command == "set") fits = state == "running" && kind == "upstream";
    if (fits) choices.push_back({ctl::text_of(member, "name"), fmt::format("{}, {}", kind, state)});
  }
  return choices;
}

Choices commands(const Json& lab) {
  Choices choices = {{"ps", "show the processes"}, {"load", "let clients talk"}};
  for (const auto& [word, text] : Choices{{"set", "change what an upstream does"},
                                          {"logs", "what a process has said"},
                                          {"kill", "end a process with SIGKILL"},
                                          {"stop", "end a process in order"},
                                          {"freeze", "stop a process in its tracks"},
                                          {"resume", "let a frozen process go on"},
                                          {"start", "start a process that has ended"}}) {
    if (!members(lab, word).empty()) choices.push_back({word, text});
  }
  choices.push_back({"down", "end the lab"});
  return choices;
}

absl::StatusOr<Words> ask_up(Terminal& terminal) {
  const auto file = terminal.ask("Which lab.yaml? (none: a proxy and three upstreams)", "");
  if (!file.ok()) return file.status();
  return file->empty() ? Words{"up"} : Words{"up", "-c", *file};
}

absl::StatusOr<Words> ask_chaos(Terminal& terminal) {
  const auto length = terminal.ask("For how long? (60s)", "60s");
  return length.ok() ? absl::StatusOr<Words>(Words{"chaos", "--for", *length}) : length.status();
}

absl::StatusOr<Words> ask_load(Terminal& terminal) {
  const auto shape =
      terminal.choose("Which shape?", {{"steady", "all clients, at one rate"},
                                       {"ramp", "they come one by one"},
                                       {"storm", "all come, speak and leave at once"},
                                       {"churn", "each stays a moment, and another comes"},
                                       {"slow", "every fourth reads with long pauses"}});
  if (!shape.ok()) return shape.status();
  const auto clients = terminal.ask("How many clients? (10)", "10");
  if (!clients.ok()) return clients.status();
  const auto rate = terminal.ask("How many frames a second, over all? (100)", "100");
  if (!rate.ok()) return rate.status();
  const auto duration = terminal.ask("How long? (60s, or none: until Ctrl-C)", "");
  if (!duration.ok()) return duration.status();
  Words words = {"load", "--shape", *shape, "--clients", *clients, "--rate", *rate};
  if (!duration->empty()) words.insert(words.end(), {"--for", *duration});
  return words;
}

absl::StatusOr<std::string> ask_value(Terminal& terminal, const std::string& option) {
  if (option == "--ack") {
    return terminal.choose("When is a frame acked?", {{"auto", "with its answer"},
                                                      {"late", "some time after it"},
                                                      {"never", "not at all"},
                                                      {"duplicate", "with a second answer"}});
  }
  if (option != "--reply") return terminal.ask("Which value? (none: nothing is done)", "");
  const auto reply = terminal.choose("Which reply?", {{"echo", "the frame"},
                                                      {"none", "no answer"},
                                                      {"upper", "the frame in capitals"},
                                                      {"template", "a text of yours"}});
  if (!reply.ok() || *reply != "template") return reply;
  auto text = terminal.ask("Which text? ({id}: {payload})", "{id}: {payload}");
  return text.ok() ? "template:" + *text : std::move(text);
}

absl::StatusOr<Words> ask_set(Terminal& terminal, lab::Client& client, const std::string& name) {
  const auto answer = client.set(name, {});
  if (!answer.ok()) return answer.status();
  Choices choices;
  for (const BehaviourOption& each : kBehaviours) {
    const std::string now = ctl::text_of(ctl::object_of(*answer, "behaviour"), each.field);
    choices.push_back({std::string(each.option).substr(2),
                       fmt::format("{}; now {}", each.help, ctl::printable(now))});
  }
  const auto what = terminal.choose("What of " + name + "?", choices);
  if (!what.ok()) return what.status();
  const std::string option = "--" + *what;
  const auto value = ask_value(terminal, option);
  if (!value.ok()) return value.status();
  if (value->empty()) return error(StatusCode::kAborted, "nothing was done");
  return Words{"set", name, option, *value};
}

}  // namespace

absl::StatusOr<Words> ask_what_to_do(const std::string& dir, ctl::Output& out) {
  Terminal terminal(out);
  const auto client = lab::Client::find(dir);
  if (!client.ok()) {
    out.print(fmt::format("No lab runs in {}.\n", dir));
    const auto what = terminal.choose(
        "What is to be done?", {{"up", "start one, and stay"},
                                {"chaos", "random faults in a lab of its own, and a verdict"}});
    if (!what.ok()) return what.status();
    return *what == "up" ? ask_up(terminal) : ask_chaos(terminal);
  }
  const auto lab = (*client)->lab();
  if (!lab.ok()) return lab.status();
  const auto what = terminal.choose("What is to be done?", commands(*lab));
  if (!what.ok()) return what.status();
  if (*what == "load") return ask_load(terminal);
  if (*what == "ps" || *what == "down") return Words{*what};
  const auto name = terminal.choose("With which?", members(*lab, *what));
  if (!name.ok()) return name.status();
  if (*what == "set") return ask_set(terminal, **client, *name);
  return Words{*what, *name};
}

std::string shell_line(const Words& words) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-./:=@_";
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? "'\\''" : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace waymark
