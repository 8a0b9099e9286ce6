// SPDX-License-Identifier: BSL-1.0
// expect: leat: main(argc, argv, describe): describe must be a function that returns the leat::flow
#include <leat/flow.hpp>
#include <leat/run/main.hpp>

void describe() {}

int main(int argc, char** argv) { return leat::main(argc, argv, describe); }
