// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/list.hpp>
#include <leat/route/exchange/slab.hpp>
#include <leat/route/peers/frame.hpp>
#include <leat/route/peers/frame_seal.hpp>
#include <leat/route/peers/incoming_frame.hpp>
#include <leat/route/peers/link.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace leat::detail {

[[noreturn]] void refuse_peer(unsigned process, std::string const& text);

/// The frames that come from one process. They are read into large pieces of memory and used where they lie; a piece is
/// read into again when nobody holds a frame of it any more.
class incoming_frames {
 public:
  /// Where all that has come is read, no more reads than these are made at a time: a process that never stops sending
  /// must not keep this one from its other work.
  static constexpr unsigned most_reads = 64;

  /// `seal` may be null: then frames bear a checksum.
  explicit incoming_frames(unsigned process, std::unique_ptr<frame_seal> seal = nullptr)
      : process_(process), seal_(std::move(seal)), seal_size_(seal_ ? frame_seal::size : 0) {}

  /// Reads once, and calls `take(incoming_frame)` for each frame that is whole, until it returns false: that one was
  /// the last. Returns how many bytes came. Throws cluster_error for what is no frame, or not the next one.
  template <class Take>
  std::size_t read(connection& from, Take&& take) {
    make_room();
    std::size_t const got = from.receive({memory_.data() + end_, memory_.capacity() - end_});
    end_ += got;
    incoming_frame frame;
    while (next(frame) && take(std::move(frame))) {
    }
    return got;
  }

  /// Reads what comes, up to a bound, and hands nothing on yet: it is done to learn that the other side has gone.
  void keep(connection& from);

  /// What comes is read only to make room for more.
  void discard(connection& from);

 private:
  static constexpr std::size_t usual_capacity = 128 * 1024;
  static constexpr std::size_t least_room = 32 * 1024;
  static constexpr std::size_t most_spare = 8;

  bool next(incoming_frame& into);

  void check_seal(std::byte const* header, std::span<std::byte const> payload) const;

  /// Room for the rest of the frame that has begun to come, and for some more.
  void make_room();

  slab another(std::size_t capacity);

  unsigned process_;
  std::unique_ptr<frame_seal> seal_;
  std::size_t seal_size_;
  slab memory_;
  std::size_t begin_ = 0;  ///< of what is no whole frame yet
  std::size_t end_ = 0;
  list<slab> spare_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/peers/incoming.ipp>
#endif
