// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/needs.hpp>
#ifndef LEAT_REFUSED

#include <leat/detail/concat.hpp>
#include <leat/route/codec/byte_buffer.hpp>
#include <leat/route/codec/error.hpp>
#include <leat/route/codec/has_codec.hpp>

#include <boost/archive/archive_exception.hpp>
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/version.hpp>

#include <cstddef>
#include <new>
#include <stdexcept>
#include <streambuf>

/// Types that need all of Boost.Serialization (tracked or polymorphic pointers, containers that only it knows) are
/// written by it, one opt-in each (`leat::by_boost`). Wants Boost.Serialization linked: the dependency `leat-boost`.
///
/// Such a type is safe between processes that know each other, and nowhere else: its bytes are kept within their
/// bounds, and most damage is a codec_error; but what Boost reads from them may ask for any amount of memory, and leaks
/// the pointers of a value that it had to give up. Both ends need the same Boost.
namespace leat::detail {

/// Appends to a byte buffer.
class blob_writer final : public std::streambuf {
 public:
  byte_buffer content;

 private:
  std::streamsize xsputn(char const* from, std::streamsize count) override {
    content.append(from, static_cast<std::size_t>(count));
    return count;
  }
  int_type overflow(int_type character) override {
    char const c = traits_type::to_char_type(character);
    if (!traits_type::eq_int_type(character, traits_type::eof())) content.append(&c, 1);
    return traits_type::not_eof(character);
  }
};

/// Reads these bytes and no others.
class blob_reader final : public std::streambuf {
 public:
  blob_reader(std::byte const* from, std::size_t count) {
    // A get area is not const; nothing writes to it.
    char* const begin = const_cast<char*>(reinterpret_cast<char const*>(from));
    setg(begin, begin, begin + count);
  }
  std::size_t left() const { return static_cast<std::size_t>(egptr() - gptr()); }
};

/// A count of bytes, then what Boost's binary archive writes, without its header.
template <class T>
struct boost_codec {
  using parts = parts_of<>;
  static constexpr bool known = true;
  static constexpr bool whole = true;
  static constexpr std::size_t least = 4;
  static constexpr shape_name shape{'B', BOOST_VERSION};
  static constexpr unsigned flags = boost::archive::no_header | boost::archive::no_codecvt;

  template <class Out>
  static void save(Out& to, T const& value) {
    blob_writer blob;
    {
      boost::archive::binary_oarchive archive(blob, flags);
      archive << value;
    }
    to.put_counted(blob.content.data(), blob.content.size());
  }
  template <class In>
  static void load(In& from, T& value) {
    std::size_t const count = from.get_count(1, 1);
    blob_reader blob(from.next(), count);
    try {
      boost::archive::binary_iarchive archive(blob, flags);
      archive >> value;
    } catch (boost::archive::archive_exception const& error) {
      refuse_blob(error.what());
    } catch (std::length_error const& error) {
      refuse_blob(error.what());
    } catch (std::bad_alloc const& error) {
      refuse_blob(error.what());
    }
    if (blob.left() != 0) refuse_rest(blob.left());
    from.skip(count);
  }

 private:
  [[noreturn]] static void refuse_blob(char const* reason) { refuse(concat({"Boost.Serialization says: ", reason})); }
};

}  // namespace leat::detail
#endif
