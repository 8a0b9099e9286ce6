// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// What a program of the suite and `benchmarks/run` say to each other. The suite starts the program once for a workload
/// and names a contender for each round on its standard input, so that contenders of several programs play in turn on
/// data that each has loaded once. Programs of peers, in other languages, speak the same.
namespace benchmark_play {

/// What came of one round.
struct outcome {
  double seconds;
  std::string result;  ///< the same text for all contenders of a workload, or the round does not count
};

struct contender {
  contender(std::string of, std::function<outcome()> play) : name(std::move(of)), round(std::move(play)) {}
  std::string name;
  std::function<outcome()> round;
};

/// What a workload is played on.
struct input {
  std::filesystem::path data;
  int passes;  ///< how often the data is gone through in a round
};

using workload = std::function<std::vector<contender>(input const&)>;

/// A result as text.
inline std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

/// Numbers as `generate` writes them.
inline std::shared_ptr<std::vector<std::uint64_t> const> numbers(std::filesystem::path const& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  auto values = std::make_shared<std::vector<std::uint64_t>>(std::filesystem::file_size(file) / sizeof(std::uint64_t));
  in.read(reinterpret_cast<char*>(values->data()),
          static_cast<std::streamsize>(values->size() * sizeof(std::uint64_t)));
  return values;
}

/// `PROGRAM WORKLOAD DATA PASSES`: plays the rounds that standard input asks for, a name of a contender a line. Says
/// `ready` once the data is loaded, then `SECONDS RESULT` for each round.
inline int play(int argc, char** argv, std::map<std::string, workload> const& workloads) try {
  if (argc != 4 || workloads.count(argv[1]) == 0) {
    std::cerr << "usage: " << argv[0] << " WORKLOAD DATA PASSES, as benchmarks/run says; the workloads:";
    for (auto const& [name, contenders_of] : workloads) std::cerr << ' ' << name;
    std::cerr << '\n';
    return 2;
  }
  auto const contenders = workloads.at(argv[1])({argv[2], std::stoi(argv[3])});
  std::cout << "ready" << std::endl;
  for (std::string asked; std::getline(std::cin, asked);) {
    bool found = false;
    for (contender const& player : contenders) {
      if (player.name != asked) continue;
      found = true;
      outcome const came = player.round();
      std::printf("%.9f %s\n", came.seconds, came.result.c_str());
      std::fflush(stdout);
    }
    if (!found) throw std::runtime_error("no contender of " + std::string(argv[1]) + " is called '" + asked + "'");
  }
  return 0;
} catch (std::exception const& failure) {
  std::cerr << argv[0] << ": " << failure.what() << '\n';
  return 1;
}

}  // namespace benchmark_play
