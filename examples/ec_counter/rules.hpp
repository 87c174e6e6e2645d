// SPDX-License-Identifier: Apache-2.0
/// Why each line of the trace is printed: one rule a line, with the sentence that explains it.
#pragma once

#include <array>

#include "examples/emulation/observer.hpp"

namespace grafos::ec_counter::rules {

using emulation::Rule;

// --- main
inline constexpr Rule opening{"opening",
                              "Main says how many servers and clients it was asked for."};
inline constexpr Rule server_started{
    "server_started", "Main starts the servers in order; each begins with counter 0 and no peers."};
inline constexpr Rule client_started{
    "client_started",
    "Main starts the clients in order, and gives them the servers round and round, one each."};
inline constexpr Rule all_started{"all_started", "Every client was told to start."};
inline constexpr Rule empty_line{"empty_line", "A heading or the verdict follows."};
inline constexpr Rule first_heading{
    "first_heading", "Main waited so long that the clients should be done, and asks every server."};
inline constexpr Rule second_heading{
    "second_heading", "Main waited for some more rounds of syncs, and asks every server again."};
inline constexpr Rule server_value{"server_value", "What this server answered to main."};
inline constexpr Rule server_silent{
    "server_silent", "This server did not answer main in time, so nobody knows its counter."};
inline constexpr Rule converged{
    "converged", "All servers answered the second check, and all with the same value."};
inline constexpr Rule not_converged{
    "not_converged", "In the second check some server answered another value, or none."};

// --- servers
inline constexpr Rule registered{
    "registered", "A server's peers are all servers but itself; it will send them its counter."};
inline constexpr Rule get_answered{"get_answered", "A get is answered and changes nothing."};
inline constexpr Rule set_accepted{
    "set_accepted", "A set is accepted if and only if its value is larger than the counter."};
inline constexpr Rule set_rejected{
    "set_rejected",
    "A set that is not larger than the counter, an equal one too, changes nothing."};
inline constexpr Rule sync_updated{
    "sync_updated",
    "A larger value of another server is taken over; a smaller or equal one is passed over."};
inline constexpr Rule recovered{"recovered",
                                "The server begins with the counter that its keeper had kept."};
inline constexpr Rule server_stopped{
    "server_stopped",
    "What keeps the counter is gone for good or gave nothing back: the server may not go on."};

// --- clients
inline constexpr Rule client_starting{
    "client_starting", "A client was told to start; it sends one request at a time."};
inline constexpr Rule get_done{"get_done", "The client's server answered its counter."};
inline constexpr Rule set_done{"set_done",
                               "The client's server answered whether it took the value."};
inline constexpr Rule request_timed_out{
    "request_timed_out",
    "No answer came in time: the request may have had its effect or not, and the client goes on."};
inline constexpr Rule request_refused{
    "request_refused", "The server refused the request with a reason, and the client goes on."};
inline constexpr Rule client_finished{"client_finished",
                                      "The client has sent all its requests and stops."};

inline constexpr std::array all{
    &opening,       &server_started,    &client_started,  &all_started,     &empty_line,
    &first_heading, &second_heading,    &server_value,    &server_silent,   &converged,
    &not_converged, &registered,        &get_answered,    &set_accepted,    &set_rejected,
    &sync_updated,  &recovered,         &server_stopped,  &client_starting, &get_done,
    &set_done,      &request_timed_out, &request_refused, &client_finished};

} // namespace grafos::ec_counter::rules
