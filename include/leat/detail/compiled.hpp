// SPDX-License-Identifier: BSL-1.0
#pragma once

/// Two forms of leat. Header-only is the default: `LEAT_INLINE` is `inline`, and a header ends by including its bodies,
/// `x.ipp` beside `x.hpp`. Where `LEAT_COMPILED` is defined headers only declare what is no template, and one
/// translation unit, `leat/src.hpp` or the library that is built of it, has the bodies.
///
/// `LEAT_COLD` is the same for what is called a few times in a run: it is made small instead of fast, which a compiler
/// does sooner. Whoever always calls such a function becomes cold as well, so none of those that a user's own function
/// calls has it.
///
/// A program must be of one form. Each object file therefore defines a symbol with the number of its form: linkers take
/// equal definitions for one and refuse different ones, and the symbol's name is the message.
#ifdef LEAT_COMPILED
#define LEAT_INLINE
#define LEAT_FORM "2"
#else
#define LEAT_INLINE inline
#define LEAT_FORM "1"
#endif
asm(".globl leat_is_header_only_in_some_objects_and_compiled_in_others\n"
    ".hidden leat_is_header_only_in_some_objects_and_compiled_in_others\n"
    ".set leat_is_header_only_in_some_objects_and_compiled_in_others, " LEAT_FORM "\n");
#undef LEAT_FORM
#define LEAT_COLD [[gnu::cold]] LEAT_INLINE
