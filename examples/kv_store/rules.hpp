// SPDX-License-Identifier: Apache-2.0
/// Why each node does what it does: one rule beside each kind of printed line.
#pragma once

#include <span>

#include "examples/emulation/observer.hpp"

namespace grafos::kv_store::rules {

using emulation::Rule;

// main
inline constexpr Rule started_server{
    "started_server", "There is one server, and it is there before any client that knows it."};
inline constexpr Rule started_client{
    "started_client", "As many clients as the run was asked for, from 1; all know the one server."};
inline constexpr Rule all_started{
    "all_started", "Every client has been sent Start; from here on they take turns as it comes."};
inline constexpr Rule done{"done", "Main waits for a fixed time and asks nobody whether it is "
                                   "finished."};

// server
inline constexpr Rule put_stored{
    "put_stored", "PUT of a key that is absent stores the value: whoever comes first, wins."};
inline constexpr Rule put_refused{
    "put_refused", "PUT never overwrites: a key that exists keeps its value until it is deleted."};
inline constexpr Rule put_full{
    "put_full", "A store has room for a fixed number of keys; when it is full nothing is pushed "
                "out and nothing changes."};
inline constexpr Rule get_found{"get_found",
                                "GET answers with the value that was put, and changes nothing."};
inline constexpr Rule get_not_found{
    "get_not_found", "GET of an absent key is an error that names the key, not an empty value."};
inline constexpr Rule deleted{"deleted",
                              "DELETE takes the key away: the next PUT of it is again the first."};
inline constexpr Rule delete_not_found{"delete_not_found",
                                       "DELETE of an absent key is an error, and changes nothing."};

// client
inline constexpr Rule starting{"starting",
                               "A client makes its requests one at a time, each after the answer "
                               "to the one before."};
inline constexpr Rule answered{
    "answered", "The request was done: the client prints what it asked for and what it was told."};
inline constexpr Rule refused{
    "refused", "The server refused the request: the client prints the server's reason, and goes "
               "on. Only the server knows whether a key exists."};
inline constexpr Rule timed_out{
    "timed_out", "No answer within 1000 ms: the request or its answer was lost, so a PUT may have "
                 "been stored or not. The request is counted, and the client goes on."};
inline constexpr Rule finished{
    "finished", "No request remains: noticed on the step after the last one; then it stops."};

/// All of them, in this order.
inline constexpr std::array all{&started_server, &started_client, &all_started,      &done,
                                &put_stored,     &put_refused,    &put_full,         &get_found,
                                &get_not_found,  &deleted,        &delete_not_found, &starting,
                                &answered,       &refused,        &timed_out,        &finished};

} // namespace grafos::kv_store::rules
