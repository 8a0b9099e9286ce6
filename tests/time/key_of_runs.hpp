// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/time/event_clock.hpp>
#include <leat/time/open_window.hpp>
#include <leat/time/window_content.hpp>
#include <leat/time/window_info.hpp>
#include <leat/time/window_machine.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// One key of a step with windows, from run to run.
namespace key_of_runs {

using leat::moment;
using leat::reading;
using leat::window_bounds;
using leat::window_id;
using leat::window_reason;

/// A letter that says when it was.
struct letter {
  moment at;
  char value = ' ';

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & at & value;
  }
};

inline std::string none() { return {}; }
inline void add(std::string& text, letter const& next) { text += next.value; }
inline void add_all(std::string& earlier, std::string const& later) { earlier += later; }
using content =
    leat::detail::folded_content<std::string, letter, std::string (*)(), void (*)(std::string&, letter const&),
                                 void (*)(std::string&, std::string const&)>;

struct said {
  leat::detail::window_speaker<said> speaker(window_id id, window_bounds bounds, window_reason why, bool told = false) {
    return {*this, id, bounds, why, told};
  }
  void say(window_id id, window_bounds, window_reason why, std::string const& text) {
    lines.push_back(std::to_string(id) + ": " + text + ", " + to_text(why));
  }
  void closed(window_id id, window_bounds, std::vector<window_id> merged = {}) {
    std::string line = std::to_string(id) + " closed";
    for (window_id const each : merged) line += " +" + std::to_string(each);
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};
using lines = std::vector<std::string>;

/// What a run says that goes on from the end of another with these letters, and then ends.
template <class Machine>
class resumed_key {
 public:
  explicit resumed_key(Machine machine) : machine_(std::move(machine)) {}

  lines run(std::vector<std::pair<std::int64_t, char>> const& letters) { return run(letters, true); }
  /// The same, of one that is killed behind the last letter, where there is a snapshot.
  lines run_and_kill(std::vector<std::pair<std::int64_t, char>> const& letters) { return run(letters, false); }

  /// The time of the stream has come to this.
  lines advance(std::int64_t watermark) {
    said down;
    machine_.advance(key_, at(watermark), down);
    return down.lines;
  }
  /// Whether anything has to be known of the key at this time of the stream.
  bool is_kept(std::int64_t watermark) const { return machine_.keeps(key_, at(watermark)); }
  /// At which time of the stream it is to be looked at again.
  std::int64_t due(std::int64_t watermark) const {
    return machine_.due(key_, at(watermark)).watermark.time_since_epoch().count();
  }

 private:
  static reading at(std::int64_t watermark) { return {.watermark = moment(std::chrono::nanoseconds(watermark))}; }
  lines run(std::vector<std::pair<std::int64_t, char>> const& letters, bool ends) {
    said down;
    for (auto const& [at, value] : letters)
      machine_.take(key_, letter{moment(std::chrono::nanoseconds(at)), value}, reading(), down, true,
                    [&](window_id id, moment, leat::late_reason, letter&& missed) {
                      down.lines.push_back(std::to_string(id) + " missed " + missed.value);
                    });
    if (ends) machine_.end(key_, true, down);
    leat::byte_buffer bytes;
    leat::output_archive(bytes) & machine_.save(key_);
    typename Machine::saved kept;
    leat::input_archive(bytes.bytes()) & kept;
    key_ = machine_.load(std::move(kept));
    return down.lines;
  }

  Machine machine_;
  typename Machine::state key_;
};

}  // namespace key_of_runs
