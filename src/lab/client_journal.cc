#include "lab/client_journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/status.h"

namespace waymark::lab {
namespace {

std::string word_of(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; }, '_');
  return text;
}

}  // namespace

std::string client_journal(const std::vector<ClientHistory>& clients) {
  std::string text;
  const auto add = [&](auto... words) {
    fmt::format_to(std::back_inserter(text), "{} {} {} {}\n", words...);
  };
  for (const ClientHistory& client : clients) {
    for (std::size_t i = 0; i < client.sent_at.size(); ++i) {
      add("sent", client.sent_at[i], client.number, i + 1);
    }
    for (const Answer& answer : client.answers) {
      add("answer", answer.at, client.number, answer.frame);
    }
    for (const std::string& what : client.foreign) {
      add("foreign", 0, client.number, word_of(what));
    }
    if (!client.dropped.empty()) add("dropped", 0, client.number, word_of(client.dropped));
  }
  return text;
}

std::string client_journal_in(const std::string& directory) {
  return directory + "/clients.journal";
}

absl::Status write_client_journal(const std::vector<ClientHistory>& clients,
                                  const std::string& directory) {
  const std::string path = client_journal_in(directory);
  std::ofstream file(path);
  file << client_journal(clients) << std::flush;
  return file ? absl::OkStatus()
              : error(absl::StatusCode::kFailedPrecondition, "{} could not be written", path);
}

}  // namespace waymark::lab
