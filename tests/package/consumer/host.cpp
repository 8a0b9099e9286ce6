// SPDX-License-Identifier: BSL-1.0
// A program that uses leat only by its shared objects.
extern "C" {
bool first();
bool second();
bool third();
}

int main() { return first() && second() && third() ? 0 : 1; }
