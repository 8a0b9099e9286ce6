// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/concat.hpp>
#include <leat/error.hpp>
#include <leat/run/cluster_support.hpp>
#include <leat/run/environment.hpp>
#include <leat/run/flags.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace leat::detail {

/// The first of these variables that is set, or null.
inline char const* first_of(char const* ours, char const* bytewax) {
  char const* const value = environment(ours);
  return value != nullptr ? value : environment(bytewax);
}

/// In a StatefulSet of Kubernetes the name of a pod is that of the set, a dash, and the number of the process.
[[gnu::cold]] inline void take_process_from_pod(settings& all) {
  char const* const pod = first_of("LEAT_POD_NAME", "BYTEWAX_POD_NAME");
  char const* const set = first_of("LEAT_STATEFULSET_NAME", "BYTEWAX_STATEFULSET_NAME");
  if (pod == nullptr || set == nullptr) return;
  std::string const prefix = concat({set, "-"});
  std::string_view const name = pod;
  if (!name.starts_with(prefix))
    throw usage_error(concat({"the name of the pod, \"", name, "\", does not begin with that of its set, \"", prefix, "\""}));
  set_process(all, name.substr(prefix.size()));
}

/// A line for each process.
[[gnu::cold]] inline void take_addresses_from_file(settings& all) {
  char const* const path = first_of("LEAT_HOSTFILE_PATH", "BYTEWAX_HOSTFILE_PATH");
  if (path == nullptr) return;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::fopen(path, "re"), &std::fclose);
  if (!file) throw usage_error(concat({"the host file ", path, " cannot be read"}));
  std::string text;
  for (int c = 0; (c = std::fgetc(file.get())) != EOF;) text += static_cast<char>(c);
  try {
    set_addresses(all, text);
  } catch (usage_error const& wrong) {
    throw usage_error(concat({"the host file ", path, " ", wrong.what()}));
  }
}

/// Files that cannot serve are found out before anything else begins.
[[gnu::cold]] inline void check_tls(options const& how) {
  if (!how.tls.given()) return;
  if (support_of_clusters().encrypt == nullptr)
    throw usage_error("--tls-...: this program cannot encrypt: it has to #include <leat/run/tls.hpp>");
  try {
    support_of_clusters().encrypt(nullptr, how);
  } catch (flow_error const& wrong) {
    throw usage_error(wrong.what());
  }
}

/// What flags and variables leave open, and whether what they say belongs together.
[[gnu::cold]] inline void settle_cluster(settings& all) {
  check_tls(all.how);
  if (all.local_processes > 1) {
    if (all.process || !all.how.addresses.empty())
      throw usage_error("-p starts a whole cluster on this machine, so it goes with neither -i nor -a");
    if (support_of_clusters().make_network == nullptr)
      throw usage_error("-p: this program cannot be run as several processes: it has to #include <leat/run/tcp.hpp>");
    return;
  }
  if (!all.process && all.how.addresses.empty() && environment("LEAT_SECRET") == nullptr &&
      first_of("LEAT_POD_NAME", "BYTEWAX_POD_NAME") == nullptr)
    return;
  if (!all.process) take_process_from_pod(all);
  if (all.process && all.how.addresses.empty()) take_addresses_from_file(all);
  if (char const* const secret = environment("LEAT_SECRET"); secret != nullptr && all.how.secret.empty()) {
    all.how.secret = secret;
    if (all.how.secret.size() < 16) throw usage_error("LEAT_SECRET is shorter than 16 bytes");
  }
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
