// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/picture.hpp>
#include <leat/run/local_processes.hpp>
#include <leat/run/options.hpp>
#include <leat/run/secret.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace leat {

/// Something is wrong with the arguments of the program. A function that describes a flow for `leat::main` may throw it:
/// the message is printed with a line on how the program is used, and the exit status is 2.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace leat

namespace leat::detail {

using leat::usage_error;

struct settings;
/// Throws usage_error with what is wrong.
using setter = void (*)(settings& all, std::string_view text);

/// A program that starts others and tells each its number in the environment.
struct launcher {
  std::string_view name;
  char const* process;
  char const* processes;
  char const* first_address;  ///< a variable that people take for the addresses of all; or null
};
inline constexpr launcher launchers[] = {
    {"slurm", "SLURM_PROCID", "SLURM_NTASKS", nullptr},
    {"openmpi", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", nullptr},
    {"torchrun", "RANK", "WORLD_SIZE", "MASTER_ADDR"},
};

/// What a process and the launcher that started it have to tell each other.
struct launch {
  int announce = -1;   ///< the descriptor to which the process writes its address
  int addresses = -1;  ///< the one from which it reads those of all
  launcher const* which = nullptr;  ///< whose variables are read
  unsigned processes = 0;           ///< how many it says there are; 0: it does not
};

/// What the flags set.
struct settings {
  options how;
  std::optional<picture> graph;
  std::optional<unsigned> process;
  unsigned local_processes = 1;
  output_prefix prefix = output_prefix::on_a_terminal;
  launch by;
  list<std::pair<setter, std::string>> said;  ///< by which flag or variable; the last one counts

  void note(setter what, std::string by_whom) { said.push_back({what, std::move(by_whom)}); }
  /// Empty: by nobody.
  std::string const& source(setter what) const {
    static std::string const nobody;
    std::string const* last = &nobody;
    for (auto const& [one, by_whom] : said)
      if (one == what) last = &by_whom;
    return *last;
  }
};

/// A flag. A new one is a row of `flags`.
struct flag {
  std::string_view letter;       ///< `w` for -w; empty: none
  std::string_view name;         ///< without the dashes
  char const* value;             ///< what stands for its value in the help; empty: it stands alone
  char const* variable;          ///< of the environment
  char const* bytewax_variable;  ///< Bytewax's, honoured where ours is not set; or null
  char const* help;
  setter set;

  bool stands_alone() const { return *value == '\0'; }

  /// `given_as`: the flag or the variable, as the person knows it.
  [[gnu::cold]] void apply(settings& all, std::string const& given_as, std::string_view text) const {
    try {
      set(all, text);
      all.note(set, given_as);
    } catch (usage_error const& wrong) {
      throw usage_error(concat({given_as, ": \"", text, "\" ", wrong.what()}));
    }
  }

  /// Of one that has a letter.
  [[gnu::cold]] std::string spelling() const { return concat({"-", letter, " ", value}); }
  [[gnu::cold]] std::string help_line() const {
    std::string line = concat({letter.empty() ? "      " : concat({"  -", letter, ", "}), "--", name,
                               stands_alone() ? "" : "=", value});
    line.resize(line.size() < 34 ? 34 : line.size() + 1, ' ');
    bool const has_another = bytewax_variable != nullptr;
    return concat({line, " ", help, " [", variable, has_another ? ", " : "", has_another ? bytewax_variable : "", "]\n"});
  }
};

[[gnu::cold]] inline std::uint64_t whole_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool const too_large = error == std::errc::result_out_of_range;
  if (text.empty() || end != text.data() + text.size() || (error != std::errc{} && !too_large))
    throw usage_error("is not a whole number");
  if (too_large || number > most) throw usage_error(concat({"is too many: ", std::to_string(most), " at most"}));
  if (number < least) throw usage_error(concat({"is too few: ", std::to_string(least), " at least"}));
  return number;
}

/// Seconds and fractions of a second. What is more than zero stays so.
[[gnu::cold]] inline std::chrono::nanoseconds seconds(std::string_view text) {
  constexpr double most = 1e9;
  double number = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || end != text.data() + text.size() || (error != std::errc{} && error != std::errc::result_out_of_range))
    throw usage_error("is not a number of seconds, such as 10 or 0.5");
  if (error != std::errc{} || !(number <= most)) throw usage_error("is not a number of seconds up to 1000000000");
  if (text.front() == '-') throw usage_error("is negative: it is a number of seconds, such as 10 or 0.5");
  auto const whole = static_cast<std::int64_t>(number * 1e9);
  return std::chrono::nanoseconds(whole == 0 && number > 0 ? 1 : whole);
}

inline void set_workers(settings& all, std::string_view text) {
  all.how.workers = static_cast<unsigned>(whole_number(text, 1, options::most_workers));
}
inline void set_snapshot_interval(settings& all, std::string_view text) { all.how.snapshot_interval = seconds(text); }
inline void set_batch_size(settings& all, std::string_view text) {
  all.how.batch_size = whole_number(text, 0, 1'000'000);
}
inline void set_process(settings& all, std::string_view text) {
  all.process = static_cast<unsigned>(whole_number(text, 0, 65535));
}
inline void set_local_processes(settings& all, std::string_view text) {
  all.local_processes = static_cast<unsigned>(whole_number(text, 1, 256));
}
[[gnu::cold]] inline void set_prefix(settings& all, std::string_view text) {
  if (text != "auto" && text != "always" && text != "never") throw usage_error("is none of auto, always, never");
  all.prefix = text == "auto"     ? output_prefix::on_a_terminal
               : text == "always" ? output_prefix::everywhere
                                  : output_prefix::nowhere;
}
/// A link of the program's own may call its ports by names.
[[gnu::cold]] inline bool is_impossible_port(std::string_view port) {
  bool const number = port.find_first_not_of("0123456789") == std::string_view::npos;
  return port.empty() || (number && (port.size() > 5 || std::stoul(std::string(port)) > 65535));
}
/// `one:2101;two:2101`, or a line for each.
[[gnu::cold]] inline void set_addresses(settings& all, std::string_view text) {
  all.how.addresses.clear();
  while (!text.empty()) {
    std::size_t const end = (std::min)(text.find_first_of(";\n"), text.size());
    std::string_view one = text.substr(0, end);
    text.remove_prefix((std::min)(end + 1, text.size()));
    while (!one.empty() && (one.front() == ' ' || one.front() == '\t')) one.remove_prefix(1);
    while (!one.empty() && (one.back() == ' ' || one.back() == '\t' || one.back() == '\r')) one.remove_suffix(1);
    if (one.empty()) continue;
    if (one.rfind(':') == std::string_view::npos)
      throw usage_error(concat({"names \"", one, "\", which has no port: write host:2101"}));
    if (one.find_first_of(", \t") != std::string_view::npos)
      throw usage_error(concat({"names \"", one, "\", which is not one address: write ; between two, one:2101;two:2101"}));
    if (one.rfind(':') == 0)
      throw usage_error(concat({"names \"", one, "\", which has no host: write host:2101"}));
    if (is_impossible_port(one.substr(one.rfind(':') + 1)))
      throw usage_error(concat({"names \"", one, "\", whose port is not one from 1 to 65535"}));
    for (std::string const& other : all.how.addresses)
      if (other == one) throw usage_error(concat({"names \"", one, "\" twice: each process has an address of its own"}));
    all.how.addresses.emplace_back(one);
  }
  if (all.how.addresses.empty()) throw usage_error("names no address: write host:2101;other:2101");
}
[[gnu::cold]] inline void set_listen(settings& all, std::string_view text) {
  if (text.rfind(':') == std::string_view::npos) throw usage_error("has no port: write host:2101, or host:0");
  all.how.listen = text;
}
inline void set_announce(settings& all, std::string_view text) {
  all.by.announce = static_cast<int>(whole_number(text, 0, 1'000'000));
}
inline void set_addresses_descriptor(settings& all, std::string_view text) {
  all.by.addresses = static_cast<int>(whole_number(text, 0, 1'000'000));
}
[[gnu::cold]] inline void set_launcher(settings& all, std::string_view text) {
  for (launcher const& one : launchers)
    if (one.name == text) all.by.which = &one;
  if (all.by.which == nullptr || all.by.which->name != text) throw usage_error("is none of slurm, openmpi, torchrun");
}
inline void set_secret_file(settings& all, std::string_view text) {
  try {
    all.how.secret = secret_from_file(std::string(text));
  } catch (flow_error const& wrong) {
    throw usage_error(wrong.what());
  }
}
inline void set_tls_certificate(settings& all, std::string_view text) { all.how.tls.certificate = text; }
inline void set_tls_key(settings& all, std::string_view text) { all.how.tls.key = text; }
inline void set_tls_authority(settings& all, std::string_view text) { all.how.tls.authority = text; }
inline void set_cluster(settings& all, std::string_view text) { all.how.cluster = text; }
inline void set_formation_timeout(settings& all, std::string_view text) { all.how.formation_timeout = seconds(text); }
inline void set_channel_bytes(settings& all, std::string_view text) {
  all.how.channel_bytes = whole_number(text, 1, options::most_channel_bytes);
}
[[gnu::cold]] inline std::chrono::nanoseconds patience(std::string_view text) {
  std::chrono::nanoseconds const time = seconds(text);
  if (time < std::chrono::milliseconds(10)) throw usage_error("is too short: 0.01 at least");
  return time;
}
inline void set_suspect_after(settings& all, std::string_view text) { all.how.suspect_after = patience(text); }
inline void set_dead_after(settings& all, std::string_view text) { all.how.dead_after = patience(text); }
[[gnu::cold]] inline bool yes_or_no(std::string_view text) {
  if (text != "yes" && text != "no" && text != "1" && text != "0") throw usage_error("is neither yes nor no");
  return text == "yes" || text == "1";
}
inline void set_stop_timeout(settings& all, std::string_view text) { all.how.stop_timeout = seconds(text); }
inline void set_insecure(settings& all, std::string_view text) { all.how.insecure = yes_or_no(text); }
inline void set_hide_records(settings& all, std::string_view text) { all.how.show_records = !yes_or_no(text); }
[[gnu::cold]] inline void set_graph(settings& all, std::string_view text) {
  if (text == "mermaid")
    all.graph = picture::mermaid;
  else if (text == "dot")
    all.graph = picture::dot;
  else if (text == "json")
    all.graph = picture::json;
  else
    throw usage_error("is none of mermaid, dot, json");
}

/// --help and --version stand by themselves: a variable that made every program print its version would be a trap.
inline constexpr flag flags[] = {
    {"w", "workers-per-process", "N", "LEAT_WORKERS_PER_PROCESS", "BYTEWAX_WORKERS_PER_PROCESS",
     "workers in this process; 1 unless said", &set_workers},
    {"s", "snapshot-interval", "SECONDS", "LEAT_SNAPSHOT_INTERVAL", "BYTEWAX_SNAPSHOT_INTERVAL",
     "length of an epoch, 0.5 for half a second; 0: as short as can be; 10 unless said", &set_snapshot_interval},
    {"", "batch-size", "N", "LEAT_BATCH_SIZE", nullptr,
     "records per batch; 0: as many as make 16 KiB, and 32 KiB from one worker to another, unless said", &set_batch_size},
    {"", "channel-bytes", "BYTES", "LEAT_CHANNEL_BYTES", nullptr,
     "on their way between two workers at most, per exchange; 262144 unless said", &set_channel_bytes},
    {"p", "processes", "N", "LEAT_PROCESSES", nullptr,
     "start so many processes of this program on this machine, as one cluster", &set_local_processes},
    {"", "prefix", "auto|always|never", "LEAT_PREFIX", nullptr,
     "with -p, whether results begin with the number of their process; auto, unless said: on a terminal", &set_prefix},
    {"i", "process-id", "N", "LEAT_PROCESS_ID", "BYTEWAX_PROCESS_ID",
     "which process of the cluster this is, from 0", &set_process},
    {"a", "addresses", "HOST:PORT;...", "LEAT_ADDRESSES", "BYTEWAX_ADDRESSES",
     "where each process of the cluster listens, by their numbers", &set_addresses},
    {"", "listen", "HOST:PORT", "LEAT_LISTEN", nullptr,
     "where this process listens, if not where the others connect; port 0: one that is free", &set_listen},
    {"", "announce-fd", "N", "LEAT_ANNOUNCE_FD", nullptr,
     "descriptor to which this process writes where it listens", &set_announce},
    {"", "addresses-fd", "N", "LEAT_ADDRESSES_FD", nullptr,
     "descriptor from which it reads the addresses of all, one line as for -a", &set_addresses_descriptor},
    {"", "launcher", "slurm|openmpi|torchrun", "LEAT_LAUNCHER", nullptr,
     "take the number of this process from what that has set", &set_launcher},
    {"", "secret-file", "FILE", "LEAT_SECRET_FILE", nullptr,
     "what only the processes of the cluster know, 16 bytes at least", &set_secret_file},
    {"", "tls-certificate", "FILE", "LEAT_TLS_CERTIFICATE", nullptr,
     "what this process shows the others, by TLS", &set_tls_certificate},
    {"", "tls-key", "FILE", "LEAT_TLS_KEY", nullptr, "the key of that certificate", &set_tls_key},
    {"", "tls-authority", "FILE", "LEAT_TLS_AUTHORITY", nullptr,
     "the certificate of who has signed those of all processes", &set_tls_authority},
    {"", "insecure", "", "LEAT_INSECURE", nullptr,
     "other machines may connect though there is no secret", &set_insecure},
    {"", "cluster", "NAME", "LEAT_CLUSTER", nullptr,
     "a name for the cluster; processes of another one are sent away", &set_cluster},
    {"", "formation-timeout", "SECONDS", "LEAT_FORMATION_TIMEOUT", nullptr,
     "how long the processes may take to come together; 60 unless said", &set_formation_timeout},
    {"", "suspect-after", "SECONDS", "LEAT_SUSPECT_AFTER", nullptr,
     "when to report a process that is not heard of, and what a stop waits for; 5 unless said", &set_suspect_after},
    {"", "dead-after", "SECONDS", "LEAT_DEAD_AFTER", nullptr,
     "when to give it up, which ends the run; 15 unless said", &set_dead_after},
    {"", "hide-records", "", "LEAT_HIDE_RECORDS", nullptr,
     "an error does not show the record or key that a function threw at", &set_hide_records},
    {"", "stop-timeout", "SECONDS", "LEAT_STOP_TIMEOUT", nullptr,
     "while it stops: when to give up look-ups that get nowhere, which ends the run with 1; 20 unless said",
     &set_stop_timeout},
    {"", "graph", "mermaid|dot|json", "LEAT_GRAPH", nullptr,
     "print the flow as a picture and exit; no source is touched", &set_graph},
};

/// The flag that this word is, with or without its value; null when it is none of ours.
[[gnu::cold]] inline flag const* flag_of(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return nullptr;
  std::string_view const name = word[1] == '-' ? word.substr(2, word.find('=') - 2) : std::string_view{};
  for (flag const& one : flags)
    if (word[1] == '-' ? name == one.name : word.substr(1, 1) == one.letter) return &one;
  return nullptr;
}

}  // namespace leat::detail
