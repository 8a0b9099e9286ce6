// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/run/cli/cluster_settings.hpp>
#include <leat/run/cli/flags.hpp>
#include <leat/run/cli/launcher.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/environment.hpp>
#include <leat/run/weak_secret.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace leat::detail {

LEAT_COLD char const* first_of(char const* ours, char const* bytewax) {
  char const* const value = environment(ours);
  return value != nullptr ? value : environment(bytewax);
}

LEAT_COLD void take_process_from_pod(settings& settings) {
  char const* const pod = first_of("LEAT_POD_NAME", "BYTEWAX_POD_NAME");
  char const* const set = first_of("LEAT_STATEFULSET_NAME", "BYTEWAX_STATEFULSET_NAME");
  if (pod == nullptr || set == nullptr) return;
  std::string const prefix = concat({set, "-"});
  std::string_view const name = pod;
  if (!name.starts_with(prefix))
    throw usage_error(
        concat({"the name of the pod, \"", name, "\", does not begin with that of its set, \"", prefix, "\""}));
  set_process(settings, name.substr(prefix.size()));
  settings.note(&set_process, environment("LEAT_POD_NAME") != nullptr ? "LEAT_POD_NAME" : "BYTEWAX_POD_NAME");
}

LEAT_COLD void take_addresses_from_file(settings& settings) {
  char const* const path = first_of("LEAT_HOSTFILE_PATH", "BYTEWAX_HOSTFILE_PATH");
  if (path == nullptr) return;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::fopen(path, "re"), &std::fclose);
  if (!file) throw usage_error(concat({"the host file ", path, " cannot be read"}));
  constexpr std::size_t most_bytes_of_host_file = 1024 * 1024;
  std::string text;
  for (int c = 0; (c = std::fgetc(file.get())) != EOF;) {
    text += static_cast<char>(c);
    if (text.size() > most_bytes_of_host_file)
      throw usage_error(concat({"the host file ", path, " is longer than 1 MiB"}));
  }
  try {
    set_addresses(settings, text);
    settings.note(&set_addresses, path);
  } catch (usage_error const& wrong) {
    throw usage_error(concat({"the host file ", path, " ", wrong.what()}));
  }
}

LEAT_COLD void check_tls(options const& options) {
  if (!options.tls.given()) return;
  if (support_of_clusters().encrypt == nullptr)
    throw usage_error("--tls-...: this program cannot encrypt: it has to #include <leat/run/tls.hpp>");
  try {
    support_of_clusters().encrypt(nullptr, options);
  } catch (flow_error const& wrong) {
    throw usage_error(wrong.what());
  }
}

LEAT_COLD void check_network(settings const& settings, options const& options, bool own_link) {
  if (settings.launch.announce < 0 && settings.launch.addresses < 0 && options.addresses.size() < 2) return;
  // What the program itself has set is no argument.
  auto const refuse = [&](setter setting, std::string const& reason) {
    std::string const& source = settings.source(setting);
    if (source.empty()) throw flow_error(reason);
    throw usage_error(concat({source, ": ", reason}));
  };
  if (!has_network(options)) refuse(&set_process, lack_of_network);
  if (own_link) return;
  auto const check_address = [&](setter setting, std::string const& address) {
    if (!address.empty() && !support_of_clusters().is_address(address))
      refuse(setting, concat({"\"", address, "\" is not an address such as host:2101 or [::1]:2101"}));
  };
  for (std::string const& address : options.addresses)
    check_address(settings.launch.addresses >= 0 ? &set_addresses_descriptor : &set_addresses, address);
  check_address(&set_listen, options.listen);
}

LEAT_COLD void choose_addresses(settings& settings) {
  if (settings.options.addresses.empty() || settings.launch.addresses < 0) return;
  auto const weakness = [&](setter setting) {
    std::string const& source = settings.source(setting);
    return source.starts_with("-") ? 0 : source.starts_with("LEAT_") ? 1 : source.empty() ? 3 : 2;
  };
  int const listed = weakness(&set_addresses);
  int const told = weakness(&set_addresses_descriptor);
  if (listed == told)
    throw usage_error(concat({settings.source(&set_addresses), " and ", settings.source(&set_addresses_descriptor),
                              " both give the addresses: one of them is enough"}));
  if (listed < told)
    settings.launch.addresses = -1;
  else
    settings.options.addresses.clear();
}

LEAT_COLD bool is_of_cluster(settings const& settings) {
  return settings.process || !settings.options.addresses.empty() || settings.launch.addresses >= 0 ||
         settings.launch.announce >= 0 || settings.launch.kind != nullptr || environment("LEAT_SECRET") != nullptr ||
         first_of("LEAT_POD_NAME", "BYTEWAX_POD_NAME") != nullptr;
}

LEAT_COLD void settle_cluster(settings& settings) {
  check_tls(settings.options);
  if (settings.max_restarts != 0 && (settings.local_processes < 2 || settings.options.recovery.directory.empty()))
    throw usage_error(concat({settings.source(&set_max_restarts),
                              ": what -p has started is started again, and goes on from a store: with -p and -r"}));
  if (settings.local_processes > 1) {
    if (settings.process || !settings.options.addresses.empty() || settings.launch.addresses >= 0 ||
        settings.launch.announce >= 0 || settings.launch.kind != nullptr || !settings.options.listen.empty())
      throw usage_error(
          "-p starts a whole cluster on this machine, so it goes with neither -i nor -a, nor with --listen, "
          "--announce-fd, --addresses-fd, --launcher");
    if (support_of_clusters().make_network == nullptr)
      throw usage_error("-p: its processes meet over TCP, for which this program has to #include <leat/run/tcp.hpp>");
    return;
  }
  if (!is_of_cluster(settings)) {
    if (settings.options.listen.empty()) return;
    throw usage_error(
        concat({settings.source(&set_listen), " says where a process of a cluster listens: with -i and -a"}));
  }
  choose_addresses(settings);
  if (!settings.process) take_process_from_pod(settings);
  take_process_from_launcher(settings);
  if (!settings.recovery_set.empty()) return;  // nobody is met
  bool const told_later = settings.launch.addresses >= 0;
  if (settings.process && settings.options.addresses.empty() && !told_later) take_addresses_from_file(settings);
  if (char const* const secret = environment("LEAT_SECRET"); secret != nullptr && settings.options.secret.empty()) {
    settings.options.secret = secret;
    if (std::string const weakness = weakness_of(settings.options.secret); !weakness.empty())
      throw usage_error(concat({"LEAT_SECRET: ", weakness}));
  }
  if (settings.launch.announce >= 0 && settings.options.listen.empty())
    throw usage_error("--announce-fd tells where this process listens, so it needs --listen HOST:0");
  if (settings.launch.announce < 0 && settings.options.listen.ends_with(":0"))
    throw usage_error("--listen: at port 0 the system chooses one, and somebody has to be told which: --announce-fd");
  if (told_later && !settings.process)
    throw usage_error("the addresses of a cluster (--addresses-fd) need the number of this process among them: -i 0");
  if (told_later) {
    settings.options.process = *settings.process;
    return;
  }
  if (settings.launch.kind != nullptr && settings.options.addresses.empty()) {
    if (settings.launch.processes == 1) return;
    throw usage_error(launcher_lacks_addresses(*settings.launch.kind));
  }
  check_count(settings.launch, settings.options.addresses.size());
  if (settings.process && settings.options.addresses.empty())
    throw usage_error("a process of a cluster (-i) needs the addresses of all of them: -a \"host:2101;other:2101\"");
  if (!settings.process && !settings.options.addresses.empty())
    throw usage_error("the addresses of a cluster (-a) need the number of this process among them: -i 0");
  if (!settings.process) return;
  if (*settings.process >= settings.options.addresses.size())
    throw usage_error(concat({"-i: there is no process ", std::to_string(*settings.process), ": -a names ",
                              std::to_string(settings.options.addresses.size()), ", and the first is process 0"}));
  settings.options.process = *settings.process;
}

}  // namespace leat::detail
