// SPDX-License-Identifier: BSL-1.0
// expect: leat: redistribute(by(f)): what f returns has no codec: its encoded bytes decide which worker a
// expect: record goes to
#include <leat/flow.hpp>
#include <leat/from/range.hpp>
#include <leat/route/redistribute.hpp>

int main() {
  leat::flow flow("misuse");
  flow.input("in", leat::from::range(3)) | leat::redistribute(leat::by([](int const& i) { return &i; }));
}
