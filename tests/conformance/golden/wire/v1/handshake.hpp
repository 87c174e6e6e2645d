// SPDX-License-Identifier: Apache-2.0
/// One session of wire version 1 from fixed keys, packet by packet, in hexadecimal; written by
/// make_handshake.py, which has its own Noise. Session 0xF0E1D2C3B4A50007 names
/// 0x1122334455660002; boot 9, window 16, turn 10 ms; the client is 10.0.2.15:40001, the cookie
/// of bucket 5.
#pragma once

#include <string_view>

namespace grafos::test::golden_handshake {

// clang-format off
inline constexpr std::string_view client_secret =
    "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";
inline constexpr std::string_view node_secret =
    "2122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f40";
inline constexpr std::string_view client_ephemeral =
    "4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60";
inline constexpr std::string_view node_ephemeral =
    "6162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80";
inline constexpr std::string_view client_random =
    "8182838485868788898a8b8c8d8e8f90";
inline constexpr std::string_view cookie_secret =
    "a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0";
inline constexpr std::string_view node_id =
    "c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0";
inline constexpr std::string_view handshake_hash =
    "7d5a4de6ad51d40d6c8803d4913e7051b619a2970a8364af37128bf5bf954636";
inline constexpr std::string_view hello =
    "6746010100000040000000000000000000000000000000008182838485868788898a8b8c8d8e8f9000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000";
inline constexpr std::string_view cookie =
    "6746010200010030000000000000000000000000000000008182838485868788898a8b8c8d8e8f90c093c7d5"
    "84620ba1e4d826c8ee0b18bb7fbffc05e487295e8c94cadfd28007b8";
inline constexpr std::string_view init =
    "674601030000009c81828384858687880000000000000000c093c7d584620ba1e4d826c8ee0b18bb7fbffc05"
    "e487295e8c94cadfd28007b88182838485868788898a8b8c8d8e8f9064b101b1d0be5a8704bd078f9895001f"
    "c03e8e9f9522f188dd128d9846d4846646a29af5ec4483a759c3537de9d8be0e9de3f950dcde27a868221e1e"
    "de553a69213b8d8a1e57210f5bb0a7c9bdba32cc72a29a74cb58507a8ba80c481c3c64107b57e664e8b36393"
    "d05eef4a";
inline constexpr std::string_view accept =
    "674601040001006881828384858687880000000000000000244fe3b963e899dd295baffce248d3530f3a9a74"
    "79ba063002680ebfe7adad490e40e9c4284f12a80c1b433bef94739fc4ab664c63c2dee9663b1131ab584f4c"
    "35852fb6c7f1b1f78eda606c0aef208d5b12541176d84532c3687693c825667e558a1db792ba5e79";
inline constexpr std::string_view probe =
    "6746010500000010f0e1d2c3b4a50007000000000000000080133286869dd28262e1c0fcdb726ded";
inline constexpr std::string_view request =
    "6746010500000028f0e1d2c3b4a500070000000000000001d36d2ba095efd36c3ef6bcc18ebea3b55f7ab053"
    "297075067cdd1880f5ff58f96a7bfb4b714e431e";
inline constexpr std::string_view sign =
    "6746010500010010f0e1d2c3b4a5000700000000000000005cdbe386e0112aa3fa0eda1e3631d599";
inline constexpr std::string_view reply =
    "6746010500010028f0e1d2c3b4a50007000000000000000146793c761753eeff072240b5950a77e1b1dcd7f8"
    "05d8548ebabf0eab1ef3a64dbd26350dbdfed964";
// clang-format on

} // namespace grafos::test::golden_handshake
