// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/source.hpp>
#include <leat/op/coroutine/blocking_work.hpp>
#include <leat/run/files.hpp>

#include "fixture/scratch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// A worker whose clocks and chance are the test's.
class test_worker final : public leat::detail::worker_services {
 public:
  explicit test_worker(leat::file_system& files = leat::detail::machine_files()) : files_(&files) {}

  unsigned index() const override { return 0; }
  unsigned count() const override { return 1; }
  leat::steady_time now() override { return steady; }
  leat::wall_time wall() override { return date; }
  std::uint64_t random() override { return chance++; }
  void wake() override {}
  void wake_later(unsigned) override {}
  void saw_epoch(std::uint64_t) override {}
  void block(std::shared_ptr<leat::detail::blocking_work> work) override { work->run(); }
  leat::file_system& files() override { return *files_; }
  void wake_when_readable(int descriptor) override { watched.push_back(descriptor); }

  leat::steady_time steady{std::chrono::hours(100)};
  leat::wall_time date{std::chrono::hours(400000)};
  std::uint64_t chance = 0;
  std::vector<int> watched;

 private:
  leat::file_system* files_;
};

/// One partition of a source, polled by the test itself.
template <class Source>
class polled {
  using T = typename Source::record;

 public:
  explicit polled(Source const& source, std::string const& part = "",
                  std::optional<typename Source::position> position = std::nullopt,
                  leat::file_system& files = leat::detail::machine_files())
      : worker(files),
        step_(leat::detail::step_info("input", leat::step_name("flow.in")), worker),
        out_(64),
        partition(source.build_part(part.empty() ? first_of(source) : part, position, leat::step_services(step_))) {
    out_.next().add(kept_);
  }

  /// One `next_batch`: what it emitted. `reading` tells whether there is more.
  std::vector<T> next() {
    kept_.seen.clear();
    reading = partition.next_batch(out_);
    out_.flush();
    return kept_.seen;
  }
  std::vector<T> rest() {
    std::vector<T> records;
    while (reading)
      for (T& each : next()) records.push_back(each);
    return records;
  }

 private:
  std::string first_of(Source const& source) {
    return leat::detail::names_of_partitions(source, worker.files()).front();
  }

  class keeper final : public leat::detail::consumer<T> {
   public:
    void take(T* records, std::size_t count) override { seen.insert(seen.end(), records, records + count); }
    void look(T const* records, std::size_t count) override { seen.insert(seen.end(), records, records + count); }
    void arrive(leat::detail::mark) override {}
    void advance(leat::detail::stream_time) override {}
    bool ready() override { return true; }
    std::vector<T> seen;
  };

 public:
  test_worker worker;
  bool reading = true;

 private:
  leat::detail::step_context step_;
  leat::emitter<T> out_;
  keeper kept_;

 public:
  decltype(std::declval<Source const&>().build_part("", std::nullopt,
                                                    std::declval<leat::step_services const&>())) partition;
};

/// What a run, or a call, throws: its message; empty when it did not.
template <class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (std::exception const& error) {
    return error.what();
  }
  return {};
}
inline bool has(std::string const& text, std::string const& part) { return text.find(part) != std::string::npos; }
