/** The named schedules of BIOs alone. */
import { type Schedule, schedule } from './schedule.ts'

export const bios: readonly Schedule[] = [
  schedule('P1: an empty half', 'pair a b 0 0; read a 100; read a 65536'),
  schedule(
    'P2: a request and what is written for it',
    'pair a b 0 0; read a 10; write b 4; read a 10; read a 10; forget b; read a 3; write b 0; read a 0',
  ),
  schedule(
    'P3: a full half',
    'pair a b 0 0; write a 30000; write a 1; read b 10; write a 16; nwrite0 a; nwrite a 4',
  ),
  schedule(
    'P4: storage that is lent, around the end of the ring',
    'pair a b 0 0; write a 10000; read b 5000; nwrite0 a; nwrite a 20000; nwrite a 20000; nwrite a 1',
    'nread0 b; nread b 6000; nread b 20000; nread b 0; nread b 2; read b 20000; nread b 0; nwrite a 0',
  ),
  schedule(
    'P4: one read across the end of the ring',
    'pair a b 0 0; write a 10000; read b 5000; write a 12408; read b 20000; nread0 b; nread b -1; nwrite a -1',
  ),
  schedule('P4: a negative count of a full ring', 'pair a b 4 4; write a 4; nread b -1'),
  schedule(
    'P5: a half that is shut',
    'pair a b 0 0; write a 5; shutdown_wr a; write a 1; nwrite0 a; read b 3; read b 2; read b 1; nread0 b',
    'write b 7; read a 7; reset a; write a 1; shutdown_wr a; shutdown_wr b; read a 1; write b 1',
  ),
  schedule('P5: a request outlives the end', 'pair a b 0 0; read b 8; shutdown_wr a; forget a'),
  schedule(
    'P6: parted with data',
    'pair a b 16 32; write a 5; write b 3; read a 8; read a 8; shutdown_wr b; part a; read a 1; read b 1; write b 1',
    'nread0 a; nwrite0 a; flush a; reset a; shutdown_wr a; part a; size a 7; join a b; write a 9; read b 9; write b 9',
  ),
  schedule(
    'P7: reset, and reading nothing',
    'pair a b 0 0; write a 5; write b 6; reset a; read b 1; read b 0; read a 9; flush a; gets a 4; reset b',
  ),
  schedule(
    'P8: sizes and pairing',
    'half a; half b; half x; size a 0; size a 3; size b 2; join a b; size a 9; join a b; join a x; join x a',
    'write a 4; write b 4; size x -1',
  ),
  schedule('P8: a half of itself', 'half a; join a a'),
  schedule('P8: a half of itself that has a peer', 'pair a b 0 0; join a a; join a b'),
  schedule(
    'P9: without a peer',
    'half a; read a 1; write a 1; nread a 1; nwrite a 1; gets a 4; read a 0',
  ),
  schedule(
    'P10: a half whose peer is freed',
    'pair a b 0 0; write a 5; free a; read b 9; write b 1',
  ),
  schedule('a pair is neither memory nor has lines', 'pair a b 3 3; gets a 9; write b 2; gets a 9'),
  schedule(
    'M1: empty memory',
    'mem m; read m 4; eof_return m 0; read m 4; eof_return m -5; read m 4; gets m 4; gets m -1; read m 0',
  ),
  schedule('M1: an end above 0', 'mem m; eof_return m 3; read m 3'),
  schedule(
    'M1: memory that is filled and emptied',
    'mem m; write m 300; read m 0; gets m 40; gets m 1; gets m 0; read m 100; write m 70000; flush m; read m 200; reset m; read m 1',
  ),
  schedule(
    'M2: read-only memory',
    'memro r 40; write r 3; read r 15; gets r 100; read r 100; read r 1; reset r; read r 4; eof_return r -1; read r 100; read r 4; gets r 5',
  ),
]
