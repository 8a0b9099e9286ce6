// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/op/running/time_points.hpp>
#include <leat/route/peers/link.hpp>
#include <leat/run/execution.hpp>
#include <leat/run/runtime.hpp>
#include <leat/run/session.hpp>

#include <exception>
#include <vector>

namespace leat::detail {

/// Drives a session where no worker does. It has a thread of its own, so that no function of the flow holds it up, and
/// does not look for work before it sleeps.
class session_driver final : public runnable {
 public:
  session_driver(execution& run, session& driven) : run_(run), session_(driven), body_(loop(*this)) {}

  worker_coroutine& body() override { return body_; }
  void fail(std::exception_ptr cause) override { run_.fail(cause); }
  steady_time wake_at() override { return session_.wake_at(); }
  void add_awaited(std::vector<awaited>& descriptors) override { session_.add_awaited(descriptors); }
  bool has_own_thread() const override { return true; }

 private:
  static worker_coroutine loop(session_driver& self);
  bool turn();
  bool exchange();

  execution& run_;
  session& session_;
  bool done_ = false;
  worker_coroutine body_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/session_driver.ipp>
#endif
