// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/lean_function.hpp>
#include <leat/route/peers/link.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace leat::detail {

/// A connection of which the first byte has been received already.
class begun_connection final : public connection {
 public:
  begun_connection(std::unique_ptr<connection> rest, std::byte first) : rest_(std::move(rest)), first_(first) {}

  std::size_t send(std::span<piece const> pieces) override { return rest_->send(pieces); }
  std::size_t receive(std::span<std::byte> into) override;
  bool open() const override { return first_ || rest_->open(); }
  std::string error() const override { return rest_->error(); }
  bool refused() const override { return rest_->refused(); }
  int descriptor() const override { return rest_->descriptor(); }
  void on_ready(std::function<void()> call) override { rest_->on_ready(std::move(call)); }

 private:
  std::unique_ptr<connection> rest_;
  std::optional<std::byte> first_;
};

}  // namespace leat::detail

#ifndef LEAT_COMPILED
#include <leat/route/formation/begun_connection.ipp>
#endif
