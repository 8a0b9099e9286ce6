// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/connect/bridge.hpp>
#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/error.hpp>
#include <leat/run/cli/settings.hpp>
#include <leat/run/environment.hpp>
#include <leat/run/secret.hpp>

#include <memory>
#include <string>
#include <utility>

namespace leat {

LEAT_INLINE bridge_options bridge_options::from_environment() {
  auto const variable = [](char const* name, char const* what) {
    char const* const value = detail::environment(name);
    if (value == nullptr)
      throw usage_error(detail::concat(
          {name, " is not set: it is ", what, "; leat_ray sets it for a program that is given a bridge"}));
    return std::string(value);
  };
  bridge_options options;
  options.address = variable("LEAT_BRIDGE", "the address of the bridge, HOST:PORT or unix:PATH");
  options.secret = secret_from_file(variable("LEAT_BRIDGE_SECRET_FILE", "a file with the secret of the bridge"));
  return options;
}

LEAT_INLINE bridge::bridge(bridge_options options)
    : client_(std::make_shared<detail::bridge_client>(std::move(options.address), std::move(options.secret),
                                                      options.in_flight)) {}

namespace detail {

LEAT_INLINE std::chrono::nanoseconds checked_limit(std::string const& name, call_options const& options) {
  if (name.empty() || name.find('\n') != std::string::npos)
    throw flow_error("bridge.function(name): a name of a function is one line, and not empty");
  if (options.tries == 0)
    throw flow_error(concat({"function \"", name, "\" of a bridge: tries = 0 never calls it; give 1 at least"}));
  if (options.within.count() <= 0)
    throw flow_error(
        concat({"function \"", name, "\" of a bridge: within = 0 leaves a call no time; give a duration above zero"}));
  return options.within;
}

}  // namespace detail
}  // namespace leat
