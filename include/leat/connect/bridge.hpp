// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/needs.hpp>  // IWYU pragma: keep
#ifndef LEAT_REFUSED

#include <leat/op/completion.hpp>
#include <leat/op/coroutine/task.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/describing_archive.hpp>
#include <leat/route/codec/record_text.hpp>
#include <leat/run/bridge/bridge_client.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

/// Calls functions of another program, mostly in Python, from a flow: those that a bridge (`leat_ray.Bridge`) offers,
/// such as the methods of a Ray actor. A step that does so is an `async_map`, so that no worker waits for an answer.
namespace leat {

/// Where a bridge is, and how much is asked of it.
struct bridge_options {
  /// What `LEAT_BRIDGE` and the file of `LEAT_BRIDGE_SECRET_FILE` say, as `leat_ray.run(..., bridge=...)` sets them.
  /// Throws usage_error where they are missing, flow_error where the file is not fit for a secret.
  [[gnu::cold]] static bridge_options from_environment();

  std::string address;         ///< HOST:PORT, or unix:PATH
  std::string secret;          ///< that of the bridge, of 16 bytes at least
  std::size_t in_flight = 64;  ///< calls of this process that are under way at a time; more wait
};

/// How long, and how often, one record is tried.
struct call_options {
  /// For one try, from when the record is there. In it fall the wait for others and for the connection.
  std::chrono::nanoseconds within = std::chrono::seconds(10);
  /// A try has failed when the bridge is lost, does not answer in time, or cannot reach the function; the next comes
  /// after a pause. The function may then run twice for one record. What it raises itself is never tried again.
  unsigned tries = 1;
};

template <class Signature>
class remote_function;

/// A bridge as a flow sees it. Copies share one connection for each process, which is made by the first call, and made
/// again when it is lost.
class bridge {
 public:
  /// Throws flow_error for an address or a secret that cannot be one.
  [[gnu::cold]] explicit bridge(bridge_options options = bridge_options::from_environment());

  /// The function of this name, for `async_map`: `python.function<double(reading)>("score")`. Record and answer travel
  /// by their codec, and the bridge makes values of Python's of them.
  template <class Signature>
  remote_function<Signature> function(std::string const& name, call_options options = {}) const {
    return remote_function<Signature>(client_, name, options);
  }

 private:
  std::shared_ptr<detail::bridge_client> client_;
};

namespace detail {

/// What a task holds of its call. When it is destroyed nobody waits for the answer any more.
class awaited_call {
 public:
  explicit awaited_call(std::shared_ptr<bridge_call> call) : call_(std::move(call)) {}
  awaited_call(awaited_call&&) noexcept = default;
  awaited_call& operator=(awaited_call&&) noexcept = default;
  ~awaited_call() {
    if (call_) call_->wanted.store(false, std::memory_order_relaxed);
  }

  completion<byte_buffer> const& reply() const { return call_->reply; }

 private:
  std::shared_ptr<bridge_call> call_;
};

[[gnu::cold]] std::chrono::nanoseconds checked_limit(std::string const& name, call_options const& options);

}  // namespace detail

/// A function on the other side of a bridge: `f(record) -> task<U>`. The task throws call_error when the call comes to
/// nothing, and codec_error for an answer that is no U.
template <class U, class T>
class remote_function<U(T)> {
  using argument = std::remove_cvref_t<T>;
  static constexpr bool both_have_a_codec = has_codec<argument> && has_codec<U>;
  static_assert(both_have_a_codec,
                "leat: bridge.function<U(T)>(name): T and U travel as bytes, so both need a codec: give a type of your "
                "own template <class A> void serialize(A&, unsigned), or use types that have one");

 public:
  /// Made by `bridge::function`.
  remote_function(std::shared_ptr<detail::bridge_client> client, std::string const& name, call_options const& options)
      : client_(std::move(client)), limit_(detail::checked_limit(name, options)), tries_(options.tries) {
    if constexpr (both_have_a_codec)
      number_ = client_->function(name, detail::record_text::of(&detail::describe_record<argument>),
                                  detail::record_text::of(&detail::describe_record<U>));
  }

  /// Begins the call. On a worker. Throws call_error for a record that is too large, codec_error for one that has no
  /// bytes.
  task<U> operator()(argument const& record) const {
    auto call = std::make_shared<detail::bridge_call>();
    call->function = number_;
    call->limit = limit_;
    call->tries = tries_;
    if constexpr (both_have_a_codec) encode(record, call->argument);
    detail::awaited_call awaited(call);
    client_->call(std::move(call));
    return answer(std::move(awaited));
  }

 private:
// g++ 12 warns of a null pointer of its own in every coroutine.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wzero-as-null-pointer-constant"
  static task<U> answer(detail::awaited_call awaited) {
    byte_buffer const bytes = co_await awaited.reply();
    if constexpr (both_have_a_codec) co_return decode<U>(bytes);
  }
#pragma GCC diagnostic pop

  std::shared_ptr<detail::bridge_client> client_;
  std::chrono::nanoseconds limit_;
  unsigned tries_;
  std::uint32_t number_ = 0;
};

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/connect/bridge.ipp>
#endif
#endif
