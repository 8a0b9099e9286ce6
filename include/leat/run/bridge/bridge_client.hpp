// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/list.hpp>
#include <leat/op/completion.hpp>
#include <leat/op/running/time_points.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/run/bridge/bridge_session.hpp>
#include <leat/run/bridge/dialed_socket.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace leat {

/// A call to a bridge that came to nothing: the function raised, the bridge is not there, or it did not answer in time,
/// in all the tries that were allowed.
class call_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

/// One record's call, as it is under way.
struct bridge_call {
  std::uint32_t function = 0;
  byte_buffer argument;
  std::chrono::nanoseconds limit{};  ///< of one try
  unsigned tries = 1;                ///< that are left
  completion<byte_buffer> reply;
  std::atomic<bool> wanted{true};  ///< somebody still waits for it

  // What follows is of the client's thread.
  std::chrono::steady_clock::time_point due{};     ///< when this try ends
  std::chrono::steady_clock::time_point begins{};  ///< not before
  unsigned tried = 0;
};

/// A process's connection to a bridge, on a thread of its own that is started by the first call. Workers leave their
/// calls here and never wait; replies complete what the tasks wait for. A connection that is lost is made again while
/// there are calls.
class bridge_client {
 public:
  /// The address is HOST:PORT or unix:PATH. Throws flow_error where it is neither, and for a secret that is weak.
  /// At most so many calls are under way at a time; more wait here.
  bridge_client(std::string address, std::string secret, std::size_t in_flight);
  bridge_client(bridge_client const&) = delete;
  bridge_client& operator=(bridge_client const&) = delete;
  /// Calls that are under way are given up.
  ~bridge_client();

  /// The number of a function with this name and these types. Any thread.
  std::uint32_t function(std::string_view name, std::string_view takes, std::string_view gives);

  /// Any thread. Throws call_error when the argument is too large, and std::runtime_error when there is no thread.
  void call(std::shared_ptr<bridge_call> call);

  std::string const& address() const { return address_; }

 private:
  using clock = std::chrono::steady_clock;
  using call_pointer = std::shared_ptr<bridge_call>;

  struct function_text {
    std::string name;
    std::string takes;
    std::string gives;
  };

  void run();
  bool collect();
  void look_at_times();
  void begin_try(call_pointer const& call);
  void end_try(call_pointer call, std::string const& why);
  void fail(bridge_call& call, std::string const& why) const;

  void connect();
  void lose(std::string const& why, bool lasting);
  void write_calls();
  void flush();
  void read();
  void take(bridge_session::reply const& reply);
  void wait();
  void wake();

  std::string address_;
  std::string secret_;
  std::size_t in_flight_;

  std::mutex mutex_;
  std::deque<call_pointer> handed_over_;
  list<function_text> functions_;
  bool closing_ = false;
  int wakes_ = -1;  ///< an eventfd
  std::thread thread_;

  // What follows is of the thread.
  std::deque<call_pointer> waiting_;
  std::map<std::uint64_t, call_pointer> under_way_;
  clock::time_point next_look_ = never;
  dialed_socket socket_;
  std::optional<bridge_session> session_;
  clock::time_point connection_due_ = never;
  clock::time_point next_dial_{};
  std::chrono::nanoseconds pause_{};
  std::size_t defined_ = 0;
  std::uint64_t next_number_ = 0;
  std::string trouble_;  ///< why there is no connection
};

}  // namespace detail
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/run/bridge/bridge_client.ipp>
#endif
