#include "identity/key_form.h"

#include <catch2/catch.hpp>

#include "identity/identity.h"

namespace waymark::identity {
namespace {

using Key = std::optional<std::string>;
using namespace std::string_view_literals;

TEST_CASE("text is printable, and blanks and NULs around it do not count") {
  CHECK(key_of("356307042441013", KeyForm::ascii) == Key("356307042441013"));
  CHECK(key_of("  meter 7\0\0"sv, KeyForm::ascii) == Key("meter 7"));
  CHECK(key_of("a\tb", KeyForm::ascii) == Key());
  CHECK(key_of("caf\xc3\xa9", KeyForm::ascii) == Key());
  CHECK(key_of("a\0b"sv, KeyForm::ascii) == Key());
  CHECK(key_of(" \0 "sv, KeyForm::ascii) == Key());
}

TEST_CASE("BCD is digits, filled up with 0xF") {
  CHECK(key_of("\x03\x56\x30"sv, KeyForm::bcd) == Key("035630"));
  CHECK(key_of("\x35\x6f"sv, KeyForm::bcd) == Key("356"));
  CHECK(key_of("\x35\xff"sv, KeyForm::bcd) == Key("35"));
  CHECK(key_of("\x3f\x56"sv, KeyForm::bcd) == Key());
  CHECK(key_of("\x3a"sv, KeyForm::bcd) == Key());
  CHECK(key_of("\xff\xff"sv, KeyForm::bcd) == Key());
}

TEST_CASE("any bytes have hexadecimal digits") {
  CHECK(key_of("\x00\x1b\xff"sv, KeyForm::hex) == Key("001bff"));
}

TEST_CASE("integers have up to eight bytes, in either order") {
  CHECK(key_of("\x00\x01\xe2\x40"sv, KeyForm::decimal) == Key("123456"));
  CHECK(key_of("\x40\xe2\x01\x00"sv, KeyForm::decimal_little) == Key("123456"));
  CHECK(key_of("\xff\xff\xff\xff\xff\xff\xff\xff"sv, KeyForm::decimal) ==
        Key("18446744073709551615"));
  CHECK(key_of("123456789"sv, KeyForm::decimal) == Key());
}

TEST_CASE("a key has at least one byte and at most 255, as text") {
  for (const KeyForm form :
       {KeyForm::ascii, KeyForm::bcd, KeyForm::hex, KeyForm::decimal, KeyForm::decimal_little}) {
    CHECK(key_of("", form) == Key());
    CHECK(key_of(std::string(256, '1'), form) == Key());
  }
  CHECK(key_of(std::string(255, '1'), KeyForm::ascii)->size() == 255);
  CHECK(key_of(std::string(128, '1'), KeyForm::hex) == Key());
  CHECK(key_of(std::string(127, '1'), KeyForm::hex)->size() == 254);
}

}  // namespace
}  // namespace waymark::identity
