// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/exception_text.hpp>
#include <leat/error.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/worker_services.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>

namespace leat::detail {

LEAT_COLD step_context::step_context(step_info const& step, worker_services& on)
    : name(step.name),
      kind(step.kind),
      location(step.location),
      described(&step),
      worker(&on),
      epoch(on.first_epoch()) {}
LEAT_COLD step_context::step_context(step_context&&) noexcept = default;
LEAT_COLD step_context::step_context(step_context const&) = default;
LEAT_COLD step_context::~step_context() = default;

LEAT_COLD step_contexts::step_contexts(node const& described, worker_services& on)
    : size_(described.steps.size()), contexts_(std::allocator<step_context>().allocate(size_)) {
  std::size_t built = 0;
  try {
    for (; built != size_; ++built) std::construct_at(contexts_ + built, described.steps[built], on);
  } catch (...) {
    std::destroy_n(contexts_, built);
    std::allocator<step_context>().deallocate(contexts_, size_);
    throw;
  }
}
LEAT_COLD step_contexts::~step_contexts() {
  std::destroy_n(contexts_, size_);
  std::allocator<step_context>().deallocate(contexts_, size_);
}
LEAT_INLINE void step_contexts::begin_epoch(std::uint64_t epoch) {
  for (std::size_t i = 0; i != size_; ++i) contexts_[i].epoch = epoch;
}

LEAT_COLD void copy_failure::operator()(std::size_t step) const {
  step_context(described_.steps[step], worker_).fail();
}

[[gnu::noinline]] LEAT_COLD void step_context::fail(show_function show, void const* record) const {
  try {
    throw_as_run_error(show, record);
  } catch (...) {
    worker->fail(std::current_exception());
    throw;
  }
}

LEAT_COLD run_error step_context::error(std::string const& cause, std::string const& at) const {
  std::string const event =
      epoch == before_the_first
          ? std::string("cannot begin")
          : concat({"failed on worker ", std::to_string(worker->index()), " in epoch ", std::to_string(epoch)});
  return {concat({"step \"", name, "\" (", kind, ", ", place_of(location), ") ", event, at, ": ", cause}), name,
          location, worker->index(), epoch};
}

LEAT_COLD void step_context::throw_as_run_error(show_function show, void const* record) const {
  try {
    throw;
  } catch (run_error const&) {
    throw;
  } catch (...) {
    std::throw_with_nested(error(text_of_current_exception(), shown(show, record)));
  }
}

LEAT_COLD std::string step_context::shown(show_function show, void const* record) const {
  std::string at;
  if (show == nullptr || !worker->shows_records()) return at;
  try {
    at = " at ";
    show(at, record);
  } catch (...) {
    at.clear();
  }
  return at;
}

}  // namespace leat::detail
