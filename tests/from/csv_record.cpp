// SPDX-License-Identifier: BSL-1.0
#include <leat/from/csv_record.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>

using leat::detail::csv_dialect;
using leat::detail::csv_fields;
using leat::detail::csv_found;
using leat::detail::csv_reader;

namespace {

csv_dialect lazy_quotes(bool backslash = false) {
  csv_dialect dialect;
  dialect.lazy = true;
  dialect.backslash = backslash;
  return dialect;
}

std::string lines_that_open_quotes(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i != count; ++i) text += "\"x,y\n";
  return text;
}

/// What a reader has put into its fields, over all calls: it is what it has looked at.
struct effort {
  csv_found read(csv_reader& reader, std::string_view bytes, bool at_end) {
    csv_found const found = reader.read(bytes, at_end, fields);
    taken += fields.text.size();
    fields.text.clear();
    return found;
  }
  csv_fields fields;
  std::size_t taken = 0;
};

std::string random_text(std::mt19937_64& random) {
  constexpr std::string_view pieces[] = {"\"", "\"", "\"\"", "\",", "\"\n", "\n", "\n\"",
                                         "x",  ",",  "\r\n", "\\",  "#",    ",\""};
  std::string text;
  for (std::size_t left = random() % 60; left != 0; --left) text += pieces[random() % std::size(pieces)];
  return text;
}

/// Reads all records of a text, which comes in pieces, gives up those that are longer than `longest`, and compares each
/// with what a reader says that has seen nothing before it. Gives the number of those that it gave up.
std::size_t compare_with_a_fresh_reader(std::string const& text, std::size_t longest, csv_dialect const& dialect,
                                        std::mt19937_64& random) {
  csv_reader reader(dialect);
  std::optional<csv_reader> fresh(dialect);
  csv_fields fields;
  csv_fields expected_fields;
  std::size_t given_up = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  auto const use = [&](std::size_t bytes) {
    begin += bytes;
    reader.consumed(bytes);
    fresh.emplace(dialect);
  };
  while (begin != text.size()) {
    std::string_view const bytes = std::string_view(text).substr(begin, end - begin);
    bool const at_end = end == text.size();
    if (!bytes.empty()) {
      csv_found const found = reader.read(bytes, at_end, fields);
      csv_found const expected = fresh->read(bytes, at_end, expected_fields);
      REQUIRE(found.result == expected.result);
      REQUIRE(found.bytes == expected.bytes);
      REQUIRE(found.lines == expected.lines);
      if (found.result == csv_found::kind::record) {
        REQUIRE(fields.text == expected_fields.text);
        REQUIRE(fields.ends == expected_fields.ends);
      }
      given_up += found.result == csv_found::kind::malformed ? 1 : 0;
      if (found.result != csv_found::kind::incomplete) {
        use(found.bytes);
        continue;
      }
      if (bytes.size() > longest) {
        std::size_t const line_end = bytes.find('\n');
        reader.give_up();
        use(line_end == std::string_view::npos ? bytes.size() : line_end + 1);
        ++given_up;
        continue;
      }
    }
    end = std::min(text.size(), end + 1 + random() % 8);
  }
  return given_up;
}

}  // namespace

TEST_CASE("lazy quotes of which none is ever closed are looked through once, not once for each line") {
  std::size_t const lines = 2000;
  std::string const text = lines_that_open_quotes(lines);
  SUBCASE("to the end of the file") {
    csv_reader reader(lazy_quotes());
    effort total;
    std::size_t malformed = 0;
    for (std::string_view rest = text; !rest.empty();) {
      csv_found const found = total.read(reader, rest, true);
      malformed += found.result == csv_found::kind::malformed ? 1 : 0;
      rest.remove_prefix(found.bytes);
      reader.consumed(found.bytes);
    }
    CHECK(malformed == lines);
    CHECK(total.taken <= 3 * text.size());
  }
  SUBCASE("to the longest row allowed") {
    std::size_t const longest = text.size() / 2;
    csv_reader reader(lazy_quotes());
    effort total;
    std::size_t end = 0;
    for (std::size_t begin = 0; end != text.size();) {
      std::string_view const bytes = std::string_view(text).substr(begin, end - begin);
      if (!bytes.empty()) REQUIRE(total.read(reader, bytes, false).result == csv_found::kind::incomplete);
      if (bytes.size() <= longest) {
        end = std::min(text.size(), end + 100);
        continue;
      }
      std::size_t const line = bytes.find('\n') + 1;
      reader.give_up();
      reader.consumed(line);
      begin += line;
    }
    CHECK(total.taken <= 4 * text.size());
  }
}

TEST_CASE("a reader that remembers where a record was given up reads the next ones as one that has seen nothing") {
  std::mt19937_64 random(12);
  std::size_t given_up = 0;
  for (bool const backslash : {false, true})
    for (int i = 0; i != 20'000; ++i) {
      std::string const text = random_text(random);
      CAPTURE(text);
      given_up += compare_with_a_fresh_reader(text, random() % 50, lazy_quotes(backslash), random);
      given_up += compare_with_a_fresh_reader(text, random() % 50, csv_dialect(), random);
    }
  CHECK(given_up > 10'000);
}
