// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/list.hpp>
#include <leat/picture.hpp>
#include <leat/run/cli/flags.hpp>
#include <leat/run/local/local_processes.hpp>
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

namespace leat::detail {

LEAT_INLINE void flag::apply(settings& all, std::string const& given_as, std::string_view text) const {
  try {
    set(all, text);
    all.note(set, given_as);
  } catch (usage_error const& wrong) {
    throw usage_error(concat({given_as, ": \"", text, "\" ", wrong.what()}));
  }
}

LEAT_INLINE std::string flag::help_line() const {
  std::string line =
      concat({letter.empty() ? "      " : concat({"  -", letter, ", "}), "--", name, stands_alone() ? "" : "=", value});
  line.resize(line.size() < 34 ? 34 : line.size() + 1, ' ');
  bool const has_another = bytewax_variable != nullptr;
  return concat({line, " ", help, " [", variable, has_another ? ", " : "", has_another ? bytewax_variable : "", "]\n"});
}

LEAT_INLINE std::uint64_t whole_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool const too_large = error == std::errc::result_out_of_range;
  if (text.empty() || end != text.data() + text.size() || (error != std::errc{} && !too_large))
    throw usage_error("is not a whole number");
  if (too_large || number > most) throw usage_error(concat({"is too many: ", std::to_string(most), " at most"}));
  if (number < least) throw usage_error(concat({"is too few: ", std::to_string(least), " at least"}));
  return number;
}

LEAT_INLINE std::chrono::nanoseconds seconds(std::string_view text) {
  constexpr double most = 1e9;
  double number = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || end != text.data() + text.size() ||
      (error != std::errc{} && error != std::errc::result_out_of_range))
    throw usage_error("is not a number of seconds, such as 10 or 0.5");
  if (error != std::errc{} || !(number <= most)) throw usage_error("is not a number of seconds up to 1000000000");
  if (text.front() == '-') throw usage_error("is negative: it is a number of seconds, such as 10 or 0.5");
  auto const whole = static_cast<std::int64_t>(number * 1e9);
  return std::chrono::nanoseconds(whole == 0 && number > 0 ? 1 : whole);
}

LEAT_INLINE void set_workers(settings& all, std::string_view text) {
  all.how.workers = static_cast<unsigned>(whole_number(text, 1, options::most_workers));
}

LEAT_INLINE void set_snapshot_interval(settings& all, std::string_view text) {
  all.how.snapshot_interval = seconds(text);
}

LEAT_INLINE void set_batch_size(settings& all, std::string_view text) {
  all.how.batch_size = whole_number(text, 0, 1'000'000);
}

LEAT_INLINE void set_process(settings& all, std::string_view text) {
  all.process = static_cast<unsigned>(whole_number(text, 0, 65535));
}

LEAT_INLINE void set_local_processes(settings& all, std::string_view text) {
  all.local_processes = static_cast<unsigned>(whole_number(text, 1, 256));
}

LEAT_INLINE void set_prefix(settings& all, std::string_view text) {
  if (text != "auto" && text != "always" && text != "never") throw usage_error("is none of auto, always, never");
  all.prefix = text == "auto"     ? output_prefix::on_a_terminal
               : text == "always" ? output_prefix::everywhere
                                  : output_prefix::nowhere;
}

LEAT_INLINE bool is_impossible_port(std::string_view port) {
  bool const number = port.find_first_not_of("0123456789") == std::string_view::npos;
  return port.empty() || (number && (port.size() > 5 || std::stoul(std::string(port)) > 65535));
}

LEAT_INLINE void set_addresses(settings& all, std::string_view text) {
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
      throw usage_error(
          concat({"names \"", one, "\", which is not one address: write ; between two, one:2101;two:2101"}));
    if (one.rfind(':') == 0) throw usage_error(concat({"names \"", one, "\", which has no host: write host:2101"}));
    if (is_impossible_port(one.substr(one.rfind(':') + 1)))
      throw usage_error(concat({"names \"", one, "\", whose port is not one from 1 to 65535"}));
    for (std::string const& other : all.how.addresses)
      if (other == one)
        throw usage_error(concat({"names \"", one, "\" twice: each process has an address of its own"}));
    all.how.addresses.emplace_back(one);
  }
  if (all.how.addresses.empty()) throw usage_error("names no address: write host:2101;other:2101");
}

LEAT_INLINE void set_listen(settings& all, std::string_view text) {
  if (text.rfind(':') == std::string_view::npos) throw usage_error("has no port: write host:2101, or host:0");
  all.how.listen = text;
}

LEAT_INLINE void set_announce(settings& all, std::string_view text) {
  all.by.announce = static_cast<int>(whole_number(text, 0, 1'000'000));
}

LEAT_INLINE void set_addresses_descriptor(settings& all, std::string_view text) {
  all.by.addresses = static_cast<int>(whole_number(text, 0, 1'000'000));
}

LEAT_INLINE void set_launcher(settings& all, std::string_view text) {
  for (launcher const& one : launchers)
    if (one.name == text) all.by.which = &one;
  if (all.by.which == nullptr || all.by.which->name != text) throw usage_error("is none of slurm, openmpi, torchrun");
}

LEAT_INLINE void set_secret_file(settings& all, std::string_view text) {
  try {
    all.how.secret = secret_from_file(std::string(text));
  } catch (flow_error const& wrong) {
    throw usage_error(wrong.what());
  }
}

LEAT_INLINE void set_tls_certificate(settings& all, std::string_view text) { all.how.tls.certificate = text; }

LEAT_INLINE void set_tls_key(settings& all, std::string_view text) { all.how.tls.key = text; }

LEAT_INLINE void set_tls_authority(settings& all, std::string_view text) { all.how.tls.authority = text; }

LEAT_INLINE void set_cluster(settings& all, std::string_view text) { all.how.cluster = text; }

LEAT_INLINE void set_formation_timeout(settings& all, std::string_view text) {
  all.how.formation_timeout = seconds(text);
}

LEAT_INLINE void set_channel_bytes(settings& all, std::string_view text) {
  all.how.channel_bytes = whole_number(text, 1, options::most_channel_bytes);
}

LEAT_INLINE std::chrono::nanoseconds patience(std::string_view text) {
  std::chrono::nanoseconds const time = seconds(text);
  if (time < std::chrono::milliseconds(10)) throw usage_error("is too short: 0.01 at least");
  return time;
}

LEAT_INLINE void set_suspect_after(settings& all, std::string_view text) { all.how.suspect_after = patience(text); }

LEAT_INLINE void set_dead_after(settings& all, std::string_view text) { all.how.dead_after = patience(text); }

LEAT_INLINE bool yes_or_no(std::string_view text) {
  if (text != "yes" && text != "no" && text != "1" && text != "0") throw usage_error("is neither yes nor no");
  return text == "yes" || text == "1";
}

LEAT_INLINE void set_stop_timeout(settings& all, std::string_view text) { all.how.stop_timeout = seconds(text); }

LEAT_INLINE void set_stats(settings& all, std::string_view text) { all.how.print_stats = yes_or_no(text); }

LEAT_INLINE void set_progress(settings& all, std::string_view text) {
  if (text != "auto" && text != "always" && text != "never") throw usage_error("is none of auto, always, never");
  all.progress = text == "auto"     ? progress_line::on_a_terminal
                 : text == "always" ? progress_line::always
                                    : progress_line::never;
}

LEAT_INLINE void set_insecure(settings& all, std::string_view text) { all.how.insecure = yes_or_no(text); }

LEAT_INLINE void set_hide_records(settings& all, std::string_view text) { all.how.show_records = !yes_or_no(text); }

LEAT_INLINE void set_graph(settings& all, std::string_view text) {
  if (text == "mermaid")
    all.graph = picture::mermaid;
  else if (text == "dot")
    all.graph = picture::dot;
  else if (text == "json")
    all.graph = picture::json;
  else
    throw usage_error("is none of mermaid, dot, json");
}

LEAT_INLINE flag const* flag_of(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return nullptr;
  std::string_view const name = word[1] == '-' ? word.substr(2, word.find('=') - 2) : std::string_view{};
  for (flag const& one : flags)
    if (word[1] == '-' ? name == one.name : word.substr(1, 1) == one.letter) return &one;
  return nullptr;
}

}  // namespace leat::detail
