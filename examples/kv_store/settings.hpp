// SPDX-License-Identifier: Apache-2.0
/// The fixed figures of the store and of its clients, and what one run chooses.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "core/base/time.hpp"
#include "examples/emulation/network.hpp"

namespace grafos::kv_store {

inline constexpr size_t key_bytes_max = 32;
inline constexpr size_t value_bytes_max = 64;
/// Keys that a store has room for. Full: a Put is refused, nothing is pushed out.
inline constexpr size_t store_keys_max = 64;

inline constexpr uint64_t requests_per_client = 10;
/// Few on purpose, so that clients get in each other's way.
inline constexpr std::array<std::string_view, 5> client_keys{"a", "b", "c", "d", "e"};
/// Clients put `val_0` … `val_99`.
inline constexpr uint64_t client_value_count = 100;

inline constexpr uint64_t clients_default = 3;
/// Most clients of a run on a host, and in an image.
inline constexpr size_t host_clients_max = 1'000;
inline constexpr size_t image_clients_max = 8;
/// How long main lets them run.
inline constexpr Duration run_time{2'000};

struct Settings {
    uint64_t clients = clients_default; ///< from 1
    uint64_t seed = 1;
    emulation::NetworkPlan network{}; ///< main is left alone by it
};

/// A setting of the net that is a number.
struct SettingRow {
    std::string_view name{};
    std::string_view text{};
    uint64_t most = 0; ///< from 0
    void (*set)(Settings& settings, uint64_t value) = nullptr;
};
[[nodiscard]] std::span<const SettingRow> setting_rows() noexcept;

/// `num_clients=5,jitter_ms=20,loss_permille=100` on top of what is there. Failures:
/// invalid_argument (option: no such setting, value = which word, from 1; argument: its value is no
/// number, or more than `expected`; amount: no client). Context: any.
[[nodiscard]] Result<> read_words(Settings& settings, std::string_view words) noexcept;

} // namespace grafos::kv_store
