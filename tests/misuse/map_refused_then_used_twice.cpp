// SPDX-License-Identifier: BSL-1.0
// expect: leat: map(f): f must be callable with the record that the step before it produces
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/op/branch.hpp>
#include <leat/op/compose.hpp>
#include <leat/op/enrich_cached.hpp>
#include <leat/op/filter.hpp>
#include <leat/op/filter_map.hpp>
#include <leat/op/filter_map_value.hpp>
#include <leat/op/filter_value.hpp>
#include <leat/op/flat_map.hpp>
#include <leat/op/flat_map_batch.hpp>
#include <leat/op/flat_map_value.hpp>
#include <leat/op/flatten.hpp>
#include <leat/op/inspect.hpp>
#include <leat/op/inspect_debug.hpp>
#include <leat/op/key_on.hpp>
#include <leat/op/key_rm.hpp>
#include <leat/op/map.hpp>
#include <leat/op/map_value.hpp>
#include <leat/op/merge.hpp>
#include <leat/op/raises.hpp>
#include <leat/route/redistribute.hpp>
#include <leat/to/collect.hpp>
#include <leat/to/output.hpp>

#include <string>
#include <vector>

struct size_of {
  auto operator()(auto record) const { return record.size(); }
};

int main() {
  leat::flow flow("misuse");
  std::vector<int> got;
  auto bad = flow.input("in", leat::from::range(3)) | leat::map([](std::string const& s) { return s; });
  leat::stream sealed = bad;
  auto size = [](auto record) { return record.size(); };
  auto to_vector = [](auto batch) { return std::vector<int>(batch.begin(), batch.end()); };
  auto add_size = [](auto const& a, auto const& b) { return a + b.size(); };
  bad | leat::filter(size) | leat::map(size) | leat::output("one", leat::to::collect(got));
  bad | leat::flat_map(size) | leat::flatten() | leat::filter_map(size) | leat::flat_map_batch(to_vector) |
      leat::raises();
  auto keyed = bad | leat::key_on(size) | leat::map_value(size) | leat::filter_value(size);
  keyed | leat::flat_map_value(size) | leat::filter_map_value(size) | leat::key_rm() | leat::redistribute();
  keyed | leat::enrich_cached(size, add_size) | leat::redistribute(leat::by(size)) | leat::inspect_debug("debug");
  auto [trues, falses] = sealed | leat::branch(size);
  auto split = [](auto s) { return std::move(s) | leat::branch(size_of{}); };
  leat::merge("both", trues, falses) | leat::compose("own", split) | leat::inspect("look", add_size);
  leat::compose("two", add_size, trues, falses);
}
