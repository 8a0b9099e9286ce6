// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/needs.hpp>

namespace leat {

class flow;

struct sealed;
template <class In, class... Ops>
struct fused;
template <class T, class Steps = sealed>
class stream;

struct poison;    ///< the record of a stream after a refused step: later steps keep quiet about it
struct finished;  ///< the record of a stream after a sink

template <class T>
class task;
template <class T>
class emitter;

class file_system;
class open_file;

namespace detail {

class graph;
class node;
class worker_builder;
class worker_services;
class record_description;
template <class In, class RunEnd, class... Ops>
class kernel_node;
template <class Source>
class input_node;
template <class T, class Sink>
class partitioned_output_node;
template <class Step>
class or_else_step;

}  // namespace detail
}  // namespace leat
