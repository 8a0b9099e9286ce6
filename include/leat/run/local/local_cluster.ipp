// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <leat/detail/compiled.hpp>
#include <leat/detail/concat.hpp>
#include <leat/detail/lean_chrono.hpp>
#include <leat/error.hpp>
#include <leat/run/local/child_start.hpp>
#include <leat/run/local/local_cluster.hpp>
#include <leat/run/local/local_output.hpp>
#include <leat/run/local/local_processes.hpp>
#include <leat/run/signals.hpp>
#include <leat/run/stats/stats_signal.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::detail {

LEAT_COLD local_cluster::local_cluster(local_processes asked)
    : asked_(std::move(asked)), news_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), members_(asked_.count) {
  if (news_ < 0) fail("making an eventfd");
}

LEAT_COLD int local_cluster::run() {
  std::unique_ptr<void, void (*)(void*)> const at_the_end(
      this, [](void* self) { static_cast<local_cluster*>(self)->end_all(); });
  child_status_kept const kept;  // else the system forgets how they end
  on_stop_signal const on_signal([this] { ::eventfd_write(news_, signalled); });
  stats_signal::of_process().listen(
      {[](void* self) { ::eventfd_write(static_cast<local_cluster*>(self)->news_, asked_for_stats); }, this});
  bool const prefixed = asked_.prefix == output_prefix::everywhere ||
                        (asked_.prefix == output_prefix::on_a_terminal && ::isatty(STDOUT_FILENO) == 1);
  outputs_[0] = std::make_unique<local_output>(STDOUT_FILENO, news_, prefixed);
  outputs_[1] = std::make_unique<local_output>(STDERR_FILENO, news_, true);
  std::vector<std::string> const environment = environment_of_each();
  for (unsigned i = 0; i != members_.size(); ++i) start(i, environment, kept.before());
  while (living() || printing() || writing()) serve();
  if (outputs_[0]->error() == EPIPE && ends_with_the_reader()) ::raise(SIGPIPE);
  return status_;
}

LEAT_COLD void local_cluster::fail(char const* failure) {
  throw flow_error(concat({"-p: ", failure, " does not work: ", std::strerror(errno)}));
}

LEAT_COLD std::vector<std::string> local_cluster::environment_of_each() const {
  std::vector<std::string> arguments =
      environment_without({"LEAT_PROCESSES", "LEAT_PREFIX", "LEAT_MAX_RESTARTS", "LEAT_SECRET", "LEAT_STARTED_BY"});
  arguments.push_back(concat({"LEAT_SECRET=", random_secret()}));
  arguments.push_back(concat({"LEAT_STARTED_BY=", asked_.asked_by}));
  return arguments;
}

LEAT_COLD void local_cluster::start(unsigned number, std::vector<std::string> const& environment,
                                    struct sigaction const& of_children) {
  std::array<std::array<int, 2>, 4> pipes{};
  for (std::size_t i = 0; i != 3; ++i)
    if (::pipe2(pipes[i].data(), O_CLOEXEC) != 0) fail("making a pipe");
  // Written to even when its reader has just gone, which with a pipe would be a signal.
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pipes[3].data()) != 0) fail("making a pipe");
  child_start command;
  command.arguments = {asked_.program,
                       "-i",
                       std::to_string(number),
                       "--listen=127.0.0.1:0",
                       concat({"--announce-fd=", std::to_string(pipes[2][1])}),
                       concat({"--addresses-fd=", std::to_string(pipes[3][0])})};
  command.arguments.insert(command.arguments.end(), asked_.words.begin(), asked_.words.end());
  command.environment = environment;
  command.reads_input = number == 0;
  command.output = pipes[0][1];
  command.error = pipes[1][1];
  command.kept = {pipes[2][1], pipes[3][0]};
  member& started = members_[number];
  started.process = command.start(of_children);
  if (started.process < 0) fail("starting a process");
  started.ends = static_cast<int>(::syscall(SYS_pidfd_open, started.process, 0));
  for (std::size_t i = 0; i != 3; ++i) ::close(pipes[i][1]);
  ::close(pipes[3][0]);
  for (std::size_t i = 0; i != 2; ++i) {
    started.prints[i].descriptor = pipes[i][0];
    started.prints[i].lines.process = number;
  }
  started.announces = pipes[2][0];
  started.listens = pipes[3][1];
}

LEAT_COLD void local_cluster::tell_addresses() {
  std::string addresses;
  for (member const& child : members_) {
    if (child.process < 0 && child.address.empty()) {
      addresses.clear();
      break;
    }
    if (child.address.empty()) return;
    addresses += child.address + (&child == &members_.back() ? '\n' : ';');
  }
  for (member& child : members_) {
    if (child.listens < 0) continue;
    if (!addresses.empty() && ::send(child.listens, addresses.data(), addresses.size(), MSG_NOSIGNAL) < 0 &&
        errno != EPIPE)
      fail("telling the addresses");
    close(child.listens);
  }
}

LEAT_COLD bool local_cluster::living() const {
  for (member const& each : members_)
    if (each.process > 0) return true;
  return false;
}

LEAT_COLD bool local_cluster::printing() const {
  for (member const& each : members_)
    for (stream const& print : each.prints)
      if (print.descriptor >= 0) return true;
  return false;
}

LEAT_COLD void local_cluster::serve() {
  std::vector<pollfd> wanted{{news_, POLLIN, 0}};
  for (member const& child : members_) {
    for (std::size_t i = 0; i != 2; ++i)
      if (child.prints[i].descriptor >= 0 && outputs_[i]->has_room())
        wanted.push_back({child.prints[i].descriptor, POLLIN, 0});
    if (child.announces >= 0) wanted.push_back({child.announces, POLLIN, 0});
    if (child.ends >= 0) wanted.push_back({child.ends, POLLIN, 0});
  }
  if (::poll(wanted.data(), wanted.size(), patience()) == 0 && !living() && !writing()) leave_prints();
  auto const has_news = [&](int descriptor) {
    for (pollfd const& each : wanted)
      if (each.fd == descriptor && each.fd >= 0 && each.revents != 0) return true;
    return false;
  };
  for (member& child : members_) {
    for (std::size_t i = 0; i != 2; ++i)
      if (has_news(child.prints[i].descriptor)) pass_on(child.prints[i], *outputs_[i]);
    if (has_news(child.announces)) hear_address(child);
  }
  hear_news();
  bury();
  tell_addresses();
  look_at_output();
  end_the_slow();
}

LEAT_COLD int local_cluster::patience() const {
  if (!living()) return writing() ? -1 : static_cast<int>(silence.count());
  for (member const& each : members_)
    if (each.process > 0 && each.ends < 0) return 50;
  if (status_ == 0 || killed_) return -1;
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(until_ - clock::now());
  return static_cast<int>(std::max<long long>(left.count(), 0));
}

LEAT_COLD void local_cluster::hear_address(member& of) {
  std::array<char, 256> room;
  ssize_t const count = ::read(of.announces, room.data(), room.size());
  if (count < 0 && errno == EINTR) return;
  if (count <= 0) return close(of.announces);
  of.announced.append(room.data(), static_cast<std::size_t>(count));
  std::size_t const end = of.announced.find('\n');
  if (end != std::string::npos) of.address = of.announced.substr(0, end);
}

LEAT_COLD void local_cluster::pass_on(stream& from, local_output& to) {
  ssize_t const count = ::read(from.descriptor, room_.data(), room_.size());
  if (count < 0 && errno == EINTR) return;
  if (count > 0) return to.pass_on(from.lines, {room_.data(), static_cast<std::size_t>(count)});
  to.end(from.lines);
  close(from.descriptor);
}

LEAT_COLD void local_cluster::leave_prints() {
  for (member& child : members_)
    for (std::size_t i = 0; i != 2; ++i) {
      if (child.prints[i].descriptor < 0) continue;
      outputs_[i]->end(child.prints[i].lines);
      close(child.prints[i].descriptor);
      log(concat({"[", std::to_string(child.prints[0].lines.process),
                  "] has ended, but a program that it started has not, and what that prints is not waited for"}));
    }
}

LEAT_COLD void local_cluster::hear_news() {
  eventfd_t rung = 0;
  if (::eventfd_read(news_, &rung) != 0) return;
  if (rung >= asked_for_stats) ask_for_stats();
  if (rung % asked_for_stats < signalled) return;
  stopped_by_ = stop_signals::number();
  pass_on_signal(stopped_by_);
  if (!living()) leave_prints();
}

LEAT_COLD void local_cluster::pass_on_signal(int number) {
  for (member const& each : members_)
    if (each.process > 0) stop_signals::pass_on(each.process, number);
}

LEAT_COLD void local_cluster::ask_for_stats() {
  for (member const& each : members_)
    if (each.process > 0 && !each.address.empty()) ::kill(each.process, SIGUSR1);
}

LEAT_COLD void local_cluster::kill_all() {
  for (member const& each : members_)
    if (each.process > 0) ::kill(each.process, SIGKILL);
}

LEAT_COLD void local_cluster::set_status(int status) {
  if (status_ != 0 || status == 0) return;
  status_ = status;
  until_ = clock::now() + time_to_end;
}

LEAT_COLD void local_cluster::bury() {
  for (member& child : members_) {
    int status = 0;
    if (child.process <= 0) continue;
    pid_t const ended = ::waitpid(child.process, &status, WNOHANG);
    bool const lost = ended < 0 && errno == ECHILD;
    if (ended != child.process && !lost) continue;
    child.process = -1;
    close(child.ends);
    std::string const name = concat({"[", std::to_string(child.prints[0].lines.process), "] "});
    if (lost) {
      log(concat({name, "has ended, but something else in this program has asked for its exit status before"}));
      status = 1 << 8;
    } else if (WIFSIGNALED(status) && WTERMSIG(status) == stopped_by_) {
      // While a flow runs the signal stops it: this one had not begun yet, or had ended.
      status = asked_.stopped_status << 8;
    } else if (WIFSIGNALED(status) && status_ == 0) {
      log(concat(
          {name, "was killed by signal ", std::to_string(WTERMSIG(status)), " (", ::strsignal(WTERMSIG(status)), ")"}));
    }
    set_status(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  }
}

LEAT_COLD void local_cluster::look_at_output() {
  if (int const error = outputs_[0]->error(); error != 0 && !std::exchange(told_, true)) {
    bool const told_otherwise = error == EPIPE && ends_with_the_reader();
    if (status_ == 0 && !told_otherwise)
      log(concat({asked_.program, ": cannot write to standard output: ", std::strerror(error)}));
    set_status(1);
    pass_on_signal(SIGTERM);
  }
  if (outputs_[0]->has_mixed() && !std::exchange(told_of_mixing_, true))
    log("leat: -p: a process prints a line of more than 1 MiB: lines of other processes stand in the middle of it");
}

LEAT_COLD void local_cluster::end_the_slow() {
  if (status_ == 0 || !living() || clock::now() < until_) return;
  if (std::exchange(warned_, true)) {
    killed_ = true;
    kill_all();
  } else {
    pass_on_signal(SIGTERM);
  }
  until_ = clock::now() + time_to_end;
}

LEAT_COLD bool local_cluster::ends_with_the_reader() {
  struct sigaction now{};
  return ::sigaction(SIGPIPE, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL;
}

LEAT_COLD void local_cluster::close(int& descriptor) {
  if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
}

LEAT_COLD void local_cluster::end_all() {
  stats_signal::of_process().leave(this);
  kill_all();
  for (member& child : members_) {
    if (child.process > 0) ::waitpid(std::exchange(child.process, -1), nullptr, 0);
    for (int* descriptor :
         {&child.ends, &child.prints[0].descriptor, &child.prints[1].descriptor, &child.announces, &child.listens})
      close(*descriptor);
  }
}

}  // namespace leat::detail
