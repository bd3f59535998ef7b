/** The named schedules: the contract's rows. */
import { bios } from './bio-schedules.ts'
import { resumptions } from './resumption-schedules.ts'
import { ends, ringSizes, type Schedule, schedule, wired } from './schedule.ts'

const tenTimes = (call: string) => Array.from({ length: 10 }, () => call)

const handshakes = [
  schedule(
    'S1: every call without a role',
    'pair a b 0 0; bare c client; handshake c; sslread c 1; sslpeek c 1; sslwrite c 1; shutdown c; sslread c 0; sslwrite c 0',
    'wire c a; handshake c; sslread c 1; role c client; handshake c; handshake c',
  ),
  schedule(
    'S1: a role that the method lacks',
    'pair a b 0 0; bare c client; bare s server; accept c; wire c a; wire s b; accept c; connect s; sslread c 1; sslpeek c 1',
    'sslwrite c 1; shutdown c; handshake c; sslread s 1; role c client; handshake c; role s server; shutdown s; accept s',
  ),
  schedule('S1: a client without a BIO', 'bare c client; connect c'),
  schedule('S1: a server without a BIO', 'bare s server; accept s'),
  schedule(
    'S1: before the handshake is over',
    'pair a b 0 0; ssl c client a; ssl s server b; shutdown c; handshake c; shutdown c; sslread c 5; sslpeek c 5; sslwrite c 5',
    'key_update c 1; ticket s; sslread s 5; shutdown s; sslpeek s 1; sslwrite c 5; sslread s 9; sslread s 9; sslwrite s 2; sslread c 9',
  ),
  schedule('S1: reading nothing before the handshake', 'pair a b 0 0; ssl s server b; sslread s 0'),
  schedule(
    'S2: what a read asks for',
    'pair a b 0 0; pair x y 0 0; ssl c client a; ssl s server y; handshake c; move b x 3; handshake s; move b x 2; handshake s',
    'move b x 100; handshake s; move b x; handshake s; move x b; handshake c; move b x; handshake s; sslwrite c 1000',
    'move b x 3; sslread s 5; move b x 2; sslread s 5; move b x 100; sslread s 5; move b x; sslread s 5; sslread s 5000',
  ),
  schedule(
    'S2: a wrong name',
    'pair a b 0 0; ssl c client a; ssl s server b; expect c other.example; handshake c; handshake s; handshake c; handshake c; handshake s; handshake s',
    'sslread s 1; sslwrite s 1; shutdown s; shutdown c; sslread c 1',
  ),
  schedule(
    'S2: a peer that speaks HTTP',
    'pair a b 0 0; ssl s server b; say a 474554202f20485454502f312e310d0a0d0a; handshake s; handshake s; sslread s 1',
  ),
  schedule(
    'S2: the end of the carrier in the handshake',
    'pair a b 0 0; ssl c client a; handshake c; shutdown_wr b; handshake c; handshake c; sslread c 1; sslwrite c 1; shutdown c',
  ),
  schedule(
    'S2: close_notify in the handshake',
    'pair a b 0 0; ssl c client a; handshake c; say b 15030300020100; handshake c; handshake c',
  ),
]

const data = [
  schedule(
    'S3: records, peeks and what is pending',
    ends(0),
    'sslwrite c 3; sslwrite c 4; sslpeek s 100; sslpeek s 2; sslread s 2; sslpeek s 9; sslread s 100; sslread s 100; sslread s 9',
    'sslwrite_ex s 5; sslread c -1; sslwrite c -1; sslread c 3; sslread c 3; sslread c 3; handshake c; connect c; accept c',
  ),
  schedule(
    'S3: writing nothing',
    ends(0),
    'sslwrite c 0; sslwrite_ex c 0; sslwrite c 1; sslread s 1',
  ),
  schedule(
    'S3: reading nothing where something is',
    ends(0),
    'sslwrite c 9; sslread s 0; sslread s 9',
  ),
  schedule(
    'S3: reading nothing where nothing is',
    ends(0),
    'sslread s 0; sslpeek s 0; sslwrite s 4; sslread c 4',
  ),
  schedule(
    'S3: reading nothing of what is pending',
    ends(0),
    'sslwrite c 9; sslread s 4; sslread s 0; sslread s 9',
  ),
  schedule(
    'S3: a key update that is asked for',
    ends(0),
    'key_update c 1; sslwrite c 5; sslread s 9; sslread s 9; sslwrite s 5; sslread c 9; key_update c 0; handshake c; sslread s 9',
    'key_update c 5; key_update s 0; sslwrite s 6; sslread c 9; sslwrite c 7; sslread s 9',
  ),
  schedule(
    'S3: tickets',
    ends(0),
    'ticket c; ticket s; handshake s; sslread c 9; sslwrite s 3; sslread c 9',
  ),
  schedule(
    'S4: more than fits, the same again',
    ends(0),
    'sslwrite c 40000; sslread s 16384; sslread s 16384; sslwrite c 40000; sslread s 16384; sslwrite c 40000; sslread s 16384; sslread s 1',
  ),
  schedule('S4: a shorter retry', ends(100), 'sslwrite c 500; sslwrite c 400'),
  schedule('S4: another buffer', ends(100), 'sslwrite c 500; sslwrite c 500 moved; sslread s 10'),
  schedule(
    'S4: another buffer that may move, and a longer retry',
    ends(100),
    'mode c 2; sslwrite c 200; sslwrite c 300 moved; sslwrite s 50; sslread c 90; sslread s 90; sslwrite c 300 moved; handshake c',
    'sslread s 90; sslwrite c 300; sslread s 90; sslwrite c 300; sslread s 150; sslwrite c 300; sslread s 400; sslread s 400',
  ),
  schedule(
    'S4: partial writes',
    ends(0),
    'mode c 1; sslwrite c 40000; sslread s 16384; sslwrite c 300; sslread s 400',
  ),
  schedule(
    'S4: a partial write that has to wait',
    ends(0),
    'mode c 1; sslwrite c 40000; sslwrite c 40000; sslread s 16384; sslwrite c 40000',
  ),
  ...ringSizes.map(size =>
    schedule(
      `S11: both write over rings of ${size}, and each reads`,
      ends(size),
      Array.from(
        { length: 12 },
        () => 'sslwrite c 300; sslwrite s 300; sslread c 50; sslread s 50',
      ),
    ),
  ),
]

const goodbyes = [
  schedule(
    'S5: idle, and half-closed',
    ends(0),
    'shutdown c; shutdown c; sslwrite c 1; sslread s 1; sslread s 1; sslpeek s 1; sslwrite s 7; sslread c 9; shutdown s; shutdown s; sslread c 9; shutdown c; sslwrite s 1',
  ),
  schedule(
    'S5: crossing',
    ends(0),
    'shutdown c; shutdown s; shutdown c; shutdown s; sslread c 1; sslread s 1',
  ),
  schedule(
    'S5: data behind our goodbye',
    ends(0),
    'sslwrite s 7; shutdown c; shutdown c; sslread c 9; shutdown c',
  ),
  schedule(
    'S5: over a full pipe',
    ends(100),
    'sslwrite c 70; shutdown c; sslread s 100; shutdown c; sslread s 100; shutdown s; shutdown c',
  ),
  schedule(
    'S5: with a write that waits',
    ends(100),
    'sslwrite c 500; shutdown c; shutdown c; sslread s 100; shutdown c',
  ),
  schedule(
    'S5: quiet',
    ends(0),
    'quiet c 1; shutdown c; sslread c 1; sslwrite c 1; sslread s 1; sslwrite s 4; sslread c 1',
  ),
  schedule(
    'S5: as if one half had happened',
    ends(0),
    'set_shutdown c 2; sslread c 1; shutdown c; set_shutdown s 1; sslwrite s 1; shutdown s; sslread s 1',
  ),
  schedule(
    'S5: a cut',
    wired,
    'sslwrite c 1000; move b x 107; sslread s 5; shutdown_wr x; sslread s 5; sslread s 5; sslwrite s 3',
  ),
  schedule(
    'S7: a spoilt record, and every call ten times',
    wired,
    'sslwrite c 1000; move b x -1 40; sslread s 10',
    [
      ...tenTimes('sslread s 10'),
      'sslpeek s 1',
      'sslwrite s 10',
      'handshake s',
      'shutdown s',
      'move x b',
    ],
    tenTimes('sslread c 10'),
    'sslwrite c 10; handshake c; shutdown c; sslpeek c 1',
  ),
  schedule(
    'S7: a fatal alert in the handshake, and every call ten times',
    'pair a b 0 0; ssl c client a; say b 15030300020228',
    tenTimes('handshake c'),
    'sslread c 1; sslwrite c 1; shutdown c',
  ),
]

const orders = [
  schedule('S3: an order that waits for room, and a read', ends(1), 'key_update c 0; sslread c 1'),
  schedule('S3: an order behind our goodbye', ends(0), 'shutdown s; ticket s; sslread s 1'),
  schedule('S3: an order behind a write', ends(5), 'sslwrite c 3000; key_update c 0'),
  schedule('S3: an order and a goodbye', ends(0), 'key_update s 0; shutdown s'),
  schedule(
    'S3: an order that is to go behind a write',
    ends(100),
    'sslwrite s 50; sslwrite s 50; ticket s; handshake s',
  ),
  schedule(
    'S4: a BIO that is broken',
    ends(0),
    'shutdown_wr a; sslwrite c 3; sslread c 1; sslwrite c 3',
  ),
  schedule(
    'S4: what a write left, and a read',
    ends(5),
    'sslwrite c 300; sslread s 1; sslread c 1',
  ),
  schedule('S5: a goodbye that is taken back', ends(0), 'shutdown c; set_shutdown c 0'),
  schedule(
    'S5: an end that is only said, behind a write',
    ends(5),
    'set_shutdown c 2; sslwrite c 300; sslpeek c 1',
  ),
  ...ringSizes.map(size =>
    schedule(
      `S1: handshake calls over rings of ${size}`,
      `pair a b ${size} ${size}; ssl c client a; ssl s server b`,
      Array.from({ length: 8 }, () => 'handshake c; sslread s 1; handshake s; sslpeek c 1'),
      'shake c s; sslwrite c 1; sslread s 9; shutdown s; sslread c 9',
    ),
  ),
]

export const named: readonly Schedule[] = [
  ...bios,
  ...handshakes,
  ...data,
  ...orders,
  ...goodbyes,
  ...resumptions,
]
