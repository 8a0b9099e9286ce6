// SPDX-License-Identifier: BSL-1.0
// expect: leat: leat::sleep and leat::next_turn can only be awaited in a leat::task
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

foreign nap() { co_await leat::sleep(std::chrono::seconds(1)); }

int main() { nap(); }
