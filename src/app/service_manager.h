// What the service manager that started this process, systemd or another, is told of it: datagrams
// to the socket it names in $NOTIFY_SOCKET (sd_notify(3)). Started by hand, nothing is told to
// anybody.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace waymark::app {

// $NOTIFY_SOCKET, and $WATCHDOG_USEC if it is meant for this process.
struct ServiceEnvironment {
  std::string notify_socket;              // a path, or an abstract name after '@'; empty: none
  std::chrono::microseconds watchdog{0};  // killed after this time without a ping; 0: never
};

// Reads them and takes them out of the environment. Call it before there is a second thread.
[[nodiscard]] ServiceEnvironment take_service_environment();

// Thread-safe. What cannot be sent within a second is lost.
class ServiceManager {
 public:
  explicit ServiceManager(const ServiceEnvironment& environment);
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;
  ~ServiceManager();

  // Whether there is one to tell.
  [[nodiscard]] bool present() const { return socket_ >= 0; }
  [[nodiscard]] std::chrono::microseconds watchdog() const { return watchdog_; }

  // Every listener is open. Tells also why an address or a message was not taken.
  [[nodiscard]] absl::Status ready();
  // From here on nothing but the status and pings are told.
  void stopping();
  // One line for `systemctl status`; told when it is another than before.
  void status(std::string_view text);
  // The process lives.
  void ping();

  // The configuration is reloaded while this lives.
  class Reloading {
   public:
    explicit Reloading(ServiceManager& manager) : manager_(manager) { manager_.reload_begins(); }
    Reloading(const Reloading&) = delete;
    Reloading& operator=(const Reloading&) = delete;
    ~Reloading() { manager_.reload_ends(failed_); }

    // It did not work: the status says so until it does.
    void failed() { failed_ = true; }

   private:
    ServiceManager& manager_;
    bool failed_ = false;
  };

 private:
  enum class Phase { starting, serving, stopping };

  void reload_begins();
  void reload_ends(bool failed);
  [[nodiscard]] std::string status_line() const;
  absl::Status send(std::string_view message, int flags = 0);

  const std::chrono::microseconds watchdog_;
  absl::Status problem_;  // with the address
  sockaddr_un address_{};
  socklen_t address_size_ = 0;
  int socket_ = -1;
  std::mutex mutex_;
  Phase phase_ = Phase::starting;  // guarded by mutex_, as those below
  std::string status_;
  bool reload_failed_ = false;
};

}  // namespace waymark::app
