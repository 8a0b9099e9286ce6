// SPDX-License-Identifier: BSL-1.0
// expect: leat: leat::blocking can only be awaited in a leat::task
#include <leat/op/coroutine/task.hpp>
#include <leat/op/waiting.hpp>

#include <chrono>
#include <coroutine>

struct foreign {
  struct promise_type {
    foreign get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
};

foreign wait() {
  auto work = leat::blocking([] {});
  co_await work;
}

int main() { wait(); }
