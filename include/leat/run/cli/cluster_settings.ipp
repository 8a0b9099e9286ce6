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

LEAT_INLINE char const* first_of(char const* ours, char const* bytewax) {
  char const* const value = environment(ours);
  return value != nullptr ? value : environment(bytewax);
}

LEAT_INLINE void take_process_from_pod(settings& all) {
  char const* const pod = first_of("LEAT_POD_NAME", "BYTEWAX_POD_NAME");
  char const* const set = first_of("LEAT_STATEFULSET_NAME", "BYTEWAX_STATEFULSET_NAME");
  if (pod == nullptr || set == nullptr) return;
  std::string const prefix = concat({set, "-"});
  std::string_view const name = pod;
  if (!name.starts_with(prefix))
    throw usage_error(
        concat({"the name of the pod, \"", name, "\", does not begin with that of its set, \"", prefix, "\""}));
  set_process(all, name.substr(prefix.size()));
  all.note(&set_process, environment("LEAT_POD_NAME") != nullptr ? "LEAT_POD_NAME" : "BYTEWAX_POD_NAME");
}

LEAT_INLINE void take_addresses_from_file(settings& all) {
  char const* const path = first_of("LEAT_HOSTFILE_PATH", "BYTEWAX_HOSTFILE_PATH");
  if (path == nullptr) return;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::fopen(path, "re"), &std::fclose);
  if (!file) throw usage_error(concat({"the host file ", path, " cannot be read"}));
  std::string text;
  for (int c = 0; (c = std::fgetc(file.get())) != EOF;) text += static_cast<char>(c);
  try {
    set_addresses(all, text);
    all.note(&set_addresses, path);
  } catch (usage_error const& wrong) {
    throw usage_error(concat({"the host file ", path, " ", wrong.what()}));
  }
}

LEAT_INLINE void check_tls(options const& how) {
  if (!how.tls.given()) return;
  if (support_of_clusters().encrypt == nullptr)
    throw usage_error("--tls-...: this program cannot encrypt: it has to #include <leat/run/tls.hpp>");
  try {
    support_of_clusters().encrypt(nullptr, how);
  } catch (flow_error const& wrong) {
    throw usage_error(wrong.what());
  }
}

LEAT_INLINE void check_network(settings const& all, options const& how, bool own_link) {
  if (all.by.announce < 0 && all.by.addresses < 0 && how.addresses.size() < 2) return;
  // What the program itself has set is no argument.
  auto const refuse = [&](setter said, std::string const& why) {
    std::string const& by = all.source(said);
    if (by.empty()) throw flow_error(why);
    throw usage_error(concat({by, ": ", why}));
  };
  if (!has_network(how)) refuse(&set_process, lack_of_network);
  if (own_link) return;
  auto const check_address = [&](setter said, std::string const& address) {
    if (!address.empty() && !support_of_clusters().is_address(address))
      refuse(said, concat({"\"", address, "\" is not an address such as host:2101 or [::1]:2101"}));
  };
  for (std::string const& one : how.addresses)
    check_address(all.by.addresses >= 0 ? &set_addresses_descriptor : &set_addresses, one);
  check_address(&set_listen, how.listen);
}

LEAT_INLINE void choose_addresses(settings& all) {
  if (all.how.addresses.empty() || all.by.addresses < 0) return;
  auto const weakness = [&](setter what) {
    std::string const& by = all.source(what);
    return by.starts_with("-") ? 0 : by.starts_with("LEAT_") ? 1 : by.empty() ? 3 : 2;
  };
  int const listed = weakness(&set_addresses);
  int const told = weakness(&set_addresses_descriptor);
  if (listed == told)
    throw usage_error(concat({all.source(&set_addresses), " and ", all.source(&set_addresses_descriptor),
                              " both give the addresses: one of them is enough"}));
  if (listed < told)
    all.by.addresses = -1;
  else
    all.how.addresses.clear();
}

LEAT_INLINE bool is_of_cluster(settings const& all) {
  return all.process || !all.how.addresses.empty() || all.by.addresses >= 0 || all.by.announce >= 0 ||
         all.by.which != nullptr || environment("LEAT_SECRET") != nullptr ||
         first_of("LEAT_POD_NAME", "BYTEWAX_POD_NAME") != nullptr;
}

LEAT_INLINE void settle_cluster(settings& all) {
  check_tls(all.how);
  if (all.local_processes > 1) {
    if (all.process || !all.how.addresses.empty() || all.by.addresses >= 0 || all.by.announce >= 0 ||
        all.by.which != nullptr || !all.how.listen.empty())
      throw usage_error(
          "-p starts a whole cluster on this machine, so it goes with neither -i nor -a, nor with --listen, "
          "--announce-fd, --addresses-fd, --launcher");
    if (support_of_clusters().make_network == nullptr)
      throw usage_error("-p: its processes meet over TCP, for which this program has to #include <leat/run/tcp.hpp>");
    return;
  }
  if (!is_of_cluster(all)) {
    if (all.how.listen.empty()) return;
    throw usage_error(concat({all.source(&set_listen), " says where a process of a cluster listens: with -i and -a"}));
  }
  choose_addresses(all);
  if (!all.process) take_process_from_pod(all);
  take_process_from_launcher(all);
  bool const told_later = all.by.addresses >= 0;
  if (all.process && all.how.addresses.empty() && !told_later) take_addresses_from_file(all);
  if (char const* const secret = environment("LEAT_SECRET"); secret != nullptr && all.how.secret.empty()) {
    all.how.secret = secret;
    if (std::string const weakness = weakness_of(all.how.secret); !weakness.empty())
      throw usage_error(concat({"LEAT_SECRET: ", weakness}));
  }
  if (all.by.announce >= 0 && all.how.listen.empty())
    throw usage_error("--announce-fd tells where this process listens, so it needs --listen HOST:0");
  if (all.by.announce < 0 && all.how.listen.ends_with(":0"))
    throw usage_error("--listen: at port 0 the system chooses one, and somebody has to be told which: --announce-fd");
  if (told_later && !all.process)
    throw usage_error("the addresses of a cluster (--addresses-fd) need the number of this process among them: -i 0");
  if (told_later) {
    all.how.process = *all.process;
    return;
  }
  if (all.by.which != nullptr && all.how.addresses.empty()) {
    if (all.by.processes == 1) return;
    throw usage_error(launcher_lacks_addresses(*all.by.which));
  }
  check_count(all.by, all.how.addresses.size());
  if (all.process && all.how.addresses.empty())
    throw usage_error("a process of a cluster (-i) needs the addresses of all of them: -a \"host:2101;other:2101\"");
  if (!all.process && !all.how.addresses.empty())
    throw usage_error("the addresses of a cluster (-a) need the number of this process among them: -i 0");
  if (!all.process) return;
  if (*all.process >= all.how.addresses.size())
    throw usage_error(concat({"-i: there is no process ", std::to_string(*all.process), ": -a names ",
                              std::to_string(all.how.addresses.size()), ", and the first is process 0"}));
  all.how.process = *all.process;
}

}  // namespace leat::detail
