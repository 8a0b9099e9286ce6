// SPDX-License-Identifier: BSL-1.0
// Which orders were paid, and which were not in time? Reads two CSV files with the columns `at` (2025-11-30T12:00:00Z),
// `order` and `what`: the orders and the payments. Each order meets the payments of its number that came at most a
// quarter of an hour after it, whichever file is read first. An order without one is told as soon as the payments are
// past its quarter of an hour.
#include <leat/leat.hpp>
#include <leat/run/tcp.hpp>
#include <leat/time.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

struct event {
  std::chrono::sys_seconds at;
  std::uint64_t order = 0;
  std::string what;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & at & order & what;
  }
};

leat::keyed_stream<std::uint64_t, event> read(leat::flow& flow, std::string const& name, std::string const& file) {
  return flow.input(name,
                    leat::from::csv<event>(file, leat::column("at", &event::at), leat::column("order", &event::order),
                                           leat::column("what", &event::what))) |
         leat::key_on("number of " + name, &event::order);
}

std::string paid_line(std::pair<std::uint64_t, std::pair<event, event>> const& row) {
  auto const& [order, payment] = row.second;
  return "order " + std::to_string(row.first) + " (" + order.what + ") paid by " + payment.what + " after " +
         leat::text(payment.at - order.at);
}

std::string unpaid_line(std::pair<std::uint64_t, event> const& order) {
  return "order " + std::to_string(order.first) + " (" + order.second.what + ") not paid in time";
}

}  // namespace

leat::flow orders_and_payments(leat::command_line const& cli) {
  std::vector<std::string> const& files = cli.rest();
  if (files.size() != 2) throw leat::usage_error("expected ORDERS and PAYMENTS, two files");

  leat::flow flow("orders_and_payments");
  // Within a file the lines of an order may be a minute out of order.
  auto const clock = leat::event_clock(&event::at, leat::late_by(1min));
  auto [paid, unpaid, late] = leat::join_interval("paid", clock, leat::before(0s), leat::after(15min),
                                                  read(flow, "orders", files[0]), read(flow, "payments", files[1]));
  paid | leat::map("show paid", paid_line) | leat::output("paid orders", leat::to::out());
  unpaid | leat::map("show unpaid", unpaid_line) | leat::output("unpaid orders", leat::to::out());
  late | leat::map("show late", [](auto const& line) { return std::to_string(line.first) + " came too late"; }) |
      leat::output("late lines", leat::to::out());
  return flow;
}

int main(int argc, char** argv) {
  return leat::main(leat::command_line(argc, argv, "ORDERS PAYMENTS"), orders_and_payments);
}
