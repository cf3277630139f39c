#include "link/connect_fault.h"

#include <algorithm>
#include <string_view>

namespace waymark::link {
namespace {

// Any server knows it or answers that it does not, and nothing comes of either.
constexpr char kMethod[] = "/grpc.health.v1.Health/Check";

}  // namespace

std::string connect_fault_of(const std::string& message) {
  // "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:7001: ..."
  constexpr std::string_view kLast = "last error: ";
  std::string_view text = message;
  if (const auto at = text.rfind(kLast); at != std::string_view::npos) {
    text.remove_prefix(at + kLast.size());
  }
  const std::size_t colon = text.find(": ");
  if (colon == std::string_view::npos) return std::string(text);
  const std::string_view code = text.substr(0, colon);
  const bool is_code =
      std::ranges::all_of(code, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
  return std::string(is_code ? text.substr(colon + 2) : text);
}

void ConnectFault::ask() {
  if (asking()) return;
  call_ = std::make_unique<Call>(channel_, kMethod, thread_, Metadata{}, Call::Wait::no);
  call_->start();
}

std::string ConnectFault::on_completion(const Completion& completion) {
  if (completion.kind == Completion::Kind::started && completion.ok) call_->cancel();
  if (completion.kind != Completion::Kind::finished) return {};
  call_.reset();
  if (completion.status.error_code() != grpc::StatusCode::UNAVAILABLE) return {};
  return connect_fault_of(completion.status.error_message());
}

}  // namespace waymark::link
