// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/recovery/resume_point.hpp>
#include <leat/recovery/store_file.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace leat::detail {

class peers;
struct incoming_frame;

/// What a process tells of a file that it has taken.
struct taken_file {
  std::uint32_t index = 0;
  std::string path;
  std::string flow;
  store_history history;
  kept_steps steps;
  std::uint64_t drawn = 0;  ///< by chance, now

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & index & path & flow & history & steps & drawn;
  }
};

/// What processes tell each other about the files of a store. In this order, on each link: `taken`, `claimed`, the
/// positions and groups that are gone on from, `restored`; then, as the run goes on, what is to be kept in a file of
/// the other, each `closed` behind what belongs to its epoch, and `done`. Behind `taken` may come `looked`, which
/// `lives` answers.
struct store_message {
  enum class kind : std::uint8_t {
    taken,          ///< the files that the sender has taken
    claimed,        ///< it has claimed them, to go on from this point
    from_position,  ///< where a partition begins
    from_group,     ///< rows of slots of which the receiver owns some, or may own some keys
    restored,       ///< that was all
    keep_position,  ///< in a file of the receiver
    keep_group,     ///< the same
    closed,         ///< all workers of the sender have closed this epoch; the greatest number: ended, in `last`
    done,           ///< all files of the sender have all of this epoch
    looked,         ///< a file that the receiver took seems to be free: does the receiver still live?
    lives,          ///< the sender does, and has the files that it took
  };

  kind what = kind::taken;
  std::vector<taken_file> files;
  resume_point from;
  kept_position position;
  kept_group group;
  std::uint64_t epoch = 0;
  std::uint64_t last = 0;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive & what;
    switch (what) {
      case kind::taken:
        archive & files;
        break;
      case kind::claimed:
        archive & from;
        break;
      case kind::from_position:
      case kind::keep_position:
        archive & position;
        break;
      case kind::from_group:
      case kind::keep_group:
        archive & group;
        break;
      case kind::closed:
        archive & epoch & last;
        break;
      case kind::done:
        archive & epoch;
        break;
      default:
        break;
    }
  }
};

/// Messages over the peers. One may be longer than a frame is.
class store_link {
 public:
  void begin(peers& through) { peers_ = &through; }
  /// Whether there are other processes.
  bool active() const { return peers_ != nullptr; }
  void send(unsigned process, store_message const& message);
  void send_to_all(store_message const& message);
  /// Whether all that was sent to this process has been taken by its connection.
  bool has_room(unsigned process) const;
  /// Of a frame of this process; true when it completes a message. Throws run_error for nonsense.
  bool receive(unsigned process, incoming_frame const& frame, store_message& message);

 private:
  peers* peers_ = nullptr;
  std::map<unsigned, std::vector<std::byte>> begun_;  ///< by process: the frames of a message that has not all come
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/recovery/store_message.ipp>
#endif
