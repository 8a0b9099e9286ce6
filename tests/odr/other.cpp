// SPDX-License-Identifier: BSL-1.0
#include "flow_of_two.hpp"

other_side other_translation_unit(int number) { return {&double_of, double_of(number)}; }
