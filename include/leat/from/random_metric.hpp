// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/from/source.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat {
namespace from {

/// A metric that takes a random value at times: pairs of its name and the value, for demonstrations. The numbers come
/// from the run, so a simulated run repeats. One partition, named as the metric, which resumes by how many were
/// emitted.
class random_metric {
 public:
  using record = std::pair<std::string, double>;
  using position = std::uint64_t;

  /// A count that is never reached: the metric does not end.
  static constexpr std::uint64_t unbounded = (std::numeric_limits<std::uint64_t>::max)();

  /// A function without captures.
  using make_value = double (*)(std::uint64_t);

  /// `next_random` makes a value of 64 random bits; without it values are the whole numbers from 0 to 9.
  explicit random_metric(std::string name, std::chrono::nanoseconds interval = std::chrono::milliseconds(700),
                         std::uint64_t count = unbounded, make_value next_random = digit);

  class partition;

  std::vector<std::string> list_parts() const { return {name_}; }
  partition build_part(std::string const&, std::optional<position> const& resume, step_services const& services) const;

 private:
  static double digit(std::uint64_t chance) { return static_cast<double>(chance % 10); }

  std::string name_;
  std::chrono::nanoseconds interval_;
  std::uint64_t count_;
  make_value next_random_;
};

class random_metric::partition {
 public:
  partition(random_metric const& of, std::uint64_t emitted, step_services const& services)
      : metric_(of), services_(services), emitted_(emitted), due_(services.now()) {}

  bool next_batch(emitter<random_metric::record>& out);
  std::optional<steady_time> next_awake() const { return due_; }
  std::uint64_t snapshot() const { return emitted_; }

 private:
  random_metric metric_;
  step_services services_;
  std::uint64_t emitted_;
  steady_time due_;
};

}  // namespace from
}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/from/random_metric.ipp>
#endif
