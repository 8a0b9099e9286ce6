// SPDX-License-Identifier: BSL-1.0
// Two keyed streams come together by key: names and e-mail addresses of the same person. `complete` passes a row on
// once both sides have a value; `running`, after every value.
#include <leat/leat.hpp>

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using person = std::pair<int, std::tuple<std::optional<std::string>, std::optional<std::string>>>;

auto line(char const* mode) {
  return [mode](person const& row) {
    auto const& [name, mail] = row.second;
    return std::string(mode) + " " + std::to_string(row.first) + ": " + name.value_or("-") + ", " + mail.value_or("-");
  };
}

}  // namespace

leat::flow join_people() {
  std::vector<std::pair<int, std::string>> const name_list{{123, "Bee"}, {456, "Hive"}};
  std::vector<std::pair<int, std::string>> const mail_list{
      {123, "bee@hive.example"}, {456, "hive@hive.example"}, {123, "queen@hive.example"}};

  leat::flow flow("join");
  leat::stream names = flow.input("names", leat::from::iterable(name_list));
  leat::stream mails = flow.input("mails", leat::from::iterable(mail_list));

  leat::join("complete", names, mails) | leat::map("show complete", line("complete")) |
      leat::output("complete rows", leat::to::out());
  leat::join("final", leat::join_emit::final, names, mails) | leat::map("show final", line("final")) |
      leat::output("final rows", leat::to::out());
  return flow;
}

int main(int argc, char** argv) { return leat::main(argc, argv, join_people); }
