// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/recovery/grouped_rows.hpp>
#include <leat/recovery/resume_point.hpp>
#include <leat/recovery/store_agreement.hpp>
#include <leat/recovery/store_file.hpp>
#include <leat/recovery/store_status.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_INLINE std::string store_status(store_kind& kind, std::string const& directory) {
  std::vector<store_kind::found> const found = kind.find(directory);
  partition_lists lists;
  add_found_files(found, directory, lists);
  share_files({&lists});

  struct of_step {
    std::size_t partitions = 0;
    std::size_t bytes = 0;
  };
  std::map<std::string, of_step> steps;
  std::vector<store_history> histories;
  std::vector<std::string> paths;
  std::string flow;
  std::map<std::pair<std::string, std::string>, std::uint64_t> positions;
  std::vector<std::unique_ptr<store_file>> files;
  for (store_kind::found const& each : found) {
    files.push_back(kind.open(each));
    histories.push_back(files.back()->history());
    paths.push_back(each.path);
    flow = files.back()->flow();
  }
  resume_point const next = resume_from(histories, paths);
  for (std::unique_ptr<store_file> const& file : files) {
    file->each_position([&](kept_position&& of) {
      if (of.epoch <= next.epoch) positions[{of.step, of.partition}] = of.bytes.size();
    });
    file->each_group(
        [&](kept_group&& of) {
          if (of.epoch <= next.epoch) steps[of.step].bytes += of.bytes.size();
        },
        true);
  }
  for (auto const& [name, bytes] : positions) {
    ++steps[name.first].partitions;
    steps[name.first].bytes += bytes;
  }

  std::string text = concat({"store of ", std::to_string(files.size()), files.size() == 1 ? " file" : " files",
                             flow.empty() ? ", not used yet\n" : concat({", of flow \"", flow, "\"\n"})});
  text += next.epoch == 0 ? std::string("the next run begins anew\n")
                          : concat({"the next run goes on from epoch ", std::to_string(next.epoch), "\n"});
  for (store_history::run const& each : histories.front().runs)
    text += concat(
        {"run ", std::to_string(each.number), ": began at epoch ", std::to_string(each.began_at + 1),
         each.last_done == 0 ? ", has kept none" : concat({", has kept up to epoch ", std::to_string(each.last_done)}),
         "\n"});
  for (auto const& [name, of] : steps)
    text += concat({"step \"", name,
                    "\": ", of.partitions == 0 ? "" : concat({std::to_string(of.partitions), " partitions, "}),
                    std::to_string(of.bytes), " bytes\n"});
  return text;
}

}  // namespace leat::detail
