// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "every_header.hpp"

/// One number.
class one_number {
 public:
  using record = int;

  class partition {
   public:
    explicit partition(int number) : number_(number) {}
    bool next_batch(leat::emitter<int>& out) {
      out(number_);
      return false;
    }

   private:
    int number_;
  };

  explicit one_number(int number) : number_(number) {}
  partition build(leat::step_services const&) const { return partition(number_); }

 private:
  int number_;
};

/// Runs a flow with steps that both translation units instantiate.
inline int double_of(int number) {
  int result = 0;
  leat::flow flow{"two"};
  flow.input("number", one_number(number)) | leat::map([](int n) { return 2 * n; }) |
      leat::output("result", leat::to::for_each([&result](int n) { result = n; }));
  leat::run(flow);
  return result;
}

/// What the other translation unit has of the same function.
struct other_side {
  int (*double_of)(int);
  int doubled;
};
other_side other_translation_unit(int number);
