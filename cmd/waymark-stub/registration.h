// Announces an upstream to the registries of Waymark proxies for as long as it lives.
//
//   PUT /v1/registrations/{id}      at once, and again after a third of the TTL
//   DELETE /v1/registrations/{id}   at the end
//
// The host of the registry's URL is resolved each time, and every address it has is told: behind
// round-robin DNS each proxy keeps a list of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"

namespace waymark::stub {

struct RegistrationOptions {
  std::string url;          // "https://proxies.internal:8001"
  std::string token_file;   // empty: no token is sent
  std::string ca;           // PEM file: signs the registry's certificate; empty: the system's CAs
  std::string certificate;  // PEM file, shown to the registry; empty: none
  std::string key;          // PEM file, of the certificate
  std::string id;           // letters, digits, "-", "_", "." and ":"
  std::string pool;         // empty: the only one
  std::string address;      // what proxies connect to
  std::chrono::seconds ttl{15};
  bool insecure = false;  // plaintext off the loopback is fine
};

class Registration {
 public:
  // InvalidArgument for a URL that is none, naming what is allowed.
  [[nodiscard]] static absl::Status check(const RegistrationOptions& options);

  // Begins to announce; faults are told on stderr, once for the same in a row, and tried again.
  explicit Registration(RegistrationOptions options);
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  // As end().
  ~Registration();

  // Takes the announcement back everywhere, which takes 2 s for each registry at most.
  void end();

 private:
  void run();
  // One request to every address; answers how long to wait until the next.
  [[nodiscard]] std::chrono::milliseconds tell_all(bool leaving);
  void tell_fault(const std::string& where, const std::string& fault);

  const RegistrationOptions options_;
  std::string last_fault_;  // of the thread
  std::mutex mutex_;
  std::condition_variable ending_changed_;
  bool ending_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace waymark::stub
