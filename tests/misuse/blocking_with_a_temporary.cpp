// SPDX-License-Identifier: BSL-1.0
// expect: leat: blocking(f): g++ 12 destroys a temporary lambda that owns what it captures twice if it stands
// expect: beside co_await: write auto work = leat::blocking(f); and then co_await work
#include <leat/op/coroutine/task.hpp>
#include <leat/op/waiting.hpp>

#include <coroutine>
#include <string>

leat::task<std::string> wait(std::string name) {
  std::string const read = co_await leat::blocking([name] { return name; });
  co_return read;
}

int main() { auto const t = wait("file"); }
