// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/error.hpp>
#include <leat/run/bridge/bridge_client.hpp>
#include <leat/run/threads/start_thread.hpp>
#include <leat/run/weak_secret.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace leat::detail {

inline std::string seconds_in_words(std::chrono::nanoseconds time) {
  auto const milliseconds = time.count() / 1'000'000;
  return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + " s" : std::to_string(milliseconds) + " ms";
}

LEAT_INLINE bridge_client::bridge_client(std::string address, std::string secret, std::size_t in_flight)
    : address_(std::move(address)), secret_(std::move(secret)), in_flight_(in_flight) {
  auto const fail = [this](std::string_view why) {
    throw flow_error(concat({"the bridge at \"", address_, "\": ", why}));
  };
  if (std::string const fault = dialed_socket::fault_of(address_); !fault.empty()) fail(fault);
  if (std::string const weakness = weakness_of(secret_); !weakness.empty()) fail("its secret: " + weakness);
  if (in_flight_ == 0) fail("in_flight = 0 lets no call through; give the number of calls that may be under way");
}

LEAT_INLINE bridge_client::~bridge_client() {
  {
    std::lock_guard const lock(mutex_);
    closing_ = true;
  }
  if (thread_.joinable()) {
    wake();
    thread_.join();
  }
  socket_.close();  // a look-up may wake
  if (wakes_ >= 0) ::close(wakes_);
}

LEAT_INLINE std::uint32_t bridge_client::function(std::string_view name, std::string_view takes,
                                                  std::string_view gives) {
  std::lock_guard const lock(mutex_);
  for (std::size_t i = 0; i != functions_.size(); ++i)
    if (functions_[i].name == name && functions_[i].takes == takes && functions_[i].gives == gives)
      return static_cast<std::uint32_t>(i);
  functions_.push_back({std::string(name), std::string(takes), std::string(gives)});
  return static_cast<std::uint32_t>(functions_.size() - 1);
}

LEAT_INLINE void bridge_client::call(std::shared_ptr<bridge_call> call) {
  std::size_t const most = bridge_session::most - sizeof(std::uint32_t);
  if (call->argument.size() > most)
    throw call_error(concat({"the record has ", std::to_string(call->argument.size()), " bytes, and ",
                             std::to_string(most), " is the most that is sent to a bridge"}));
  std::lock_guard const lock(mutex_);
  if (!thread_.joinable()) {
    if (wakes_ < 0) wakes_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wakes_ < 0) throw std::runtime_error(concat({"cannot make an eventfd: ", std::strerror(errno)}));
    thread_ = start_thread([](void* self) { static_cast<bridge_client*>(self)->run(); }, this);
  }
  handed_over_.push_back(std::move(call));
  if (handed_over_.size() == 1) wake();
}

LEAT_INLINE void bridge_client::wake() {
  std::uint64_t const one = 1;
  [[maybe_unused]] auto const written = ::write(wakes_, &one, sizeof one);
}

LEAT_INLINE void bridge_client::run() {
  while (collect()) {
    try {
      look_at_times();
      connect();
      write_calls();
      flush();
      wait();
    } catch (bridge_refused const& refused) {
      lose(refused.what(), refused.lasting);
    } catch (std::exception const& cause) {
      lose(exception_text(cause), false);
    }
  }
  lose("", false);
}

/// Takes over what workers have left. False when all is over.
LEAT_INLINE bool bridge_client::collect() {
  std::deque<call_pointer> fresh;
  {
    std::lock_guard const lock(mutex_);
    if (closing_) return false;
    fresh.swap(handed_over_);
  }
  for (call_pointer& each : fresh) {
    begin_try(each);
    waiting_.push_back(std::move(each));
  }
  return true;
}

LEAT_INLINE void bridge_client::begin_try(call_pointer const& call) {
  clock::time_point const now = clock::now();
  clock::time_point const begins = (std::max)(now, call->begins);
  std::chrono::nanoseconds const room = never - begins;
  call->due = call->limit < room ? begins + call->limit : never;
  next_look_ = (std::min)(next_look_, begins > now ? begins : call->due);
}

/// Calls that nobody waits for any more go, those that have taken too long have had their try.
LEAT_INLINE void bridge_client::look_at_times() {
  clock::time_point const now = clock::now();
  if (now >= connection_due_) lose("it does not answer", false);
  if (now < next_look_) return;
  next_look_ = never;
  std::deque<call_pointer> late;
  auto const stays = [&](call_pointer const& call) {
    if (!call->wanted.load(std::memory_order_relaxed)) return false;
    if (call->due <= now) {
      late.push_back(call);
      return false;
    }
    next_look_ = (std::min)(next_look_, call->begins > now ? call->begins : call->due);
    return true;
  };
  std::erase_if(waiting_, [&](call_pointer const& call) { return !stays(call); });
  std::erase_if(under_way_, [&](auto const& numbered) { return !stays(numbered.second); });
  std::string const why = session_ && session_->ready() ? "" : ": " + trouble_;
  for (call_pointer& call : late) {
    std::string const limit = seconds_in_words(call->limit);
    end_try(std::move(call), why.empty() ? concat({"the bridge at ", address_, " has not answered within ", limit})
                                         : concat({"no connection to the bridge at ", address_, " within ", limit,
                                                   trouble_.empty() ? std::string_view() : why}));
  }
}

LEAT_INLINE void bridge_client::end_try(call_pointer call, std::string const& why) {
  ++call->tried;
  if (--call->tries == 0) return fail(*call, why);
  // A function that is being started again is not asked at once, and again at once.
  std::chrono::milliseconds const longest(2000);
  call->begins = clock::now() + (std::min)(longest, std::chrono::milliseconds(50 << (std::min)(call->tried, 6U)));
  begin_try(call);
  waiting_.push_back(std::move(call));
}

LEAT_INLINE void bridge_client::fail(bridge_call& call, std::string const& why) const {
  std::string const tries = call.tried > 1 ? concat({", in the last of ", std::to_string(call.tried), " tries"}) : "";
  call.reply.fail(std::make_exception_ptr(call_error(why + tries)));
}

LEAT_INLINE void bridge_client::connect() {
  if (socket_.idle() && !waiting_.empty() && clock::now() >= next_dial_) {
    connection_due_ = clock::now() + std::chrono::seconds(10);
    socket_.dial(address_, [this] { wake(); });
  }
  socket_.go_on(0);
  if (session_ || !socket_.connected()) return;
  bridge_session::challenge random{};
  if (::getentropy(random.data(), random.size()) != 0) throw std::runtime_error("the system gives no random numbers");
  session_.emplace(secret_, random);
}

/// There is no connection any more, or none came about. Where that will not change, all calls have failed.
LEAT_INLINE void bridge_client::lose(std::string const& why, bool lasting) {
  socket_.close();
  session_.reset();
  defined_ = 0;
  connection_due_ = never;
  std::chrono::nanoseconds const shortest = std::chrono::milliseconds(50);
  std::chrono::nanoseconds const longest = std::chrono::seconds(2);
  pause_ = (std::min)((std::max)(shortest, 2 * pause_), longest);
  next_dial_ = clock::now() + pause_;
  trouble_ = why;
  auto broken = std::exchange(under_way_, {});
  if (lasting)
    for (auto& [number, call] : broken) waiting_.push_back(std::move(call));
  else
    for (auto& [number, call] : broken)
      end_try(std::move(call), concat({"the bridge at ", address_, " was lost: ", why}));
  if (!lasting) return;
  for (call_pointer const& call : std::exchange(waiting_, {}))
    fail(*call, concat({"the bridge at ", address_, " cannot be used: ", why}));
}

LEAT_INLINE void bridge_client::write_calls() {
  if (!session_ || !session_->ready()) return;
  constexpr std::size_t enough = std::size_t{1} << 20;
  clock::time_point const now = clock::now();
  for (std::size_t left = waiting_.size(); left != 0; --left) {
    if (under_way_.size() >= in_flight_ || session_->outgoing().size() >= enough) return;
    call_pointer call = std::move(waiting_.front());
    waiting_.pop_front();
    if (!call->wanted.load(std::memory_order_relaxed)) continue;
    if (call->begins > now) {
      waiting_.push_back(std::move(call));
      continue;
    }
    if (call->function >= defined_) {
      std::lock_guard const lock(mutex_);
      for (; defined_ != functions_.size(); ++defined_) {
        function_text const& each = functions_[defined_];
        session_->define(static_cast<std::uint32_t>(defined_), each.name, each.takes, each.gives);
      }
    }
    session_->call(next_number_, call->function, call->argument);
    under_way_.emplace(next_number_++, std::move(call));
  }
}

LEAT_INLINE void bridge_client::flush() {
  while (session_ && !session_->outgoing().empty()) {
    std::size_t const count = socket_.send(session_->outgoing());
    if (count == 0) return;
    session_->sent(count);
  }
}

LEAT_INLINE void bridge_client::read() {
  std::array<std::byte, 65536> room;
  // Not for ever, so that new calls are written too.
  for (int turn = 0; turn != 16 && session_; ++turn) {
    std::size_t const count = socket_.receive(room);
    if (count == 0) return;
    bool const was_ready = session_->ready();
    session_->received(std::span(room).first(count));
    while (session_) {
      std::optional<bridge_session::reply> const reply = session_->next();
      if (!reply) break;
      take(*reply);
    }
    if (was_ready || !session_ || !session_->ready()) continue;
    pause_ = {};
    connection_due_ = never;
  }
}

LEAT_INLINE void bridge_client::take(bridge_session::reply const& reply) {
  auto const found = under_way_.find(reply.number);
  if (found == under_way_.end()) {
    // One that has taken too long may still be answered.
    if (reply.number >= next_number_) lose("it answers a call that nobody has made", false);
    return;
  }
  call_pointer call = std::move(found->second);
  under_way_.erase(found);
  std::string const text(reinterpret_cast<char const*>(reply.body.data()),
                         reply.kind == bridge_session::reply_kind::result ? 0 : reply.body.size());
  if (reply.kind == bridge_session::reply_kind::unavailable) return end_try(std::move(call), text);
  ++call->tried;
  if (reply.kind == bridge_session::reply_kind::failed) return fail(*call, text);
  byte_buffer bytes;
  bytes.append(reply.body.data(), reply.body.size());
  call->reply.set(std::move(bytes));
}

LEAT_INLINE void bridge_client::wait() {
  clock::time_point until = (std::min)(next_look_, connection_due_);
  if (socket_.idle() && !waiting_.empty()) until = (std::min)(until, next_dial_);
  int timeout = -1;
  if (until != never) {
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(until - clock::now()).count();
    timeout = static_cast<int>(std::clamp<decltype(left + 0)>(left, 0, 60'000));
  }
  bool const writes = !socket_.connected() || (session_ && !session_->outgoing().empty());
  std::array<pollfd, 2> polled{pollfd{wakes_, POLLIN, 0},
                               pollfd{socket_.descriptor(), static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN), 0}};
  ::poll(polled.data(), polled.size(), timeout);
  if (polled[0].revents != 0) {
    std::uint64_t wakes = 0;
    [[maybe_unused]] auto const count = ::read(wakes_, &wakes, sizeof wakes);
  }
  if (polled[1].revents == 0) return;
  if (!socket_.connected())
    socket_.go_on(polled[1].revents);
  else if (session_ && (polled[1].revents & ~POLLOUT) != 0)
    read();
}

}  // namespace leat::detail
