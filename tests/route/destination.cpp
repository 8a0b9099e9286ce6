// SPDX-License-Identifier: BSL-1.0
#include <leat/route/exchange_tail.hpp>

#include <doctest/doctest.h>

#include <leat/route/packet.hpp>

#include <memory>
#include <stdexcept>
#include <utility>

namespace {

/// A record of which somebody else can see how many there are.
struct record {
  std::shared_ptr<int> owned;
  template <class Archive>
  void serialize(Archive&, unsigned) {}
};

class exchange final : public leat::detail::node {
 public:
  exchange() : node(leat::detail::step_info("redistribute", leat::step_name("spread"))) {}
  void build(leat::detail::assembly&) const override {}
};

/// Gives packets, and takes them as the test says: it keeps one, has no room for it, or throws.
class end final : public leat::detail::sending_end<record> {
 public:
  enum class answer { keeps, has_no_room, throws };

  bool may_begin() override { return true; }
  leat::detail::packet<record>* borrow() override { return new leat::detail::packet<record>(8); }
  void give_up(leat::detail::packet<record>* unused) override { delete unused; }
  bool overdrawn() override { return false; }
  bool send(leat::detail::message<record> const& what) override {
    if (says == answer::throws) throw std::runtime_error("cannot be encoded");
    if (says == answer::has_no_room) return false;
    kept.reset(what.content);
    return true;
  }
  bool starved() const override { return false; }

  answer says = answer::keeps;
  std::unique_ptr<leat::detail::packet<record>> kept;
};

}  // namespace

TEST_CASE("destination: a packet is somebody's, whatever becomes of it") {
  auto const watched = std::make_shared<int>(3);
  for (end::answer const first : {end::answer::keeps, end::answer::has_no_room, end::answer::throws})
    for (end::answer const then : {end::answer::keeps, end::answer::has_no_room, end::answer::throws}) {
      end to;
      exchange const described;
      leat::detail::overflow rest(described, 0, 1024);
      {
        leat::detail::destination<record> from(to);
        from.filling().records.push(record{watched});
        to.says = first;
        if (first == end::answer::throws)
          CHECK_THROWS_AS(from.send(rest), std::runtime_error);
        else
          from.send(rest);
        to.says = then;
        bool const waits = first == end::answer::has_no_room;
        if (waits && then == end::answer::throws)
          CHECK_THROWS_AS(from.retry(rest), std::runtime_error);
        else
          CHECK(from.retry(rest) == (waits && then == end::answer::keeps));
      }
      to.kept.reset();
      CHECK(watched.use_count() == 1);
    }
}
