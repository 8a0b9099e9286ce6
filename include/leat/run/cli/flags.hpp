// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/list.hpp>
#include <leat/run/cli/settings.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace leat::detail {

/// A flag. A new one is a row of `flags`, among those of its heading.
struct flag {
  std::string_view letter;       ///< `w` for -w; empty: none
  std::string_view name;         ///< without the dashes
  char const* value;             ///< what stands for its value in the help; empty: it stands alone
  char const* variable;          ///< of the environment; or null
  char const* bytewax_variable;  ///< Bytewax's, honoured where ours is not set; or null
  char const* help;
  setter set;
  char const* heading = "";  ///< in the help, of the flags from this one on

  bool stands_alone() const { return *value == '\0'; }

  /// `given_as`: the flag or the variable, as the person knows it.
  [[gnu::cold]] void apply(settings& settings, std::string const& given_as, std::string_view text) const;

  /// Of one that has a letter.
  [[gnu::cold]] std::string spelling() const { return concat({"-", letter, " ", value}); }
  [[gnu::cold]] std::string help_line() const;
};

[[gnu::cold]] std::uint64_t whole_number(std::string_view text, std::uint64_t least, std::uint64_t most);

/// Seconds and fractions of a second. What is more than zero stays so.
[[gnu::cold]] std::chrono::nanoseconds seconds(std::string_view text);

void set_workers(settings& settings, std::string_view text);
void set_snapshot_interval(settings& settings, std::string_view text);
void set_batch_size(settings& settings, std::string_view text);
void set_process(settings& settings, std::string_view text);
void set_local_processes(settings& settings, std::string_view text);
void set_max_restarts(settings& settings, std::string_view text);
[[gnu::cold]] void set_prefix(settings& settings, std::string_view text);
/// A link of the program's own may call its ports by names.
[[gnu::cold]] bool is_impossible_port(std::string_view port);
/// `one:2101;two:2101`, or a line for each.
[[gnu::cold]] void set_addresses(settings& settings, std::string_view text);
[[gnu::cold]] void set_listen(settings& settings, std::string_view text);
void set_announce(settings& settings, std::string_view text);
void set_addresses_descriptor(settings& settings, std::string_view text);
[[gnu::cold]] void set_launcher(settings& settings, std::string_view text);
void set_secret_file(settings& settings, std::string_view text);
void set_tls_certificate(settings& settings, std::string_view text);
void set_tls_key(settings& settings, std::string_view text);
void set_tls_authority(settings& settings, std::string_view text);
void set_cluster(settings& settings, std::string_view text);
void set_formation_timeout(settings& settings, std::string_view text);
void set_channel_bytes(settings& settings, std::string_view text);
[[gnu::cold]] std::chrono::nanoseconds patience(std::string_view text);
void set_suspect_after(settings& settings, std::string_view text);
void set_dead_after(settings& settings, std::string_view text);
[[gnu::cold]] bool yes_or_no(std::string_view text);
void set_stop_timeout(settings& settings, std::string_view text);
void set_stopped_status(settings& settings, std::string_view text);
void set_stats(settings& settings, std::string_view text);
[[gnu::cold]] void set_progress(settings& settings, std::string_view text);
void set_insecure(settings& settings, std::string_view text);
void set_hide_records(settings& settings, std::string_view text);
void set_recovery_directory(settings& settings, std::string_view text);
void set_backup_interval(settings& settings, std::string_view text);
void set_forget_step(settings& settings, std::string_view text);
void set_recovery_init(settings& settings, std::string_view text);
void set_recovery_set(settings& settings, std::string_view text);
void set_recovery_status(settings& settings, std::string_view text);
[[gnu::cold]] void set_graph(settings& settings, std::string_view text);

/// --help and --version stand by themselves: a variable that made every program print its version would be a trap.
inline constexpr flag flags[] = {
    {"w", "workers-per-process", "N", "LEAT_WORKERS_PER_PROCESS", "BYTEWAX_WORKERS_PER_PROCESS",
     "workers in this process; 1 unless said", &set_workers, "How the flow is run"},
    {"s", "snapshot-interval", "SECONDS", "LEAT_SNAPSHOT_INTERVAL", "BYTEWAX_SNAPSHOT_INTERVAL",
     "length of an epoch, 0.5 for half a second; 0: as short as can be; 10 unless said", &set_snapshot_interval},
    {"", "batch-size", "N", "LEAT_BATCH_SIZE", nullptr,
     "records per batch; 0: as many as make 16 KiB, and 32 KiB from one worker to another, unless said",
     &set_batch_size},
    {"", "channel-bytes", "BYTES", "LEAT_CHANNEL_BYTES", nullptr,
     "on their way between two workers at most, per exchange; 262144 unless said", &set_channel_bytes},
    {"", "stop-timeout", "SECONDS", "LEAT_STOP_TIMEOUT", nullptr,
     "while it stops: when to give up look-ups that get nowhere, which ends the run with 1; 20 unless said",
     &set_stop_timeout},
    {"", "stopped-status", "N", "LEAT_STOPPED_STATUS", nullptr,
     "exit status of a run that was stopped before its input had ended; 0 unless said", &set_stopped_status},
    {"", "graph", "mermaid|dot|json", "LEAT_GRAPH", nullptr,
     "print the flow as a picture and exit; no source is touched", &set_graph, "What it shows"},
    {"", "stats", "", "LEAT_STATS", nullptr,
     "at the end, print on standard error what each step did, how fast, and what it waited for", &set_stats},
    {"", "progress", "auto|always|never", "LEAT_PROGRESS", nullptr,
     "whether a long run shows on standard error how far it is; auto, unless said: on a terminal", &set_progress},
    {"", "hide-records", "", "LEAT_HIDE_RECORDS", nullptr,
     "an error does not show the record or key that a function threw at", &set_hide_records},
    {"", "suspect-after", "SECONDS", "LEAT_SUSPECT_AFTER", nullptr,
     "when to report a process that is not heard of, and what a stop waits for; 5 unless said", &set_suspect_after},
    {"r", "recovery-directory", "DIR", "LEAT_RECOVERY_DIRECTORY", "BYTEWAX_RECOVERY_DIRECTORY",
     "go on from the recovery store in this directory, and keep in it what the next run goes on from",
     &set_recovery_directory, "Recovery: the same command goes on where a run was stopped or killed"},
    {"b", "backup-interval", "SECONDS", "LEAT_BACKUP_INTERVAL", "BYTEWAX_RECOVERY_BACKUP_INTERVAL",
     "copies of its files may be so far apart in time; 0 unless said", &set_backup_interval},
    {"", "forget-step", "STEP", "LEAT_FORGET_STEP", nullptr,
     "let go what the store has of a step that the flow has no more, by its full name", &set_forget_step},
    {"", "recovery-init", "N", nullptr, nullptr, "make an empty store of N files in the directory of -r, and exit",
     &set_recovery_init},
    {"", "recovery-set", "NAME", nullptr, nullptr,
     "with --recovery-init: only the file with the number of this process (-i), where it is not there; all "
     "processes say the same NAME and N",
     &set_recovery_set},
    {"", "recovery-status", "", nullptr, nullptr, "print what the store in the directory of -r has, and exit",
     &set_recovery_status},
    {"p", "processes", "N", "LEAT_PROCESSES", nullptr,
     "start so many processes of this program on this machine, as one cluster", &set_local_processes,
     "Several processes"},
    {"", "prefix", "auto|always|never", "LEAT_PREFIX", nullptr,
     "with -p, whether results begin with the number of their process; auto, unless said: on a terminal", &set_prefix},
    {"", "max-restarts", "N", "LEAT_MAX_RESTARTS", nullptr,
     "with -p and -r: when one of them was killed or lost, start all again, so often at most; 0 unless said",
     &set_max_restarts},
    {"i", "process-id", "N", "LEAT_PROCESS_ID", "BYTEWAX_PROCESS_ID", "which process of the cluster this is, from 0",
     &set_process},
    {"a", "addresses", "HOST:PORT;...", "LEAT_ADDRESSES", "BYTEWAX_ADDRESSES",
     "where each process of the cluster listens, by their numbers", &set_addresses},
    {"", "listen", "HOST:PORT", "LEAT_LISTEN", nullptr,
     "where this process listens, if not where the others connect; port 0: one that is free", &set_listen},
    {"", "announce-fd", "N", "LEAT_ANNOUNCE_FD", nullptr, "descriptor to which this process writes where it listens",
     &set_announce},
    {"", "addresses-fd", "N", "LEAT_ADDRESSES_FD", nullptr,
     "descriptor from which it reads the addresses of all, one line as for -a", &set_addresses_descriptor},
    {"", "launcher", "slurm|openmpi|torchrun", "LEAT_LAUNCHER", nullptr,
     "take the number of this process from what that has set", &set_launcher},
    {"", "secret-file", "FILE", "LEAT_SECRET_FILE", nullptr,
     "what only the processes of the cluster know, 16 bytes at least", &set_secret_file},
    {"", "tls-certificate", "FILE", "LEAT_TLS_CERTIFICATE", nullptr, "what this process shows the others, by TLS",
     &set_tls_certificate},
    {"", "tls-key", "FILE", "LEAT_TLS_KEY", nullptr, "the key of that certificate", &set_tls_key},
    {"", "tls-authority", "FILE", "LEAT_TLS_AUTHORITY", nullptr,
     "the certificate of who has signed those of all processes", &set_tls_authority},
    {"", "insecure", "", "LEAT_INSECURE", nullptr, "other machines may connect though there is no secret",
     &set_insecure},
    {"", "cluster", "NAME", "LEAT_CLUSTER", nullptr, "a name for the cluster; processes of another one are sent away",
     &set_cluster},
    {"", "formation-timeout", "SECONDS", "LEAT_FORMATION_TIMEOUT", nullptr,
     "how long the processes may take to come together; 60 unless said", &set_formation_timeout},
    {"", "dead-after", "SECONDS", "LEAT_DEAD_AFTER", nullptr,
     "when to give up a process that is not heard of, which ends the run; 15 unless said", &set_dead_after},
};

/// The flag that this word is, with or without its value; null when it is none of ours.
[[gnu::cold]] flag const* flag_of(std::string_view word);

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/run/cli/flags.ipp>
#endif
