// SPDX-License-Identifier: BSL-1.0
#include <leat/run/cli/command_line.hpp>
#include <leat/run/tcp.hpp>
#include <leat/version.hpp>

#include "child.hpp"

#include <doctest/doctest.h>

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

leat::command_line given(std::initializer_list<char const*> words, std::string usage = {},
                         leat::options defaults = {}) {
  std::vector<char const*> argv{"/usr/bin/wordcount"};
  argv.insert(argv.end(), words);
  argv.push_back(nullptr);
  return leat::command_line(static_cast<int>(argv.size()) - 1, argv.data(), std::move(usage), std::move(defaults));
}

/// A variable of the environment while it lives.
class variable {
 public:
  variable(char const* name, char const* value) : name_(name) { ::setenv(name, value, 1); }
  variable(variable const&) = delete;
  variable& operator=(variable const&) = delete;
  ~variable() { ::unsetenv(name_); }

 private:
  char const* name_;
};

}  // namespace

TEST_CASE("command line: without flags the defaults hold") {
  auto const cli = given({});
  CHECK(cli.fault().empty());
  CHECK(cli.program() == "wordcount");
  CHECK(cli.options().workers == 1);
  CHECK(cli.options().snapshot_interval == 10s);
  CHECK(cli.options().batch_size == 0);
  CHECK(!cli.graph());
  CHECK(cli.rest().empty());

  leat::options defaults;
  defaults.workers = 3;
  defaults.snapshot_interval = 2s;
  auto const with_defaults = given({"-s", "5"}, {}, defaults);
  CHECK(with_defaults.options().workers == 3);
  CHECK(with_defaults.options().snapshot_interval == 5s);
}

TEST_CASE("command line: every spelling of a flag") {
  CHECK(given({"-w4"}).options().workers == 4);
  CHECK(given({"-w", "4"}).options().workers == 4);
  CHECK(given({"--workers-per-process=4"}).options().workers == 4);
  CHECK(given({"--workers-per-process", "4"}).options().workers == 4);
  CHECK(given({"-s0.25"}).options().snapshot_interval == 250ms);
  CHECK(given({"-s", "0"}).options().snapshot_interval == 0s);
  CHECK(given({"--snapshot-interval=1.5"}).options().snapshot_interval == 1500ms);
  CHECK(given({"-s", "1e-30"}).options().snapshot_interval == 1ns);
  CHECK(given({"--snapshot-interval", "1e3"}).options().snapshot_interval == 1000s);
  CHECK(given({"--batch-size=7"}).options().batch_size == 7);
  CHECK(given({"--batch-size", "0"}).options().batch_size == 0);
  CHECK(given({"--graph=mermaid"}).graph() == leat::picture::mermaid);
  CHECK(given({"--graph", "dot"}).graph() == leat::picture::dot);
  CHECK(given({"--graph=json"}).graph() == leat::picture::json);
  CHECK(given({"-h"}).wants_help());
  CHECK(given({"--help"}).wants_help());
  CHECK(given({"--version"}).wants_version());
}

TEST_CASE("command line: the last of a repeated flag counts, and a wrong one before it is still wrong") {
  CHECK(given({"-w", "2", "--workers-per-process=5", "-w3"}).options().workers == 3);
  CHECK(given({"-w", "none", "-w3"}).fault() == "-w: \"none\" is not a whole number");
}

TEST_CASE("command line: the program's own arguments stay, in order") {
  auto const cli = given({"a.txt", "-w", "2", "--csv", "x", "-", "-s", "1", "-q", "--", "-w", "--help", "--"});
  CHECK(cli.fault().empty());
  CHECK(cli.options().workers == 2);
  CHECK(cli.options().snapshot_interval == 1s);
  CHECK(!cli.wants_help());
  CHECK(cli.rest() == std::vector<std::string>{"a.txt", "--csv", "x", "-", "-q", "-w", "--help", "--"});
  CHECK(given({"--workers", "--workers-per-proces=2", "--w=2"}).rest().size() == 3);
}

TEST_CASE("command line: a flag that is nobody's is named, with the nearest") {
  auto const unknown = [](char const* word, std::string usage = {}) {
    return given({word}, std::move(usage)).unknown_flag();
  };
  CHECK(unknown("--wrokers=3", "LOG...") ==
        "there is no flag \"--wrokers=3\"; the nearest is --workers-per-process, or -w N");
  CHECK(unknown("--workers") == "there is no flag \"--workers\"; the nearest is --workers-per-process, or -w N");
  CHECK(unknown("--snapshot-intervall=3") ==
        "there is no flag \"--snapshot-intervall=3\"; the nearest is --snapshot-interval, or -s SECONDS");
  CHECK(unknown("--hepl") == "there is no flag \"--hepl\"; the nearest is --help");
  CHECK(unknown("--zzz=1") == "there is no flag \"--zzz=1\"");
  CHECK(unknown("--zzz-zzz-zzz-zzz-zzz-zzz-zzz-zzz-zzz-zzz") != "");
  CHECK(unknown("--csb=x", "[--csv=FILE | --proc]") == "there is no flag \"--csb=x\"; the nearest is --csv");
  CHECK(given({"--zzz", "--wrokers"}).unknown_flag() == "there is no flag \"--zzz\"");
}

TEST_CASE("command line: a flag of the program's own is one that its usage names, or any, if it asks for them") {
  auto const unknown = [](char const* word, std::string usage) {
    return given({word}, std::move(usage)).unknown_flag();
  };
  CHECK(unknown("--csv=x", "[--csv=FILE | --proc]") == "");
  CHECK(unknown("--proc", "[--csv=FILE | --proc]") == "");
  CHECK(unknown("--proc", "FILE...\n  --proc  live figures") == "");
  CHECK(unknown("--pro", "[--csv=FILE | --proc]") != "");
  CHECK(unknown("--proc", "[--proc-file]") != "");
  CHECK(unknown("-q", "") == "");
  CHECK(unknown("-5", "") == "");
  CHECK(given({"--", "--zzz"}).unknown_flag() == "");
  char const* const words[] = {"wordcount", "--zzz", nullptr};
  CHECK(leat::command_line(2, words, "", {}, leat::unknown_flags::passed).unknown_flag() == "");
}

TEST_CASE("command line: a wrong value is a fault that says what is wrong with which flag") {
  auto const fault = [](std::initializer_list<char const*> words) { return given(words).fault(); };
  CHECK(fault({"-w", "0"}) == "-w: \"0\" is too few: 1 at least");
  CHECK(fault({"-wabc"}) == "-w: \"abc\" is not a whole number");
  CHECK(fault({"-w=4"}) == "-w: \"=4\" is not a whole number");
  CHECK(fault({"-w", ""}) == "-w: \"\" is not a whole number");
  CHECK(fault({"-w", "-3"}) == "-w: \"-3\" is not a whole number");
  CHECK(fault({"-w", "2x"}) == "-w: \"2x\" is not a whole number");
  CHECK(fault({"-w", "2.5"}) == "-w: \"2.5\" is not a whole number");
  CHECK(fault({"-w", "99999999"}) == "-w: \"99999999\" is too many: 1024 at most");
  CHECK(fault({"-w", "99999999999999999999999"}) == "-w: \"99999999999999999999999\" is too many: 1024 at most");
  CHECK(fault({"--workers-per-process="}) == "--workers-per-process: \"\" is not a whole number");
  CHECK(fault({"-w"}) == "-w is to be followed by N");
  CHECK(fault({"--snapshot-interval"}) == "--snapshot-interval is to be followed by SECONDS");
  CHECK(fault({"-s", "-1"}) == "-s: \"-1\" is negative: it is a number of seconds, such as 10 or 0.5");
  CHECK(fault({"-s", "nan"}) == "-s: \"nan\" is not a number of seconds up to 1000000000");
  CHECK(fault({"-s", "inf"}) == "-s: \"inf\" is not a number of seconds up to 1000000000");
  CHECK(fault({"-s", "1e10"}) == "-s: \"1e10\" is not a number of seconds up to 1000000000");
  CHECK(fault({"-s", "1e999"}) == "-s: \"1e999\" is not a number of seconds up to 1000000000");
  CHECK(fault({"-s", "soon"}) == "-s: \"soon\" is not a number of seconds, such as 10 or 0.5");
  CHECK(fault({"-s", "10s"}) == "-s: \"10s\" is not a number of seconds, such as 10 or 0.5");
  CHECK(fault({"--batch-size=-1"}) == "--batch-size: \"-1\" is not a whole number");
  CHECK(fault({"--batch-size=1000001"}) == "--batch-size: \"1000001\" is too many: 1000000 at most");
  CHECK(fault({"--graph=png"}) == "--graph: \"png\" is none of mermaid, dot, json");
  CHECK(fault({"-w0", "--graph=png"}) == "-w: \"0\" is too few: 1 at least");
}

TEST_CASE("command line: help is found behind a fault") {
  auto const cli = given({"-w", "none", "--help"});
  CHECK(cli.wants_help());
}

TEST_CASE("command line: the environment speaks where no flag does") {
  {
    variable const ours("LEAT_WORKERS_PER_PROCESS", "5");
    variable const theirs("BYTEWAX_WORKERS_PER_PROCESS", "6");
    CHECK(given({}).options().workers == 5);
    CHECK(given({"-w2"}).options().workers == 2);
  }
  {
    variable const empty("LEAT_WORKERS_PER_PROCESS", "");
    variable const theirs("BYTEWAX_WORKERS_PER_PROCESS", "6");
    variable const interval("BYTEWAX_SNAPSHOT_INTERVAL", "0.5");
    CHECK(given({}).options().workers == 6);
    CHECK(given({}).options().snapshot_interval == 500ms);
  }
  {
    variable const interval("LEAT_SNAPSHOT_INTERVAL", "2");
    variable const batch("LEAT_BATCH_SIZE", "9");
    variable const graph("LEAT_GRAPH", "dot");
    CHECK(given({}).options().snapshot_interval == 2s);
    CHECK(given({}).options().batch_size == 9);
    CHECK(given({}).graph() == leat::picture::dot);
  }
  variable const wrong("BYTEWAX_WORKERS_PER_PROCESS", "many");
  CHECK(given({}).fault() == "BYTEWAX_WORKERS_PER_PROCESS: \"many\" is not a whole number");
  CHECK(given({"-w1"}).fault().empty());
}

TEST_CASE("command line: the help names every flag, every variable and the program's own arguments") {
  auto const help = given({}, "[--csv] FILE...\n  --csv  the files are tables").help();
  CHECK(help.starts_with(
      "usage: wordcount [-w N] [-s SECONDS] [-r DIR] [-b SECONDS] [-p N] [-i N] [-a HOST:PORT;...] [--...] "
      "[--csv] FILE...\n  --csv  the files are tables\n"));
  for (char const* word : {"-w, --workers-per-process=N", "-s, --snapshot-interval=SECONDS", "--batch-size=N",
                           "--graph=mermaid|dot|json", "-i, --process-id=N", "-a, --addresses=HOST:PORT;...",
                           "--insecure  ", "[LEAT_INSECURE]", "-h, --help", "--version",
                           "[LEAT_WORKERS_PER_PROCESS, "
                           "BYTEWAX_WORKERS_PER_PROCESS]",
                           "[LEAT_SNAPSHOT_INTERVAL, BYTEWAX_SNAPSHOT_INTERVAL]", "[LEAT_BATCH_SIZE]", "[LEAT_GRAPH]",
                           "LEAT_SECRET ", "LEAT_HOSTFILE_PATH", "LEAT_STATEFULSET_NAME"})
    CHECK_MESSAGE(help.find(word) != std::string::npos, word);
  std::size_t at = 0;
  for (char const* in_order : {"\nHow the flow is run:\n  -w, ", "\nWhat it shows:\n      --graph", "--stats",
                               "\nSeveral processes:\n  -p, ", "-i, ", "\n\n  -h, --help"}) {
    at = help.find(in_order, at);
    CHECK_MESSAGE(at != std::string::npos, in_order);
  }
}

TEST_CASE("command line: recovery") {
  auto const fault = [](std::initializer_list<char const*> words) { return given(words).fault(); };
  auto const cli = given({"-r", "store", "-b", "1.5", "--forget-step=a.b", "--forget-step", "a.c"});
  CHECK(cli.fault().empty());
  CHECK(cli.options().recovery.directory == "store");
  CHECK(cli.options().recovery.backup_interval == 1500ms);
  CHECK(cli.options().recovery.forget_steps == std::vector<std::string>{"a.b", "a.c"});
  CHECK(given({"--recovery-init=3", "-r", "store"}).settings().recovery_init == 3);
  CHECK(given({"--recovery-status", "-r", "store"}).settings().recovery_status);
  auto const own = given({"--recovery-init=3", "-r", "store", "--recovery-set=words", "-i", "2"});  // without addresses
  CHECK(own.fault().empty());
  CHECK(own.settings().recovery_set == "words");
  CHECK(own.settings().process == 2u);
  CHECK(fault({"--recovery-set="}) == "--recovery-set: \"\" is no name");
  CHECK(fault({"--recovery-init=0"}) == "--recovery-init: \"0\" is too few: 1 at least");
  CHECK(fault({"-r", ""}) == "-r: \"\" is no directory");
  CHECK(fault({"--max-restarts=3"}) ==
        "--max-restarts: what -p has started is started again, and goes on from a store: with -p and -r");
}

TEST_CASE("command line: a program called without a name has one") {
  char const* const no_arguments[] = {nullptr};
  CHECK(leat::command_line(0, no_arguments).program() == "flow");
  char const* const empty[] = {"", nullptr};
  CHECK(leat::command_line(1, empty).program() == "flow");
}

TEST_CASE("version: the headers' is the build's") {
  CHECK(std::string(leat::version) == std::to_string(LEAT_VERSION_MAJOR) + "." + std::to_string(LEAT_VERSION_MINOR) +
                                          "." + std::to_string(LEAT_VERSION_PATCH));
  std::ifstream build("meson.build");
  REQUIRE(build);
  std::stringstream text;
  text << build.rdbuf();
  CHECK(text.str().find("version: '" LEAT_VERSION "'") != std::string::npos);
}

TEST_CASE("command line: a cluster") {
  auto const cli =
      given({"-i1", "-a", "one:2101; two:2101;", "--insecure", "--cluster=mine", "--formation-timeout", "5"});
  CHECK(cli.fault() == "");
  CHECK(cli.options().process == 1);
  CHECK(cli.options().addresses == std::vector<std::string>{"one:2101", "two:2101"});
  CHECK(cli.options().insecure);
  CHECK(cli.options().cluster == "mine");
  CHECK(cli.options().formation_timeout == 5s);
  CHECK(given({"-i", "0", "-a", "[::1]:1;b:2", "--insecure=no"}).options().insecure == false);
}

TEST_CASE("command line: a cluster that is only half described") {
  CHECK(given({"-i", "0"}).fault().find("needs the addresses of all of them") != std::string::npos);
  CHECK(given({"-a", "one:1;two:2"}).fault().find("need the number of this process") != std::string::npos);
  CHECK(given({"-i2", "-a", "one:1;two:2"}).fault() ==
        "-i: there is no process 2: -a names 2, and the first is process 0");
  CHECK(given({"-i0", "-a", "one:1;two:65536"}).fault() ==
        "-a: \"one:1;two:65536\" names \"two:65536\", whose port is not one from 1 to 65535");
  CHECK(given({"-i0", "-a", "one:0;two:1"}).fault() ==
        "-a: \"one:0;two:1\" names \"one:0\", whose port is not one from 1 to 65535");
  CHECK(given({"-i0", "-a", "one:1;two:"}).fault() ==
        "-a: \"one:1;two:\" names \"two:\", whose port is not one from 1 to 65535");
  CHECK(given({"-i0", "-a", "one:1;two:1;one:1"}).fault() ==
        "-a: \"one:1;two:1;one:1\" names \"one:1\" twice: each process has an address of its own");
  CHECK(given({"-i0", "-a", "one"}).fault() == "-a: \"one\" names \"one\", which has no port: write host:2101");
  for (std::string const list : {"one:1,two:1", "one:1 two:1", "one two:1"})
    CHECK(given({"-i0", "-a", list.c_str()}).fault() ==
          "-a: \"" + list + "\" names \"" + list +
              "\", which is not one address: write ; between two, one:2101;two:2101");
  CHECK(given({"-i0", "-a", ":1;:2"}).fault() == "-a: \":1;:2\" names \":1\", which has no host: write host:2101");
  CHECK(given({"-i0", "-a", " ; "}).fault().find("names no address") != std::string::npos);
  CHECK(given({"-ix", "-a", "one:1"}).fault() == "-i: \"x\" is not a whole number");
  CHECK(given({"--insecure=perhaps"}).fault() == "--insecure: \"perhaps\" is neither yes nor no");
  CHECK(given({"--formation-timeout=soon"}).fault().find("is not a number of seconds") != std::string::npos);
}

TEST_CASE("command line: the environment describes a cluster, and flags are stronger") {
  variable const process("BYTEWAX_PROCESS_ID", "0");
  variable const addresses("BYTEWAX_ADDRESSES", "one:1;two:2");
  CHECK(given({}).options().addresses.size() == 2);
  CHECK(given({}).options().process == 0);
  variable const ours("LEAT_PROCESS_ID", "1");
  CHECK(given({}).options().process == 1);
  CHECK(given({"-i", "0"}).options().process == 0);
  variable const short_secret("LEAT_SECRET", "too short");
  CHECK(given({}).fault() == "LEAT_SECRET: the secret is shorter than 16 bytes");
}

TEST_CASE("command line: a cluster on this machine") {
  auto const cli = given({"-w2", "-p", "3", "file", "--processes=4", "--prefix=never", "-s", "1", "--", "-p", "5"});
  CHECK(cli.all_local_processes().count == 4);
  CHECK(cli.all_local_processes().asked_by == "--processes");
  CHECK((cli.all_local_processes().prefix == leat::detail::output_prefix::nowhere));
  CHECK(cli.fault() == "");
  CHECK(cli.local_processes() == 4);
  CHECK(cli.words_of_each() == std::vector<std::string>{"-w2", "file", "-s", "1", "--", "-p", "5"});
  CHECK(cli.rest() == std::vector<std::string>{"file", "-p", "5"});
  CHECK(given({"-p2", "-i0", "-a", "one:1;two:2"}).fault().find("goes with neither -i nor -a") != std::string::npos);
  CHECK(given({"-p0"}).fault() == "-p: \"0\" is too few: 1 at least");
  CHECK(given({"-p"}).fault() == "-p is to be followed by N");
}

TEST_CASE("command line: pods and host files") {
  std::string const path = "build-hosts.txt";
  std::ofstream(path) << "one:2101\r\n\n  two:2101\nthree:2101";
  variable const hosts("BYTEWAX_HOSTFILE_PATH", path.c_str());
  CHECK(given({}).options().addresses.empty());  // without a number there is no cluster
  variable const pod("BYTEWAX_POD_NAME", "flow-2");
  variable const set("BYTEWAX_STATEFULSET_NAME", "flow");
  CHECK(given({}).options().process == 2);
  CHECK(given({}).options().addresses == std::vector<std::string>{"one:2101", "two:2101", "three:2101"});
  CHECK(given({"-i", "0"}).options().process == 0);
  variable const other("LEAT_STATEFULSET_NAME", "other");
  CHECK(given({}).fault().find("does not begin with that of its set") != std::string::npos);
  std::remove(path.c_str());
  CHECK(given({"-i", "0"}).fault().find("the host file build-hosts.txt cannot be read") != std::string::npos);
}

TEST_CASE("command line: a secret comes from a file that only its owner reads") {
  std::string const path = "build-secret.txt";
  std::ofstream(path) << "sixteen bytes or more\n";
  ::chmod(path.c_str(), 0644);
  CHECK(given({"--secret-file", path.c_str()}).fault().find("others may read it: chmod 600 it") != std::string::npos);
  ::chmod(path.c_str(), 0600);
  CHECK(given({"--secret-file", path.c_str()}).options().secret == "sixteen bytes or more");
  std::ofstream(path) << "short\n";
  CHECK(given({"--secret-file", path.c_str()}).fault().find("the secret is shorter than 16 bytes") !=
        std::string::npos);
  std::remove(path.c_str());
  CHECK(given({"--secret-file", path.c_str()}).fault().find("No such file or directory") != std::string::npos);
}

TEST_CASE("command line: root gives a secret to a group, as Kubernetes and systemd do" *
          doctest::skip(::geteuid() != 0)) {
  std::string const path = "/tmp/leat-secret-" + std::to_string(::getpid());
  std::ofstream(path) << "sixteen bytes or more\n";
  auto const fault_of = [&](mode_t mode) {
    ::chmod(path.c_str(), mode);
    child service([&] {
      if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) return 99;
      std::puts(given({"--secret-file", path.c_str()}).fault().c_str());
      return 0;
    });
    CHECK(service.ends() == 0);
    return service.out;
  };
  REQUIRE(::chown(path.c_str(), 0, 65534) == 0);
  CHECK(fault_of(0440) == "\n");
  CHECK(fault_of(0640) == "\n");
  CHECK(fault_of(0444).find("others may read it: chmod 600 it") != std::string::npos);
  // What another user than root lets its group read, and what root itself does not keep to itself.
  REQUIRE(::chown(path.c_str(), 65533, 65534) == 0);
  CHECK(fault_of(0440).find("others may read it: chmod 600 it") != std::string::npos);
  REQUIRE(::chown(path.c_str(), 0, 0) == 0);
  ::chmod(path.c_str(), 0440);
  CHECK(given({"--secret-file", path.c_str()}).fault().find("others may read it: chmod 600 it") != std::string::npos);
  std::remove(path.c_str());
}

TEST_CASE("command line: the exit status of a run that is stopped") {
  CHECK(given({}).settings().stopped_status == 0);
  CHECK(given({"--stopped-status=75"}).settings().stopped_status == 75);
  CHECK(given({"--stopped-status=256"}).fault().find("--stopped-status: \"256\" ") == 0);
}
