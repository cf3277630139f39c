#include "session/awaited_replies.h"

#include <algorithm>

namespace waymark::session {

void AwaitedReplies::ask(const Mark& mark, std::uint64_t seq, std::uint64_t received_at) {
  questions_[mark].push_back({.seq = seq, .received_at = received_at});
  ++open_;
  ++remembered_;
}

AwaitedReplies::Reply AwaitedReplies::answered(const Mark& mark, std::uint64_t seq) {
  const auto of = questions_.find(mark);
  if (of == questions_.end()) return Reply::unasked;
  const auto question = std::find_if(of->second.begin(), of->second.end(),
                                     [seq](const Question& each) { return each.seq == seq; });
  return question == of->second.end() ? Reply::unasked : close(of, question);
}

AwaitedReplies::Reply AwaitedReplies::answered_oldest(const Mark& mark) {
  const auto of = questions_.find(mark);
  return of == questions_.end() ? Reply::unasked : close(of, of->second.begin());
}

AwaitedReplies::Reply AwaitedReplies::close(absl::flat_hash_map<Mark, Questions>::iterator of,
                                            Questions::iterator question) {
  const bool given_up = question->given_up;
  of->second.erase(question);
  if (of->second.empty()) questions_.erase(of);
  --remembered_;
  if (given_up) return Reply::too_late;
  --open_;
  return Reply::in_time;
}

void AwaitedReplies::expire(std::uint64_t unix_ns, Visit visit, MayCome may_come) {
  if (remembered_ == 0) return;
  absl::erase_if(questions_, [&](auto& of) {
    auto& [mark, questions] = of;
    for (Question& question : questions) {
      if (question.given_up || question.received_at >= unix_ns) continue;
      question.given_up = true;
      --open_;
      visit(mark, question.seq);
    }
    const auto is_over = [](const Question& question) { return question.given_up; };
    if (!may_come(mark)) remembered_ -= std::erase_if(questions, is_over);
    return questions.empty();
  });
}

bool AwaitedReplies::gave_up(const Mark& mark, std::uint64_t seq) const {
  const auto of = questions_.find(mark);
  return of != questions_.end() &&
         std::any_of(of->second.begin(), of->second.end(), [seq](const Question& question) {
           return question.seq == seq && question.given_up;
         });
}

void AwaitedReplies::move_open_to(AwaitedReplies& to) {
  for (const auto& [mark, questions] : questions_) {
    for (const Question& question : questions) {
      if (!question.given_up) to.ask(mark, question.seq, question.received_at);
    }
  }
  *this = AwaitedReplies();
}

}  // namespace waymark::session
