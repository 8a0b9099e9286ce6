// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/from/source.hpp>
#include <leat/op/fused/kernel.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/op/running/mark.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/stream_time.hpp>
#include <leat/op/running/test_overrides.hpp>
#include <leat/record.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// What a sink is. A dynamic sink writes what its worker brings. (A fixed partitioned sink, which takes the values of
/// a keyed stream, stands in `partitioned_sink.hpp`.)
namespace leat {

/// One partition of a sink, on one worker. `write_batch(std::span<T const>)`, or `std::span<T>` to move from; an
/// optional `flush()` is called at the end of each epoch and at the end. Its destructor closes it.
template <class P, class T>
concept sink_partition = requires(P& p, std::span<T> records) { p.write_batch(records); };

/// `build(services)` opens this worker's partition. Optional: `file_of("")` and `check_part("")`, as a source's.
template <class S, class T>
concept dynamic_sink = requires(S const& s, step_services const& services) {
  { s.build(services) } -> sink_partition<T>;
};

namespace detail {

template <class T, class Sink>
class sink_stage final : public running_step, public consumer<T> {
  using partition = decltype(std::declval<Sink const&>().build(std::declval<step_services const&>()));

 public:
  sink_stage(Sink const& sink, worker_builder& worker, node const& described)
      : sink_(sink), step_(described.step(), worker.worker()) {}
  ~sink_stage() override { delete partition_; }

  void take(T* records, std::size_t count) override {
    guarded(step_, [&] { open().write_batch(std::span<T>(records, count)); });
  }
  void look(T const* records, std::size_t count) override {
    guarded(step_, [&] {
      if constexpr (requires { open().write_batch(std::span<T const>(records, count)); })
        open().write_batch(std::span<T const>(records, count));
      else if constexpr (copyable_record<T>) {
        std::vector<T> copies(records, records + count);
        open().write_batch(std::span<T>(copies));
      }
    });
  }
  void arrive(mark arrived) override {
    step_.pass(arrived, [&] {
      guarded(step_, [&] {
        open();
        if constexpr (requires { open().flush(); }) open().flush();
      });
    });
  }
  void advance(stream_time) override {}
  bool ready() override { return true; }

 private:
  partition& open() {
    if (partition_ == nullptr) partition_ = new partition(sink_.build(step_services(step_)));
    return *partition_;
  }

  Sink sink_;
  step_context step_;
  partition* partition_ = nullptr;  ///< owned
};

/// In a test that looks at what comes to this output: true, and its sink stays closed.
template <class T>
bool capture(worker_builder& worker, node const& described) {
  test_overrides* const test = worker.process().test;
  captured<T>* const seen = test == nullptr ? nullptr : test->output<T>(described.step());
  if (seen != nullptr) worker.subscribe<T>(described.inputs.front(), worker.add<capturing<T>>(*seen));
  return seen != nullptr;
}

template <class T, class Sink>
class output_node final : public node {
 public:
  output_node(Sink sink, step_info step, port from) : node(std::move(step), from), sink_(std::move(sink)) {}
  void build(worker_builder& worker) const override {
    if (capture<T>(worker, *this)) return;
    worker.subscribe<T>(inputs.front(), worker.add<sink_stage<T, Sink>>(sink_, worker, *this));
  }
  std::string file_of(std::string const& part) const override { return file_of_part(sink_, part); }
  bool writes_files() const override { return true; }
  void check_part(std::string const& part, file_system& files) const override { check_part_of(sink_, part, files); }

 private:
  Sink sink_;
};

}  // namespace detail
}  // namespace leat
