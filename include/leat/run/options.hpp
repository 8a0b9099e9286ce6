// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/lean_function.hpp>

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace leat {

class network;
struct run_stats;

/// PEM files by which a process shows that it belongs to the cluster: its certificate (with those between it and the
/// authority behind it), the key of that, and the authority that has signed those of all.
struct tls_files {
  /// Path of this process's certificate, in PEM, followed by those that lead to the authority.
  std::string certificate = {};
  /// Path of its private key, in PEM.
  std::string key = {};
  /// Path of the certificate of who has signed those of all processes.
  std::string authority = {};
  /// Whether any of them is set.
  bool given() const { return !certificate.empty() || !key.empty() || !authority.empty(); }
};

/// Whether a run that lasts longer than two seconds shows on standard error how far it is.
enum class progress_line {
  never,          ///< it does not
  on_a_terminal,  ///< one line, where standard error is a terminal
  always,         ///< that, or elsewhere a line every ten seconds
};

/// Who reads and writes the connections to other processes.
enum class connection_driver : unsigned char {
  first_worker,  ///< of each process, between two of its turns
  last_worker,   ///< the same, by the worker that has the fewest partitions
  own_thread,  ///< a thread for nothing else: no function of the flow, however long it takes, holds up what others send
};

/// What a run goes on from after it was stopped or killed, and leaves for the next. The program includes
/// `leat/run/recovery.hpp` for it.
struct recovery_options {
  /// Where the store is, or this process's part of it; empty: the run begins anew, and keeps nothing.
  std::string directory = {};
  /// For so long the store can be put back to copies of its files that are not of one time.
  std::chrono::nanoseconds backup_interval = std::chrono::nanoseconds(0);
  /// Steps that the flow had, by their full names: what they knew is removed from the store. What is known of any other
  /// step that the flow has not got any more is refused.
  std::vector<std::string> forget_steps = {};
};

/// How a flow is run.
struct options {
  /// Workers in this process. Each runs every step, on the records it owns.
  unsigned workers = 1;
  /// There is a ring from each worker to each other one at every exchange.
  static constexpr unsigned most_workers = 1024;
  /// Of all processes: each has a number of 16 bits in what they say to each other.
  static constexpr std::size_t most_workers_in_all = 65536;
  /// Length of an epoch; zero: a new epoch after each turn that brought records in.
  std::chrono::nanoseconds snapshot_interval = std::chrono::seconds(10);
  /// What it goes on from, and leaves.
  recovery_options recovery = {};
  /// Records per batch, and per packet from one worker to another; zero: as many as make 16 KiB, and 32 KiB.
  std::size_t batch_size = 0;
  /// Bytes that may be on their way from one worker to another, per exchange: whoever has sent more has to wait.
  /// Records that stay in the process count as 32 KiB a packet.
  std::size_t channel_bytes = 256 * 1024;
  /// The greatest `channel_bytes`.
  static constexpr std::size_t most_channel_bytes = std::size_t{1} << 30;
  /// How long a thread without work looks for some before it sleeps.
  std::chrono::nanoseconds spin = std::chrono::microseconds(20);
  /// A request here ends the run in order: the epoch is closed, sinks are flushed, `run` returns.
  std::stop_token stop = {};
  /// An error shows the record or the key that a function threw at, 200 bytes at most. False where records are secret.
  bool show_records = true;
  /// SIGINT and SIGTERM end the run in order, as a request at `stop` does; a second one, a second later or more, ends
  /// the process at once.
  bool stop_on_signals = false;
  /// While the run is stopped in order: how long look-ups (`async_map`) of which none ends, and a coroutine step that
  /// does not ask for its next records, are waited for. Then the run fails, since their records are not finished. The
  /// longest duration there is: for ever.
  std::chrono::nanoseconds stop_timeout = std::chrono::seconds(20);

  /// When the run ends, well or badly, what each step of this process did is printed on standard error, as a table.
  bool print_stats = false;
  /// SIGUSR1 prints that table at once, and the run goes on; where the program handles or ignores that signal it goes
  /// on to. Once a run has taken it, it does not kill this process any more.
  bool stats_on_signal = false;
  /// Whether a long run shows how far it is.
  progress_line progress = progress_line::never;
  /// The numbers of that table (`print_stats`), on the thread that called `run`, before it returns or throws. What this
  /// throws leaves `run`.
  std::function<void(run_stats)> on_stats = {};

  // A cluster of processes, each of which runs the same program with the same settings but for its number:

  /// Where each process listens, `host:port`, in the order of their numbers. Fewer than two: there is no cluster.
  std::vector<std::string> addresses = {};
  /// Where this process listens, if not at its own entry of `addresses`: behind a proxy, say, or at 0.0.0.0:2101.
  std::string listen = {};
  /// The number of this process, from 0.
  unsigned process = 0;
  /// A name for the cluster: processes of another one are sent away.
  std::string cluster = {};
  /// What all its processes know and nobody else (`secret_from_file`). Without one, only this machine can be listened
  /// to.
  std::string secret = {};
  /// Whoever can reach the address of this process may join, though there is no secret.
  bool insecure = false;
  /// Connections are encrypted, and nobody gets in without a certificate of the authority's: all three files, or none
  /// (`leat/run/tls.hpp`).
  tls_files tls = {};
  /// How long the processes may take to come together.
  std::chrono::nanoseconds formation_timeout = std::chrono::seconds(60);
  /// A process of which nothing is heard for so long is reported, and so is a worker whose function does not return,
  /// and what an orderly stop waits for.
  std::chrono::nanoseconds suspect_after = std::chrono::seconds(5);
  /// And for so long is lost, which ends the run. The longest duration there is: never, and no heartbeats are sent.
  std::chrono::nanoseconds dead_after = std::chrono::seconds(15);
  /// Who reads and writes the connections to the other processes.
  connection_driver connections = connection_driver::first_worker;
  /// What they reach each other by; null: TCP, where the program includes `leat/run/tcp.hpp`.
  std::shared_ptr<network> link = nullptr;
};

}  // namespace leat
