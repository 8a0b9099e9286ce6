// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace leat {

/// Counts the malformed rows that `from::csv(...).skip_malformed(skipped)` left out. Copies count together. Its
/// functions may be called on any thread.
class skipped_rows {
 public:
  skipped_rows() : shared_(std::make_shared<counted>()) {}

  /// Rows so far, over all workers. From any thread.
  std::uint64_t count() const;
  /// What was wrong with the first of them; empty when there was none.
  std::string first() const;
  /// Called by the source. From any thread.
  void add(std::string const& reason);

 private:
  struct counted {
    mutable std::mutex mutex;
    std::uint64_t count = 0;
    std::string first;
  };
  std::shared_ptr<counted> shared_;
};

}  // namespace leat

#ifndef LEAT_COMPILED
#include <leat/from/skipped_rows.ipp>
#endif
