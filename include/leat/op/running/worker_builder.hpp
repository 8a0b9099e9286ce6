// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/graph.hpp>
#include <leat/op/running/consumer.hpp>
#include <leat/op/running/slot_ownership.hpp>
#include <leat/op/running/stage.hpp>
#include <leat/op/running/step_context.hpp>
#include <leat/op/running/step_counters.hpp>
#include <leat/op/running/time_reader.hpp>
#include <leat/op/running/worker_services.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

class commit_listener;
class recovery;
class remote_channels;
class snapshot_writer;
class test_overrides;

/// A sender that holds records back until a packet is full. The worker flushes it at the end of each turn, wholly when
/// it has nothing better to do.
class outbox {
 public:
  virtual ~outbox() = default;
  /// True when something was sent.
  virtual bool flush(bool whole) = 0;
  virtual bool empty() const = 0;
};

/// (partition, worker) for each partition of a step.
using owned_partitions = std::vector<std::pair<std::string, unsigned>>;

/// Which worker has which partition, step by step.
class partition_owners {
 public:
  /// Of the step with this name, nothing so far if it is new.
  owned_partitions& operator[](std::string const& step);

 private:
  struct of_step {
    explicit of_step(std::string const& step) : name(step) {}
    std::string name;
    owned_partitions owned;
  };

  list<of_step> steps_;
};

/// Owns an object of any type.
class shared_object {
 public:
  shared_object() = default;
  shared_object(shared_object&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)),
        drop_(other.drop_),
        counted_(other.counted_),
        count_(other.count_) {}
  shared_object& operator=(shared_object&&) = delete;
  ~shared_object() {
    if (object_ != nullptr) drop_(object_);
  }

  bool empty() const { return object_ == nullptr; }
  template <class T, class... Args>
  void make(Args&&... args) {
    object_ = new T(std::forward<Args>(args)...);
    drop_ = [](void* object) { delete static_cast<T*>(object); };
  }
  template <class T>
  T& as() const {
    return *static_cast<T*>(object_);
  }

  /// The object counts this, on any thread: "keys without a value".
  void counts(char const* name, std::atomic<std::uint64_t> const& number) {
    counted_ = name;
    count_ = &number;
  }
  char const* counted() const { return counted_; }
  /// 0 where it counts nothing.
  std::uint64_t count() const { return count_ == nullptr ? 0 : count_->load(std::memory_order_relaxed); }

 private:
  void* object_ = nullptr;
  void (*drop_)(void*) = nullptr;
  char const* counted_ = "";
  std::atomic<std::uint64_t> const* count_ = nullptr;
};

/// Records of so many bytes in a batch, unless their number is said: 16 KiB, or 64 records of up to 64 KiB in all.
constexpr std::size_t usual_batch(std::size_t bytes_of_each) {
  std::size_t const least = std::clamp<std::size_t>(64 * 1024 / bytes_of_each, 1, 64);
  return std::clamp<std::size_t>(16384 / bytes_of_each, least, 2048);
}

/// Of a packet, what travels between two workers, unless the number of records is said. Between many workers there are
/// many packets, so each is smaller.
inline constexpr std::size_t packet_bytes = 32 * 1024;
inline constexpr unsigned most_with_large_packets = 32;

/// What the workers of one process have in common while they are put together: the rings between them, which partition
/// is whose.
struct shared_by_workers {
  list<shared_object> by_node;  ///< by its id
  partition_owners owners;
  std::size_t batch_records = 0;    ///< and in a packet; 0: as many as make 16 KiB, and 32 KiB
  std::size_t channel_packets = 1;  ///< in flight between two workers of this process, per exchange
  std::size_t channel_bytes = 1;    ///< the same to and from a worker of another process
  unsigned first_worker = 0;        ///< of this process
  unsigned local_workers = 1;
  std::string scratch_directory = "/tmp";  ///< for files without a name
  remote_channels* net = nullptr;          ///< the other processes, where there are any
  test_overrides* test = nullptr;          ///< what a test puts in the place of sources and sinks
  recovery* recovers = nullptr;            ///< what the run goes on from; null: it begins anew, and nothing is kept
};

/// One worker's running copy of a flow while it is put together. Nodes are built in the order of travel, so what a
/// node reads from is always there already.
class worker_builder {
 public:
  worker_builder(worker_services& worker, shared_by_workers& process)
      : worker_(worker), process_(process), slot_owners_(worker.count(), worker.first_epoch()) {}
  /// Before anything is built: the first epoch may not have been known when this was made.
  void begin(graph const& flow) {
    slot_owners_ = slot_ownership(worker_.count(), worker_.first_epoch());
    flow_ = &flow;
  }

  worker_services& worker() { return worker_; }
  shared_by_workers& process() { return process_; }
  /// Which worker owns which keys. It lives as long as the steps.
  slot_ownership const& slot_owners() const { return slot_owners_; }

  /// Records in a batch of T.
  template <class T>
  std::size_t batch_size() const {
    if (process_.batch_records != 0) return process_.batch_records;
    return usual_batch(sizeof(T));
  }
  /// Records in a packet of T. Of small ones twice a batch: what a packet costs, however full, is paid half as often.
  /// Of large ones fewer: a packet is within the credit, unless it is one record.
  template <class T>
  std::size_t packet_size() const {
    std::size_t const credit = process_.channel_bytes / sizeof(T);
    if (process_.batch_records != 0) return std::clamp<std::size_t>(credit, 1, process_.batch_records);
    std::size_t const most = worker_.count() > most_with_large_packets ? 1 : 64;
    std::size_t const least = std::clamp<std::size_t>(credit / 4, 1, most);
    return std::clamp<std::size_t>(bytes_of_packet() / sizeof(T), least, 4096);
  }
  /// Never more than the credit.
  std::size_t bytes_of_packet() const {
    unsigned const workers = worker_.count();
    std::size_t const usual = workers > most_with_large_packets
                                  ? (std::max<std::size_t>)(packet_bytes * most_with_large_packets / workers, 1024)
                                  : packet_bytes;
    return (std::min)(usual, process_.channel_bytes);
  }

  template <class Part, class... Args>
  Part& add(Args&&... args) {
    make_room_for_part();
    Part* const built = new Part(std::forward<Args>(args)...);
    keep(*built);
    if constexpr (std::is_base_of_v<source_stage, Part>) visit_as_source(*built);
    if constexpr (std::is_base_of_v<stage, Part>) visit(*built);
    return *built;
  }

  /// Destroys the steps. Called on the worker's thread, where sources, sinks and coroutines have lived.
  void clear();

  /// The output of a node, for those that come after it. `Outlet` is `fan_out<T>` or what an exchange delivers.
  template <class Outlet>
  void provide(port port, Outlet& outlet) {
    provide_at(port, &outlet);
    counters.watch(port, counter_kind::passed, outlet.passed);
  }
  template <class Outlet>
  Outlet& outlet(port port) {
    return *static_cast<Outlet*>(outlet_at(port));
  }
  template <class T>
  void subscribe(port port, consumer<T>& next) {
    outlet<fan_out<T>>(port).add(next);
  }

  /// The running form of this node makes the time of its stream.
  void make_time(node const& described, time_origin& origin);
  void make_time(node const& described, source_lanes& of_source);
  /// What makes the time behind this node; null: it is no such node.
  time_origin* origin_of(node const& described) const;
  /// The step of this node goes by the time of the streams that it reads: all that make it are told so.
  void read_time(node const& described, time_reader const& reader);
  /// Whether the time that comes to this node, on each worker, is that of the whole stream and not of the part that the
  /// worker has: it has been through an exchange since it was made.
  bool reads_whole_time(node const& described) const;
  node const& node_at(port place) const { return *flow_->nodes()[place.node]; }

  /// One object per node and process, made by the first worker that asks.
  template <class Shared, class... Args>
  Shared& shared(node const& described, Args&&... args) {
    shared_object& slot = shared_of(described);
    if (slot.empty()) slot.make<Shared>(std::forward<Args>(args)...);
    return slot.as<Shared>();
  }

  /// The same, whose `counted()` the run's numbers show under these words.
  template <class Shared, class... Args>
  Shared& shared_count(node const& described, char const* name, Args&&... args) {
    Shared& object = shared<Shared>(described, std::forward<Args>(args)...);
    shared_of(described).counts(name, object.counted());
    return object;
  }

  list<stage*> stages;
  list<source_stage*> sources;
  list<outbox*> outboxes;
  list<snapshot_writer*> snapshots;  ///< of each step with state, where there is recovery
  list<commit_listener*> commits;    ///< of each sink that wants to hear of them
  /// What the steps count. It outlives them.
  step_counters counters;

 private:
  struct provided {
    provided(port of, void* to) : at(of), outlet(to) {}
    port at;
    void* outlet;
  };

  struct made_time {
    node const* of;
    time_origin* origin;
  };
  void tell_origins(node const& before, time_reader const& reader, std::int64_t longest, list<node const*>& told);

  bool reads_part_of_time(node const& described, list<node const*>& seen) const;

  // What is the same for parts of all types is compiled once.

  /// Before the part is made, so that it cannot be lost.
  void make_room_for_part();
  void keep(running_step& built);
  void visit(stage& built);
  void visit_as_source(source_stage& built);
  void provide_at(port port, void* outlet);
  /// Most steps read from the step that was built before them.
  void* outlet_at(port port);
  shared_object& shared_of(node const& described);

  worker_services& worker_;
  shared_by_workers& process_;
  slot_ownership slot_owners_;
  owners<running_step> steps_;
  list<provided> outlets_;
  list<made_time> origins_;
  graph const* flow_ = nullptr;
};

/// The partitions of this source or sink that this worker owns, in the order of their names.
std::vector<std::string> parts_of_worker(worker_builder& worker, node const& described);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/op/running/worker_builder.ipp>
#endif
