// SPDX-License-Identifier: BSL-1.0
// expect: leat: stateful(name, builder): the logic's Result is a view of what another owns
#include <leat/from/range.hpp>
#include <leat/op/key_on.hpp>
#include <leat/state/stateful.hpp>

#include <optional>
#include <string>
#include <string_view>

class last_word : public leat::stateful_logic<int, std::string_view, std::string> {
 public:
  explicit last_word(std::optional<std::string> before) : text_(before.value_or("")) {}
  leat::retention on_item(int x, leat::logic_results<std::string_view>& out) {
    text_ = std::to_string(x);
    out(text_);
    return leat::retention::retain;
  }
  std::string snapshot() const { return text_; }

 private:
  std::string text_;
};

int main() {
  leat::flow flow("f");
  flow.input("in", leat::from::range(3)) | leat::key_on([](int x) { return x; }) |
      leat::stateful("last", [](std::optional<std::string> before) { return last_word(before); });
}
