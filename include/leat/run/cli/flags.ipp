// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/detail/list.hpp>
#include <leat/picture.hpp>
#include <leat/run/cli/flags.hpp>
#include <leat/run/local/local_processes.hpp>
#include <leat/run/options.hpp>
#include <leat/run/secret.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace leat::detail {

LEAT_COLD void flag::apply(settings& settings, std::string const& given_as, std::string_view text) const {
  try {
    set(settings, text);
    settings.note(set, given_as);
  } catch (usage_error const& wrong) {
    throw usage_error(concat({given_as, ": \"", text, "\" ", wrong.what()}));
  }
}

LEAT_COLD std::string flag::help_line() const {
  std::string line =
      concat({letter.empty() ? "      " : concat({"  -", letter, ", "}), "--", name, stands_alone() ? "" : "=", value});
  line.resize(line.size() < 34 ? 34 : line.size() + 1, ' ');
  if (variable == nullptr) return concat({line, " ", help, "\n"});
  bool const has_another = bytewax_variable != nullptr;
  return concat({line, " ", help, " [", variable, has_another ? ", " : "", has_another ? bytewax_variable : "", "]\n"});
}

LEAT_COLD std::uint64_t whole_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  bool const too_large = error == std::errc::result_out_of_range;
  if (text.empty() || end != text.data() + text.size() || (error != std::errc{} && !too_large))
    throw usage_error("is not a whole number");
  if (too_large || number > most) throw usage_error(concat({"is too many: ", std::to_string(most), " at most"}));
  if (number < least) throw usage_error(concat({"is too few: ", std::to_string(least), " at least"}));
  return number;
}

LEAT_COLD std::chrono::nanoseconds seconds(std::string_view text) {
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

LEAT_COLD void set_workers(settings& settings, std::string_view text) {
  settings.options.workers = static_cast<unsigned>(whole_number(text, 1, options::most_workers));
}

LEAT_COLD void set_snapshot_interval(settings& settings, std::string_view text) {
  settings.options.snapshot_interval = seconds(text);
}

LEAT_COLD void set_batch_size(settings& settings, std::string_view text) {
  settings.options.batch_size = whole_number(text, 0, 1'000'000);
}

LEAT_COLD void set_process(settings& settings, std::string_view text) {
  settings.process = static_cast<unsigned>(whole_number(text, 0, 65535));
}

LEAT_COLD void set_local_processes(settings& settings, std::string_view text) {
  settings.local_processes = static_cast<unsigned>(whole_number(text, 1, 256));
}

LEAT_COLD void set_max_restarts(settings& settings, std::string_view text) {
  settings.max_restarts = static_cast<unsigned>(whole_number(text, 0, 1'000'000'000));
}

LEAT_COLD void set_prefix(settings& settings, std::string_view text) {
  if (text != "auto" && text != "always" && text != "never") throw usage_error("is none of auto, always, never");
  settings.prefix = text == "auto"     ? output_prefix::on_a_terminal
                    : text == "always" ? output_prefix::everywhere
                                       : output_prefix::nowhere;
}

LEAT_COLD bool is_impossible_port(std::string_view port) {
  bool const number = port.find_first_not_of("0123456789") == std::string_view::npos;
  if (!number || port.empty()) return port.empty();
  return port.size() > 5 || std::stoul(std::string(port)) > 65535 || std::stoul(std::string(port)) == 0;
}

LEAT_COLD void set_addresses(settings& settings, std::string_view text) {
  settings.options.addresses.clear();
  while (!text.empty()) {
    std::size_t const end = (std::min)(text.find_first_of(";\n"), text.size());
    std::string_view address = text.substr(0, end);
    text.remove_prefix((std::min)(end + 1, text.size()));
    while (!address.empty() && (address.front() == ' ' || address.front() == '\t')) address.remove_prefix(1);
    while (!address.empty() && (address.back() == ' ' || address.back() == '\t' || address.back() == '\r'))
      address.remove_suffix(1);
    if (address.empty()) continue;
    if (address.rfind(':') == std::string_view::npos)
      throw usage_error(concat({"names \"", address, "\", which has no port: write host:2101"}));
    if (address.find_first_of(", \t") != std::string_view::npos)
      throw usage_error(
          concat({"names \"", address, "\", which is not one address: write ; between two, one:2101;two:2101"}));
    if (address.rfind(':') == 0)
      throw usage_error(concat({"names \"", address, "\", which has no host: write host:2101"}));
    if (is_impossible_port(address.substr(address.rfind(':') + 1)))
      throw usage_error(concat({"names \"", address, "\", whose port is not one from 1 to 65535"}));
    for (std::string const& other : settings.options.addresses)
      if (other == address)
        throw usage_error(concat({"names \"", address, "\" twice: each process has an address of its own"}));
    settings.options.addresses.emplace_back(address);
  }
  if (settings.options.addresses.empty()) throw usage_error("names no address: write host:2101;other:2101");
}

LEAT_COLD void set_listen(settings& settings, std::string_view text) {
  if (text.rfind(':') == std::string_view::npos) throw usage_error("has no port: write host:2101, or host:0");
  settings.options.listen = text;
}

LEAT_COLD void set_announce(settings& settings, std::string_view text) {
  settings.launch.announce = static_cast<int>(whole_number(text, 0, 1'000'000));
}

LEAT_COLD void set_addresses_descriptor(settings& settings, std::string_view text) {
  settings.launch.addresses = static_cast<int>(whole_number(text, 0, 1'000'000));
}

LEAT_COLD void set_launcher(settings& settings, std::string_view text) {
  for (launcher const& launcher : launchers)
    if (launcher.name == text) settings.launch.kind = &launcher;
  if (settings.launch.kind == nullptr || settings.launch.kind->name != text)
    throw usage_error("is none of slurm, openmpi, torchrun");
}

LEAT_COLD void set_secret_file(settings& settings, std::string_view text) {
  try {
    settings.options.secret = secret_from_file(std::string(text));
  } catch (flow_error const& wrong) {
    throw usage_error(wrong.what());
  }
}

LEAT_COLD void set_tls_certificate(settings& settings, std::string_view text) {
  settings.options.tls.certificate = text;
}

LEAT_COLD void set_tls_key(settings& settings, std::string_view text) { settings.options.tls.key = text; }

LEAT_COLD void set_tls_authority(settings& settings, std::string_view text) { settings.options.tls.authority = text; }

LEAT_COLD void set_cluster(settings& settings, std::string_view text) { settings.options.cluster = text; }

LEAT_COLD void set_formation_timeout(settings& settings, std::string_view text) {
  settings.options.formation_timeout = seconds(text);
}

LEAT_COLD void set_channel_bytes(settings& settings, std::string_view text) {
  settings.options.channel_bytes = whole_number(text, 1, options::most_channel_bytes);
}

LEAT_COLD std::chrono::nanoseconds patience(std::string_view text) {
  std::chrono::nanoseconds const time = seconds(text);
  if (time < std::chrono::milliseconds(10)) throw usage_error("is too short: 0.01 at least");
  return time;
}

LEAT_COLD void set_suspect_after(settings& settings, std::string_view text) {
  settings.options.suspect_after = patience(text);
}

LEAT_COLD void set_dead_after(settings& settings, std::string_view text) {
  settings.options.dead_after = patience(text);
}

LEAT_COLD bool yes_or_no(std::string_view text) {
  if (text != "yes" && text != "no" && text != "1" && text != "0") throw usage_error("is neither yes nor no");
  return text == "yes" || text == "1";
}

LEAT_COLD void set_stop_timeout(settings& settings, std::string_view text) {
  settings.options.stop_timeout = seconds(text);
}

LEAT_COLD void set_stopped_status(settings& settings, std::string_view text) {
  settings.stopped_status = static_cast<int>(whole_number(text, 0, 255));
}

LEAT_COLD void set_stats(settings& settings, std::string_view text) { settings.options.print_stats = yes_or_no(text); }

LEAT_COLD void set_progress(settings& settings, std::string_view text) {
  if (text != "auto" && text != "always" && text != "never") throw usage_error("is none of auto, always, never");
  settings.progress = text == "auto"     ? progress_line::on_a_terminal
                      : text == "always" ? progress_line::always
                                         : progress_line::never;
}

LEAT_COLD void set_insecure(settings& settings, std::string_view text) { settings.options.insecure = yes_or_no(text); }

LEAT_COLD void set_hide_records(settings& settings, std::string_view text) {
  settings.options.show_records = !yes_or_no(text);
}

LEAT_COLD void set_recovery_directory(settings& settings, std::string_view text) {
  if (text.empty()) throw usage_error("is no directory");
  settings.options.recovery.directory = text;
}

LEAT_COLD void set_backup_interval(settings& settings, std::string_view text) {
  settings.options.recovery.backup_interval = seconds(text);
}

LEAT_COLD void set_forget_step(settings& settings, std::string_view text) {
  settings.options.recovery.forget_steps.emplace_back(text);
}

LEAT_COLD void set_recovery_init(settings& settings, std::string_view text) {
  settings.recovery_init = static_cast<unsigned>(whole_number(text, 1, 256));
}

LEAT_COLD void set_recovery_set(settings& settings, std::string_view text) {
  if (text.empty()) throw usage_error("is no name");
  settings.recovery_set = text;
}

LEAT_COLD void set_recovery_status(settings& settings, std::string_view text) {
  settings.recovery_status = yes_or_no(text);
}

LEAT_COLD void set_graph(settings& settings, std::string_view text) {
  if (text == "mermaid")
    settings.graph = picture::mermaid;
  else if (text == "dot")
    settings.graph = picture::dot;
  else if (text == "json")
    settings.graph = picture::json;
  else
    throw usage_error("is none of mermaid, dot, json");
}

LEAT_COLD flag const* flag_of(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return nullptr;
  std::string_view const name = word[1] == '-' ? word.substr(2, word.find('=') - 2) : std::string_view{};
  for (flag const& flag : flags)
    if (word[1] == '-' ? name == flag.name : word.substr(1, 1) == flag.letter) return &flag;
  return nullptr;
}

}  // namespace leat::detail
