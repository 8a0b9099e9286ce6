// SPDX-License-Identifier: BSL-1.0
// The handshake of docs/decisions/020-who-may-learn-what.md, with everything that an attacker can do who has no secret:
// all that is said passes through his hands. He dials, answers, relays, replays, reflects, swaps, and makes up.
// `./test --model` looks at every state.
//
// What the secret has part in is a term that only its holders can make: the attacker passes on what he has heard. A
// hello is public. He makes up others, with any role and any numbers; one of an honest process of which he has altered
// something is another hello too, since the terms cover all of it. What a process refuses changes nothing here: to end a
// session is no more than to hold back for ever what it waits for.
//
// Switches make the protocol weaker, and each has to be found out: OLD is protocol 1; NO_ROLE leaves the label out of the
// proofs; EAGER lets who accepts prove himself at once; PLAIN leaves the words behind the proofs unauthenticated; ORACLE
// lets a cluster that has formed go on signing. HONEST claims that nobody ever goes, which is wrong as long as the model
// is worth something.

// The sessions of two honest processes, 0 and 1, each of which is started once more: run 2. Process 2 is not there.
//   0: 0 dials 1   1: 0 dials 1, run 2   2: 0 dials 2   3: 1 dials 2
//   4: 1 accepts   5: 1 accepts another  6: 1 accepts, run 2   7: 0 accepts
#define SESSIONS 8
#define DIALS(s) ((s) < 4)
#define PROCESS(s) ((s) < 3 || (s) == 7 -> 0 : 1)
#define RUN(s) ((s) == 1 || (s) == 6 -> 2 : 1)
#define DIALED(s) ((s) < 2 -> 1 : 2)

// Hellos: those of the sessions, from 1, and from 100 those that were made up: 9 if accepting, 3 * process, process meant.
#define HELLO(s) ((s) + 1)
#define SESSION(h) ((h) - 1)
#define MADE_UP(h) ((h) >= 100)
#define MEANS(s) (DIALS(s) -> DIALED(s) : OTHER(heard[s]))
#define ACCEPTS_IN(h) (MADE_UP(h) -> ((h) - 100) / 9 : !DIALS(SESSION(h)))
#define OTHER(h) (MADE_UP(h) -> ((h) - 100) / 3 % 3 : PROCESS(SESSION(h)))
#define MEANT(h) (MADE_UP(h) -> ((h) - 100) % 3 : MEANS(SESSION(h)))

#define OF_DIALER(s) (DIALS(s) -> HELLO(s) : heard[s])
#define OF_ACCEPTOR(s) (DIALS(s) -> heard[s] : HELLO(s))
#define SAME_HELLOS(s, t) (heard[s] != 0 && OF_DIALER(s) == OF_DIALER(t) && OF_ACCEPTOR(s) == OF_ACCEPTOR(t))

#ifdef OLD
#define EAGER
#define PLAIN
#define ORACLE
#define PROOF_SERVES(s, t) (HELLO(s) == heard[t] && heard[s] == HELLO(t))
#else
#ifdef NO_ROLE
#define PROOF_SERVES(s, t) SAME_HELLOS(s, t)
#else
#define PROOF_SERVES(s, t) (DIALS(s) != DIALS(t) && SAME_HELLOS(s, t))
#endif
#endif
#ifdef PLAIN
#define WORD_SERVES(s, t) true
#define SAID(word, s) true
#else
#define WORD_SERVES(s, t) (DIALS(s) != DIALS(t) && SAME_HELLOS(s, t))
#define SAID(word, s) word[s]
#endif

// Another session of an honest process, at the other end of this very connection.
#define PARTNER(s, t) (DIALS(s) != DIALS(t) && SAME_HELLOS(s, t))
#define ANY(f, t) (f(0, t) || f(1, t) || f(2, t) || f(3, t) || f(4, t) || f(5, t) || f(6, t) || f(7, t))
#define PROVED_TO(s, t) (PARTNER(s, t) && proved[s])
#define GOES_WITH(s, t) (PARTNER(s, t) && going[s])
#define FORMED_AS(s, t) (PROCESS(s) == PROCESS(t) && RUN(s) == RUN(t) && phase[s] == gone)

#define greeting 0  // waits for the other's hello
#define proving 1   // waits for the other's proof
#define joined 2    // waits for the view
#define viewing 3   // waits for the go
#define gone 4

byte phase[SESSIONS];
byte heard[SESSIONS];   // the hello that came
bool proved[SESSIONS];  // has proved itself
bool viewed[SESSIONS];  // has told its view
bool going[SESSIONS];   // has said go
byte current[2] = 1;

#define RUNS(s) (RUN(s) == current[PROCESS(s)])
#define HELLO_IS_SAID(s) (DIALS(s) -> RUN(s) <= current[PROCESS(s)] : heard[s] != 0)

inline sign(s) {
#ifndef OLD  // which has to be found out by what comes of it
  assert(DIALS(s) || ANY(PROVED_TO, s));    // nothing is signed for a stranger who dials
  assert(DIALS(s) || !ANY(FORMED_AS, s));   // nor for anybody, once formed: then nobody is dialed any more either
#endif
  proved[s] = true
}

inline hear_hello(t, h) {
  if
  :: !MADE_UP(h) && PROCESS(SESSION(h)) == PROCESS(t) && RUN(SESSION(h)) == RUN(t)  // its own words
#ifndef OLD
  :: ACCEPTS_IN(h) != DIALS(t)
  :: DIALS(t) && OTHER(h) != DIALED(t)
  :: !DIALS(t) && OTHER(h) >= PROCESS(t)
  :: MEANT(h) != PROCESS(t)
#endif
#ifndef ORACLE
  :: !DIALS(t) && ANY(FORMED_AS, t)
#endif
  :: else ->
    heard[t] = h;
    phase[t] = proving;
    if
#ifndef EAGER
    :: !DIALS(t)
#endif
    :: else -> sign(t)
    fi
  fi
}

inline hear_proof(t) {
  if
#ifndef ORACLE
  :: !DIALS(t) && ANY(FORMED_AS, t)
#endif
  :: else ->
#ifndef EAGER
    if
    :: DIALS(t)
    :: else -> sign(t)
    fi;
#endif
#ifndef OLD
    assert(ANY(PROVED_TO, t));  // who is believed has proved himself, here
#endif
    phase[t] = joined;
    viewed[t] = true
  fi
}

inline go(t) {
  phase[t] = gone;
  // Whoever goes does so with one honest process, over one connection, in the right roles, and that one has said so.
  assert(ANY(GOES_WITH, t));
#ifdef HONEST
  assert(false)
#endif
}

active proctype attacker() {
  byte t, s, h;
  do
  :: atomic {
      select(t : 0 .. SESSIONS - 1);
      if
      :: RUNS(t) && phase[t] == greeting ->  // a hello, his own or another's
        if
        :: select(h : 100 .. 117)
        :: select(s : 0 .. SESSIONS - 1);
           if
           :: HELLO_IS_SAID(s) -> h = HELLO(s)
           :: else -> h = 0
           fi
        fi;
        if
        :: h != 0 -> hear_hello(t, h)
        :: else
        fi
      :: RUNS(t) && phase[t] == proving ->
        select(s : 0 .. SESSIONS - 1);
        if
        :: proved[s] && PROOF_SERVES(s, t) -> hear_proof(t)
        :: else
        fi
      :: RUNS(t) && phase[t] == joined ->
        select(s : 0 .. SESSIONS - 1);
        if
        :: WORD_SERVES(s, t) && SAID(viewed, s) -> phase[t] = viewing; going[t] = true
        :: else
        fi
      :: RUNS(t) && phase[t] == viewing ->
        select(s : 0 .. SESSIONS - 1);
        if
        :: WORD_SERVES(s, t) && SAID(going, s) -> go(t)
        :: else
        fi
      :: else
      fi;
      t = 0; s = 0; h = 0
    }
  :: atomic { current[0] == 1 -> current[0] = 2 }
  :: atomic { current[1] == 1 -> current[1] = 2 }
  od
}
