// SPDX-License-Identifier: BSL-1.0
// What a process and whoever started it tell each other: descriptors, and the variables of launchers.
#include <leat/run/cli/launcher.hpp>
#include <leat/run/tcp.hpp>

#include <doctest/doctest.h>

#include <leat/error.hpp>
#include <leat/run/cli/command_line.hpp>
#include <leat/run/cli/rendezvous.hpp>

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace {

leat::command_line given(std::initializer_list<std::string> words) {
  std::vector<char const*> argv{"flow"};
  for (std::string const& word : words) argv.push_back(word.c_str());
  argv.push_back(nullptr);
  return leat::command_line(static_cast<int>(argv.size()) - 1, argv.data());
}

class variable {
 public:
  variable(char const* name, char const* value) : name_(name) { ::setenv(name, value, 1); }
  variable(variable const&) = delete;
  variable& operator=(variable const&) = delete;
  ~variable() { ::unsetenv(name_); }

 private:
  char const* name_;
};

/// What the launcher holds of both pipes. The other ends are the process's, which closes them.
struct pipes {
  pipes() {
    REQUIRE(::pipe(announced.data()) == 0);
    REQUIRE(::pipe(listed.data()) == 0);
  }
  pipes(pipes const&) = delete;
  pipes& operator=(pipes const&) = delete;
  ~pipes() {
    ::close(announced[0]);
    end_list();
  }
  void end_list() {
    if (listed[1] >= 0) ::close(listed[1]);
    listed[1] = -1;
  }
  void list(std::string const& text) const {
    REQUIRE(::write(listed[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  std::string address() const {
    std::string line;
    for (char next = 0; ::read(announced[0], &next, 1) == 1 && next != '\n';) line += next;
    return line;
  }
  leat::detail::launch announce_and_list() const {
    leat::detail::launch launch;
    launch.announce = announced[1];
    launch.addresses = listed[0];
    return launch;
  }
  leat::detail::launch only_list() const {
    ::close(announced[1]);
    leat::detail::launch launch;
    launch.addresses = listed[0];
    return launch;
  }

  std::array<int, 2> announced{};
  std::array<int, 2> listed{};
};

std::string refused(leat::options options, leat::detail::launch const& launch) {
  try {
    leat::detail::rendezvous(options, launch);
  } catch (leat::detail::usage_error const& wrong) {
    return wrong.what();
  }
  return {};
}

leat::options process(unsigned number) {
  leat::options options;
  options.process = number;
  options.listen = "127.0.0.1:0";
  return options;
}

}  // namespace

TEST_CASE("rendezvous: a process tells where it listens, and learns where all do") {
  pipes ends;
  auto const net = std::make_shared<leat::tcp_network>();
  leat::options options = process(1);
  options.link = net;
  net->listen(options.listen);
  std::string const own = net->listens_at();
  CHECK(own.starts_with("127.0.0.1:"));
  CHECK(own != "127.0.0.1:0");
  ends.list("other:1;" + own + "\nnot ours");
  leat::detail::rendezvous(options, ends.announce_and_list());
  CHECK(ends.address() == own);
  CHECK(options.addresses == std::vector<std::string>{"other:1", own});
  // It listens already: where it is.
  CHECK_FALSE(net->listen("nonsense"));
  CHECK(net->listens_at() == own);
}

TEST_CASE("rendezvous: who listens everywhere is known to the others by another name") {
  CHECK(leat::detail::is_announced("0.0.0.0:7", "host:7"));
  CHECK(leat::detail::is_announced("[::]:7", "[::1]:7"));
  CHECK_FALSE(leat::detail::is_announced("0.0.0.0:7", "host:8"));
  CHECK(leat::detail::is_announced("host:7", "host:7"));
  CHECK_FALSE(leat::detail::is_announced("127.0.0.1:7", "host:7"));
}

TEST_CASE("rendezvous: what is wrong with the descriptors or the list is told") {
  {
    leat::detail::launch launch;
    launch.announce = 999;
    CHECK(refused(process(0), launch) == "--announce-fd: descriptor 999 is not open");
    launch.announce = -1;
    launch.addresses = 999;
    CHECK(refused(process(0), launch) == "--addresses-fd: descriptor 999 is not open");
  }
  {
    pipes ends;
    ::close(ends.announced[0]);
    CHECK(refused(process(0), ends.announce_and_list()) == "--announce-fd: the address cannot be told: Broken pipe");
    ends.announced[0] = -1;
    ::close(ends.listed[0]);
  }
  auto const with_list = [](unsigned number, std::string const& text) {
    pipes ends;
    ends.list(text);
    ends.end_list();
    return refused(process(number), ends.only_list());
  };
  CHECK(with_list(0, "") == "--addresses-fd: it ended before the list of addresses, which is one line");
  CHECK(with_list(0, "one:1;two:2") == "--addresses-fd: it ended before the list of addresses, which is one line");
  CHECK(with_list(0, "\n").find("names no address") != std::string::npos);
  CHECK(with_list(0, "one;two\n").find("names \"one\", which has no port") != std::string::npos);
  CHECK(with_list(2, "one:1;two:2\n") ==
        "--addresses-fd: there is no process 2 in the list of 2; the first is process 0");
  pipes ends;
  ends.list("one:1;two:2\n");
  std::string const other = refused(process(0), ends.announce_and_list());
  CHECK(other == "--addresses-fd: process 0 listens at " + ends.address() + ", but the list says one:1");
}

TEST_CASE("rendezvous: a list that does not come is not waited for longer than for the other processes") {
  pipes ends;
  leat::options options = process(0);
  options.formation_timeout = std::chrono::milliseconds(1);
  CHECK_THROWS_WITH_AS(leat::detail::rendezvous(options, ends.only_list()),
                       "--addresses-fd: the list of addresses did not come in time", leat::cluster_error);
}

TEST_CASE("command line: descriptors of the launcher") {
  auto const cli = given({"-i1", "--listen", "[::]:0", "--announce-fd=5", "--addresses-fd", "6"});
  CHECK(cli.fault() == "");
  CHECK(cli.options().listen == "[::]:0");
  CHECK(cli.options().process == 1);
  CHECK(cli.settings().launch.announce == 5);
  CHECK(cli.settings().launch.addresses == 6);
  CHECK(given({"-i0", "--announce-fd=x"}).fault() == "--announce-fd: \"x\" is not a whole number");
  CHECK(given({"-i0", "--addresses-fd=-1"}).fault() == "--addresses-fd: \"-1\" is not a whole number");
  CHECK(given({"--listen=host"}).fault() == "--listen: \"host\" has no port: write host:2101, or host:0");
  CHECK(given({"--listen=host:2101"}).fault() == "--listen says where a process of a cluster listens: with -i and -a");
  CHECK(given({"-i0", "--announce-fd=5", "--addresses-fd=6"}).fault().find("needs --listen HOST:0") !=
        std::string::npos);
  CHECK(given({"-i0", "--listen=a:0", "-a", "one:1;two:2"}).fault().find("--announce-fd") != std::string::npos);
  CHECK(given({"--addresses-fd=6"}).fault().find("need the number of this process") != std::string::npos);
  CHECK(given({"-p2", "--addresses-fd=6"}).fault().find("--addresses-fd") != std::string::npos);
  CHECK(given({"-i0", "-a", "one:1;two:2", "--addresses-fd=6"}).fault() ==
        "-a and --addresses-fd both give the addresses: one of them is enough");
  variable const addresses("LEAT_ADDRESSES", "one:1;two:2");
  CHECK(given({"-i0", "--addresses-fd=6"}).options().addresses.empty());
  variable const descriptor("LEAT_ADDRESSES_FD", "6");
  CHECK(given({"-i0", "-a", "three:1;four:2"}).options().addresses.front() == "three:1");
  CHECK(given({"-i0", "-a", "three:1;four:2"}).settings().launch.addresses == -1);
}

TEST_CASE("command line: a launcher's variables are read only when it is named") {
  variable const rank("SLURM_PROCID", "1");
  variable const size("SLURM_NTASKS", "2");
  CHECK_FALSE(given({}).settings().process);
  CHECK(given({"--launcher=slurm", "-a", "one:1;two:2"}).options().process == 1);
  CHECK(given({"--launcher=slurm", "-a", "one:1;two:2", "-i0"}).options().process == 0);
  CHECK(given({"--launcher=slurm", "--addresses-fd=5"}).options().process == 1);
  CHECK(given({"--launcher=slurm"}).fault() ==
        "--launcher=slurm gives the number of the process, not the addresses: give those of all by -a, "
        "LEAT_HOSTFILE_PATH or --addresses-fd");
  CHECK(given({"--launcher=slurm", "-a", "one:1;two:2;three:3"}).fault() ==
        "--launcher=slurm: SLURM_NTASKS is 2, but the number of addresses is 3");
  CHECK(given({"--launcher=pbs"}).fault() == "--launcher: \"pbs\" is none of slurm, openmpi, torchrun");
  CHECK(given({"--launcher=openmpi", "-a", "one:1;two:2"}).fault() ==
        "--launcher=openmpi: OMPI_COMM_WORLD_SIZE is not set");
  CHECK(given({"-p2", "--launcher=slurm"}).fault().find("--launcher") != std::string::npos);
  variable const asked("LEAT_LAUNCHER", "slurm");
  CHECK(given({"-a", "one:1;two:2"}).options().process == 1);
  variable const bytewax("BYTEWAX_PROCESS_ID", "0");
  CHECK(given({"-a", "one:1;two:2"}).options().process == 0);
  variable const too_high("SLURM_PROCID", "2");
  CHECK(given({"-a", "one:1;two:2"}).fault() ==
        "--launcher=slurm: SLURM_PROCID is 2, but SLURM_NTASKS is 2; the first process is process 0");
  variable const malformed("SLURM_PROCID", "first");
  CHECK(given({"-a", "one:1;two:2"}).fault() == "--launcher=slurm: SLURM_PROCID \"first\" is not a whole number");
}

TEST_CASE("command line: one task of a launcher's needs no addresses; torchrun's MASTER_ADDR are not those of all") {
  variable const rank("RANK", "0");
  {
    variable const size("WORLD_SIZE", "1");
    CHECK(given({"--launcher=torchrun"}).fault() == "");
  }
  variable const size("WORLD_SIZE", "2");
  CHECK(given({"--launcher=torchrun"}).fault() ==
        "--launcher=torchrun gives the number of the process, and in MASTER_ADDR only the address of the first: give "
        "those "
        "of all by -a, LEAT_HOSTFILE_PATH or --addresses-fd");
}

TEST_CASE("command line: a line says who won") {
  auto const line = [](std::initializer_list<std::string> words) {
    auto const cli = given(words);
    CHECK(cli.fault() == "");
    return leat::detail::start_line(cli.settings(), cli.options());
  };
  variable const addresses("BYTEWAX_ADDRESSES", "one:1;two:2");
  CHECK(line({"-i", "1"}) == "leat: process 1 of 2 (from -i), addresses from BYTEWAX_ADDRESSES, 1 worker\n");
  variable const workers("LEAT_WORKERS_PER_PROCESS", "3");
  CHECK(line({"--process-id=1"}) ==
        "leat: process 1 of 2 (from --process-id), addresses from BYTEWAX_ADDRESSES, "
        "3 workers (from LEAT_WORKERS_PER_PROCESS)\n");
  variable const rank("OMPI_COMM_WORLD_RANK", "0");
  variable const size("OMPI_COMM_WORLD_SIZE", "2");
  CHECK(line({"--launcher=openmpi", "-a", "one:1;two:2", "-w1"}) ==
        "leat: process 0 of 2 (from OMPI_COMM_WORLD_RANK), addresses from -a, 1 worker (from -w)\n");
}
