// SPDX-License-Identifier: BSL-1.0
// Which step an error names when a function of the record's own throws: the one that called it.
#include <doctest/doctest.h>

#include <leat/leat.hpp>

#include "fixture/shapes.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

enum class own_function { none, copy, equal, less, encode };

/// Which function of all records throws.
std::atomic<own_function> throws{own_function::none};

void call(own_function function) {
  if (throws == function) throw std::runtime_error("the record's own function");
}

/// The archives that only ask what travels, or how large it is.
template <class Archive>
inline constexpr bool asks = false;
template <class Tag>
inline constexpr bool asks<leat::detail::basic_describing_archive<Tag>> = true;
template <class Tag>
inline constexpr bool asks<leat::detail::basic_measuring_archive<Tag>> = true;

class fragile {
 public:
  fragile() = default;
  explicit fragile(int number) : number_(number) {}
  fragile(fragile const& other) : number_(other.number_) { call(own_function::copy); }
  fragile(fragile&&) noexcept = default;
  fragile& operator=(fragile const& other) {
    call(own_function::copy);
    number_ = other.number_;
    return *this;
  }
  fragile& operator=(fragile&&) noexcept = default;
  ~fragile() = default;

  friend bool operator==(fragile const& a, fragile const& b) {
    call(own_function::equal);
    return a.number_ == b.number_;
  }
  friend bool operator<(fragile const& a, fragile const& b) {
    call(own_function::less);
    return a.number_ < b.number_;
  }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    if constexpr (!asks<Archive>) call(own_function::encode);
    archive & number_;
  }
  int number() const { return number_; }

 private:
  int number_ = 0;
};

/// Twenty of them, on each worker, given away.
class fragile_records {
 public:
  using record = fragile;
  class partition {
   public:
    bool next_batch(leat::emitter<fragile>& out) {
      for (int i = 0; i != 5; ++i) out(fragile(next_++ % 7));
      return next_ < 20;
    }

   private:
    int next_ = 0;
  };
  partition build(leat::step_services const&) const { return {}; }
};

using describe = std::function<void(leat::flow&, leat::stream<fragile>)>;

/// The run fails of this step, or of its exchange, on every shape of a cluster.
void blames(std::string const& step, own_function function, describe const& steps) {
  leat::test::for_each_shape([&](leat::test::shape const& shape) {
    leat::flow flow("own");
    steps(flow, flow.input("in", fragile_records()));
    throws = function;
    std::vector<int> empty;
    std::string blamed = "nobody";
    std::string text;
    try {
      shape.run(flow, empty);
    } catch (leat::run_error const& failure) {
      blamed = failure.step;
      text = failure.what();
    }
    throws = own_function::none;
    CAPTURE(text);
    CAPTURE(blamed);
    CHECK((blamed == step || blamed == step + ".exchange"));
    CHECK(text.find("the record's own function") != std::string::npos);
  });
}

auto const ignored = [](auto const&) {};
auto const same_record = [](fragile const& record) { return fragile(record.number()); };

}  // namespace

TEST_CASE("a record's own function that throws: its copy is blamed on the step that takes it by value, or keeps it") {
  blames("own.value", own_function::copy, [](leat::flow&, leat::stream<fragile> in) {
    in | leat::map("value", [](fragile record) { return record.number(); }) |
        leat::output("out", leat::to::for_each(ignored));
    in | leat::output("beside", leat::to::for_each([](fragile const&) {}));
  });
  blames("own.out", own_function::copy, [](leat::flow&, leat::stream<fragile> in) {
    static std::vector<fragile> kept;
    in | leat::output("out", leat::to::collect(kept));
    in | leat::output("beside", leat::to::for_each([](fragile const&) {}));
  });
  blames("own.by", own_function::copy, [](leat::flow&, leat::stream<fragile> in) {
    in | leat::key_on("by", [](fragile const& record) -> fragile const& { return record; }) |
        leat::stateful_map("count", [](std::optional<int>& seen, fragile const&) { return *(seen = 1); }) |
        leat::output("out", leat::to::for_each(ignored));
  });
  blames("own.count", own_function::copy, [](leat::flow&, leat::stream<fragile> in) {
    in | leat::key_on("by", same_record) |
        leat::stateful_map("count",
                           [](std::optional<fragile>& last, fragile const& value) {
                             last = value;
                             return 1;
                           }) |
        leat::output("out", leat::to::for_each(ignored));
  });
}

TEST_CASE("a record's own function that throws: comparing keys is blamed on the step that keeps their state") {
  blames("own.count", own_function::equal, [](leat::flow&, leat::stream<fragile> in) {
    in | leat::key_on("by", same_record) |
        leat::stateful_map("count", [](std::optional<int>& seen, fragile const&) { return *(seen = 1); }) |
        leat::output("out", leat::to::for_each(ignored));
  });
  blames("own.rows", own_function::equal, [](leat::flow&, leat::stream<fragile> in) {
    leat::stream const keyed = in | leat::key_on("by", same_record);
    leat::join("rows", keyed, keyed) | leat::output("out", leat::to::for_each(ignored));
  });
  blames("own.greatest", own_function::less, [](leat::flow&, leat::stream<fragile> in) {
    in | leat::key_on("by", [](fragile const& record) { return record.number() % 2; }) | leat::max_final("greatest") |
        leat::output("out", leat::to::for_each(ignored));
  });
  blames("own.cached", own_function::less, [](leat::flow&, leat::stream<fragile> in) {
    in |
        leat::enrich_cached(
            "cached", [](fragile const& key) { return key.number(); },
            [](leat::ttl_cache<fragile, int>& cache, fragile const& record) { return cache.get(record); }) |
        leat::output("out", leat::to::for_each(ignored));
  });
}

TEST_CASE("a record's own function that throws: serialize is blamed on the step whose records and keys travel") {
  blames("own.count", own_function::encode, [](leat::flow&, leat::stream<fragile> in) {
    in | leat::key_on("by", same_record) |
        leat::stateful_map("count", [](std::optional<int>& seen, fragile const&) { return *(seen = 1); }) |
        leat::output("out", leat::to::for_each(ignored));
  });
  blames("own.spread", own_function::encode, [](leat::flow&, leat::stream<fragile> in) {
    in | leat::redistribute("spread", leat::by(same_record)) | leat::output("out", leat::to::for_each(ignored));
  });
}
