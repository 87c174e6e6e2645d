// SPDX-License-Identifier: Apache-2.0
/// Tests of a program of the fabric without a distributed system: all of `grafos::testkit`.
#pragma once

#include "tests/testkit/fabric/assertions.hpp"
#include "tests/testkit/fabric/explore.hpp"
#include "tests/testkit/fabric/scenario_runner.hpp"
#include "tests/testkit/fabric/sim_fabric.hpp"
