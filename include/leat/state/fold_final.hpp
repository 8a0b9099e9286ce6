// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/flow.hpp>
#include <leat/op/function/function.hpp>
#include <leat/op/function/keep_result.hpp>
#include <leat/state/kept_state.hpp>
#include <leat/state/stateful_stage.hpp>

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace leat {
namespace detail {

template <class A, class V, bool Edits, class Builder, class Folder>
struct fold_final_logic {
  using state = kept_state<A>;
  using saved = A;
  static saved const& save(state const& kept) { return saved_state_of<A>(kept); }
  static state load(saved&& from) { return std::move(from); }

  template <class Cell, class K, class Emit>
  void on_value(Cell& entry, K&&, V&& value, Emit&) {
    with_state<A>(entry, [&](std::optional<A>& kept) {
      if (!kept) kept.emplace(builder());
      if constexpr (Edits)
        folder(*kept, std::move(value));
      else
        replace_by_result(*kept, folder, std::move(value));
    });
  }
  template <class Cell, class Emit>
  void on_end(Cell& entry, Emit& emit_record) {
    with_state<A>(entry, [&](std::optional<A>& kept) {
      emit_record(entry.key(), std::move(*kept));
      kept.reset();
    });
  }

  Builder builder;
  Folder folder;
};

template <class Builder, class Folder>
class fold_final_step {
 public:
  fold_final_step(step_name name, Builder builder, Folder folder)
      : name_(std::move(name)), builder_(std::move(builder)), folder_(std::move(folder)) {}

  template <a_stream S>
  friend auto operator|(S&& up, fold_final_step self) {
    if constexpr (!can_meet_state<S>())
      return refused(up);
    else {
      using V = value_of_pair<record_of<S>>;
      constexpr bool builder_takes_nothing = requires(Builder& b) { b(); };
      static_assert(builder_takes_nothing,
                    "leat: fold_final(name, builder, folder): builder() must return the first "
                    "accumulator of a key");
      if constexpr (!builder_takes_nothing)
        return stream<poison>{};
      else {
        using A = record_made_of<decltype(std::declval<Builder&>()())>;
        constexpr bool folder_edits = requires(Folder& f, A& state, V&& value) {
          { f(state, std::move(value)) } -> std::same_as<void>;
        };
        constexpr bool folder_returns =
            requires(Folder& f, A&& state, V&& value, A& home) { home = f(std::move(state), std::move(value)); };
        constexpr bool folder_folds = folder_edits || folder_returns;
        static_assert(folder_folds,
                      "leat: fold_final(name, builder, folder): folder(accumulator, value) must return the "
                      "new accumulator, or take it by reference and return nothing");
        constexpr bool state_has_a_codec = has_codec<A>;
        static_assert(
            state_has_a_codec,
            "leat: fold_final(name, builder, folder): the accumulator has no codec, so it cannot be kept over a "
            "restart. Give it template <class A> void serialize(A&, unsigned), or use a type that has one");
        if constexpr (!folder_folds || !state_has_a_codec)
          return stream<poison>{};
        else
          return append_stateful<A>(
              std::forward<S>(up),
              fold_final_logic<A, V, folder_edits, Builder, Folder>{std::move(self.builder_), std::move(self.folder_)},
              step_info("fold_final", self.name_, memory_of<Folder>));
      }
    }
  }

 private:
  step_name name_;
  Builder builder_;
  Folder folder_;
};

}  // namespace detail

/// One result per key, at the end of the input: each key begins with `builder()`, and `folder(accumulator, value)`
/// folds its values in, in their order; it returns the new accumulator, or edits it through a reference. Results of a
/// worker come in the order of their keys.
template <class Builder, class Folder>
detail::fold_final_step<Builder, detail::function_of<Folder>> fold_final(step_name name, Builder builder,
                                                                         Folder folder) {
  return {std::move(name), std::move(builder), std::move(folder)};
}
template <class Builder, class Folder>
detail::incomplete_step<Builder> fold_final(Builder const&, Folder const&) {
  return {};
}
template <class Builder, class Folder, detail::names_a_step Name>
  requires(!detail::names_a_step<Builder>)
detail::name_comes_first fold_final(Builder const&, Folder const&, Name const&) {
  return {};
}

}  // namespace leat
