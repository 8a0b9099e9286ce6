// SPDX-License-Identifier: BSL-1.0
// expect: leat: a leat::task can await a task, leat::sleep, leat::next_turn, leat::blocking, in.next() and a
// expect: leat::completion; to wait for another library, let its callback set a completion
#include <leat/op/coroutine/task.hpp>
#include <leat/op/waiting.hpp>

#include <coroutine>
#include <string>

leat::task<> wait() { co_await std::suspend_always(); }

int main() { auto const t = wait(); }
