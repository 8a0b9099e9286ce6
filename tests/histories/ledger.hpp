// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "histories/expected.hpp"

#include <leat/from/source_partition.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace histories {

/// What a database outside would have of a sink that publishes in two steps: what was prepared, by partition, by who
/// has prepared it, and by epoch; and what is shown, which nothing takes back.
class ledger {
 public:
  /// Who has prepared it last, of all that have written this partition, and up to which epoch.
  struct token {
    std::uint64_t writer = 0;
    std::uint64_t epoch = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned) {
      archive & writer & epoch;
    }
  };

  explicit ledger(expected const& of) : shown_(of) {}

  std::uint64_t new_writer() { return ++writers_; }

  void prepare(std::string const& partition, token of, std::vector<std::string>&& rows) {
    prepared_[partition][{of.writer, of.epoch}] = std::move(rows);
  }

  void show(std::string const& partition, token up_to) {
    auto& of_partition = prepared_[partition];
    for (auto at = of_partition.lower_bound({up_to.writer, 0});
         at != of_partition.end() && at->first.first == up_to.writer && at->first.second <= up_to.epoch;
         at = of_partition.erase(at))
      for (std::string const& row : at->second)
        if (!shown_.take(row)) throw std::logic_error("the ledger shows \"" + row + "\", which is not what comes next");
  }

  /// A run that goes on from there shows what was prepared until then, and forgets the rest.
  void go_back_to(std::string const& partition, std::optional<token> const& from) {
    if (from) show(partition, *from);
    prepared_[partition].clear();
  }

  bool is_complete() const { return shown_.is_complete(); }

 private:
  std::map<std::string, std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<std::string>>> prepared_;
  expected::follower shown_;
  std::uint64_t writers_ = 0;
};

/// Of the seed that is under way.
inline ledger* ledger_of_seed = nullptr;

class to_ledger {
 public:
  using position = ledger::token;

  class partition {
   public:
    partition(std::string name, std::optional<position> const& from) : name_(std::move(name)) {
      ledger_of_seed->go_back_to(name_, from);
      own_.writer = ledger_of_seed->new_writer();
    }
    void write_batch(std::span<std::pair<std::string, std::string> const> lines) {
      for (auto const& each : lines) rows_.push_back(each.second);
    }
    void prepare(std::uint64_t epoch) {
      own_.epoch = epoch;
      ledger_of_seed->prepare(name_, own_, std::move(rows_));
      rows_.clear();
    }
    void committed(std::uint64_t epoch) { ledger_of_seed->show(name_, {own_.writer, epoch}); }
    position snapshot() const { return own_; }

   private:
    std::string name_;
    position own_;
    std::vector<std::string> rows_;
  };

  std::vector<std::string> list_parts() const { return {"left", "right"}; }
  partition build_part(std::string const& name, std::optional<position> const& from, leat::step_services const&) const {
    return {name, from};
  }
};

}  // namespace histories
