// SPDX-License-Identifier: BSL-1.0
// expect: leat: a leat::task can only be awaited in another leat::task: a worker has to run it
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

leat::task<int> seven() { co_return 7; }
foreign sum() { co_await seven(); }

int main() { sum(); }
