// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/pack.hpp>
#include <leat/op/fused/kernel.hpp>
#include <leat/route/codec/codec.hpp>
#include <leat/route/codec/describing_archive.hpp>
#include <leat/route/exchange/slot.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/to/partitioned_sink.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

/// The index of the partition that a record goes to, in the order of their names.
template <class T, class Sink>
class part_of_record {
 public:
  explicit part_of_record(Sink const& sink) : sink_(sink) {}
  std::size_t operator()(T const& record, std::size_t parts) const {
    if constexpr (requires { sink_.part_of(record); })
      return static_cast<std::uint64_t>(sink_.part_of(record)) % parts;
    else
      return key_hash(record.first) % parts;
  }

 private:
  Sink sink_;  ///< a copy for each worker, as of every function
};

/// Sends each record to the worker that has its partition open.
template <class T, class Sink>
class to_partition_owner {
 public:
  static constexpr bool carries_hash = false;
  explicit to_partition_owner(Sink const& sink) : part_of_(sink) {}

  void start(worker_builder& worker, node const& described) {
    table_ = std::make_shared<partition_table const>(worker, described);
  }
  std::uint64_t hash(T const& record) const { return part_of_(record, table_->owners.size()); }
  unsigned owner(std::uint64_t part, unsigned) const { return table_->owners[part]; }

 private:
  part_of_record<T, Sink> part_of_;
  std::shared_ptr<partition_table const> table_;
};

/// A fixed partitioned sink: an exchange to the owners of its partitions, and the partitions behind it.
template <class T, class Sink>
class partitioned_output_node final : public node {
  using partition = partition_of_sink<Sink>;

 public:
  partitioned_output_node(Sink sink, step_info step, port from) : node(std::move(step), from), sink_(std::move(sink)) {
    routing = "exchange to the owner of the partition";
    if constexpr (has_codec<T>) describe_records = &describe_record<T>;
    if constexpr (std::is_same_v<typename Sink::position, no_position> && !hears_of_commits<partition>)
      steps.front().resumed = after_restart::repeats;
  }

  bool has_partitions() const override { return true; }
  std::vector<std::string> list_parts(file_system& files) const override { return names_of_partitions(sink_, files); }
  std::string file_of(std::string const& part) const override { return file_of_part(sink_, part); }
  bool writes_files() const override { return true; }
  void check_part(std::string const& part, file_system& files) const override { check_part_of(sink_, part, files); }

  void build(worker_builder& worker) const override {
    constexpr bool record_has_a_codec = has_codec<T>;
    static_assert(
        record_has_a_codec,
        "leat: output(name, sink): the record has no codec: it may have to go to the worker of another process "
        "that writes its partition. Give it template <class A> void serialize(A&, unsigned), or use a type "
        "that has one");
    if constexpr (record_has_a_codec) {
      if (!capture<T>(worker, *this)) build_ends(worker);
    }
  }

 private:
  void build_ends(worker_builder& worker) const {
    using exchange = to_other_workers<T, to_partition_owner<T, Sink>>;
    using sender = kernel<T, typename exchange::tail>;
    using written = partitioned_sink_stage<T, Sink, part_of_record<T, Sink>>;

    exchange const way(to_partition_owner<T, Sink>{sink_});
    worker.subscribe<T>(inputs.front(), worker.add<sender>(pack<>{}, way, worker, *this));
    exchange::build_receiver(worker, *this);
    worker.subscribe<T>({id, 0}, worker.add<written>(sink_, part_of_record<T, Sink>(sink_), worker, *this));
  }

  Sink sink_;
};

}  // namespace leat::detail
