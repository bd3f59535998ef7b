/** The named schedules of sessions, early data, keys that were agreed on elsewhere, and later authentication: the contract's section 5.10. */
import { ends, type Schedule, schedule, wired } from './schedule.ts'

/** Two more connections, of which the client goes on with a session. */
const next = (session: string) =>
  `pair x y 0 0; ssl d client x; ssl u server y; resume d ${session}`

/** A connection whose session is k, and which was taken leave of. */
const before = [
  'tickets 1',
  ...ends(0),
  'sslread c 9; session c k; shutdown c; sslread s 9; shutdown s; shutdown c; sslfree c; sslfree s',
]

const sessions = [
  schedule(
    '5.10: a session before its ticket is read, and behind each',
    'tickets 2; pair a b 0 0; ssl c client a; ssl s server b; session c k; shake c s; session c k; sslread c 9; session c k; session s v',
  ),
  schedule(
    '5.10: a session is resumed, and resumed again',
    before,
    next('k'),
    'handshake d; handshake u; handshake d; handshake u; sslwrite d 9; sslread u 9; sslread d 9; session d k; shutdown d; sslread u 9; shutdown u; sslfree d; sslfree u',
    next('k'),
    'shake d u; sslread d 9',
  ),
  schedule(
    '5.10: a session that is given late, taken back, or none yet',
    before,
    next('k'),
    'resume d none; handshake d; resume d k; shake d u; resume d k; sslwrite d 3; sslread u 9',
  ),
  schedule(
    '5.10: a session whose ticket was not read is none',
    'tickets 1',
    ends(0),
    'session c k',
    next('k'),
    'shake d u',
  ),
  schedule(
    '5.10: a connection that is freed without a goodbye takes its session along',
    'tickets 1',
    ends(0),
    'sslread c 9; session c k; sslfree c',
    next('k'),
    'shake d u',
  ),
  schedule(
    '5.10: a connection that fails takes its session along',
    'tickets 1',
    wired,
    'sslread s 9; move x b; sslread c 9; session c k; sslwrite s 9; move x b -1 12; sslread c 9; session c k; move b x; sslfree c',
    'pair i j 0 0; ssl d client i; ssl u server j; resume d k; shake d u',
  ),
  schedule(
    '5.10: a resumption that fails takes the session along',
    before,
    next('k'),
    'handshake d; handshake u; say y 17030300050102030405; handshake d',
    'pair i j 0 0; ssl e client i; ssl v server j; resume e k; shake e v',
  ),
  schedule(
    '5.10: a ticket that is asked for',
    ends(0),
    'session c k; ticket s; ticket s; sslread c 9; session c k; handshake s; sslread c 9; session c k',
    next('k'),
    'shake d u',
  ),
  schedule('5.10: a ticket over a ring that it hardly fits', ends(256), 'ticket s; sslwrite s 3'),
]

const early = [
  schedule(
    'S12: early data that is accepted',
    'early 100',
    before,
    next('k'),
    'early_write d 9; early_read u 5; early_read u 50; early_read u 50; handshake d; early_read u 50; handshake u; sslwrite d 4; sslread u 9; early_read u 9; early_write d 3',
  ),
  schedule(
    'S12: early data that is accepted, and a server that goes on to shake hands',
    'early 100',
    before,
    next('k'),
    'early_write d 9; early_read u 50; handshake d; handshake u; sslwrite d 4; sslread u 9; sslwrite u 3; sslread d 9; early_write d 3; early_read u 3',
  ),
  schedule(
    'S12: early data by pieces, and a server that answers before the Finished',
    'early 100',
    before,
    next('k'),
    'early_write d 9; early_write d 8; early_read u 50; early_write u 7; early_read u 50; sslread d 50; handshake d; early_read u 9; handshake u; sslread d 9',
  ),
  schedule(
    'S12: a server that shakes hands without reading early data rejects it',
    'early 100',
    before,
    next('k'),
    'early_write d 9; handshake u; handshake d; handshake u; sslread u 9; sslwrite d 9; sslread u 9',
  ),
  schedule(
    'S12: a ticket that permits early data, a second time',
    'early 100',
    before,
    next('k'),
    'early_write d 9; early_read u 50; handshake d; handshake u; sslread d 9; shutdown d; sslread u 9; shutdown u; shutdown d; sslfree d; sslfree u',
    next('k'),
    'early_write d 9; early_read u 50; handshake d; handshake u; sslread u 9; sslwrite d 9; sslread u 9',
  ),
  schedule(
    'S12: early data that is played again is rejected',
    'early 100',
    before,
    next('k'),
    'pair i j 0 0; ssl v server j; early_write d 9; copy y i; early_read u 50; early_read v 50',
  ),
  schedule(
    'S12: more early data than the session permits',
    'early 20',
    before,
    next('k'),
    'early_write d 15; early_write d 15; handshake d',
  ),
  schedule(
    'S12: early data without a session, and with one that permits none',
    before,
    'pair x y 0 0; ssl d client x; ssl u server y; early_write d 9; resume d k; early_write d 9; handshake d; early_read u 9; handshake u',
  ),
  schedule(
    'S12: a server that reads early data where there is none',
    'early 100',
    'pair a b 0 0; ssl c client a; ssl s server b; handshake c; early_read s 9; handshake c; handshake s; early_read s 9',
  ),
  schedule(
    'S12: early data in the wrong role',
    'pair a b 0 0; ssl c client a; ssl s server b; early_read c 9; early_write s 9',
  ),
  schedule(
    'S12: reading between early data, at the client, and writing, at the server',
    'early 100',
    before,
    next('k'),
    'early_write d 9; sslread d 9; early_read u 5; sslwrite u 3',
  ),
  schedule(
    'S12: SSL_read where early data is',
    'early 100',
    before,
    next('k'),
    'early_write d 9; early_read u 5; sslread u 9',
  ),
]

const updates = [
  schedule(
    'S12: a KeyUpdate that is asked for while the receiver has a write that waits',
    ends(100),
    'sslwrite s 300; key_update c 1; handshake c; sslread s 9; sslread c 100; sslwrite s 300; sslread c 100; sslwrite s 300; sslread c 300',
  ),
]

const keys = [
  schedule(
    '5.8: a key that was agreed on elsewhere',
    'pair a b 0 0; ssl c client a; ssl s server b; psk c lathe; psk s lathe; shake c s; sslwrite c 3; sslread s 9',
  ),
  schedule(
    '5.8: a key of before TLS 1.3',
    'pair a b 0 0; ssl c client a; ssl s server b; psk_before c lathe; psk_before s lathe; shake c s; sslwrite c 3; sslread s 9',
  ),
  schedule(
    '5.8: a key that the server does not know',
    'pair a b 0 0; ssl c client a; ssl s server b; psk c lathe; psk s drill; shake c s; sslwrite c 3; sslread s 9',
  ),
  schedule(
    '5.8: a key of before TLS 1.3 that the server does not know, and one that the client does not have',
    'pair a b 0 0; ssl c client a; ssl s server b; psk_before c lathe; psk_before s drill; shake c s; sslfree c; sslfree s',
    'pair x y 0 0; ssl d client x; ssl u server y; psk_before d no; psk_before u drill; shake d u',
  ),
  schedule(
    '5.8: a client whose callback says no',
    'pair a b 0 0; ssl c client a; psk c no; handshake c; handshake c',
  ),
  schedule(
    '5.8: a server whose callback says no',
    'pair a b 0 0; ssl c client a; ssl s server b; psk c lathe; psk s no; handshake c; handshake s; handshake s',
  ),
]

const later = [
  schedule(
    '5.10: authentication after the handshake',
    'tickets 1; pair a b 0 0; ssl c client a; ssl s server b; pha c 1; verify s 9; shake c s; sslread c 9; ask s; handshake s; sslread c 9; sslread s 9; sslread c 9; ask s',
  ),
  schedule(
    '5.10: authentication after the handshake, beside data',
    'pair a b 0 0; ssl c client a; ssl s server b; pha c 1; verify s 9; shake c s; ask s; sslwrite s 30; sslread c 9; sslread c 50; sslwrite c 7; sslread s 9',
  ),
  schedule(
    '5.10: a request that cannot be: of a client, and before the handshake is over',
    'pair a b 0 0; ssl c client a; ssl s server b; pha c 1; verify s 9; ask c; ask s; shake c s; ask c',
  ),
  schedule(
    '5.10: a request that was ordered, and another',
    'pair a b 0 0; ssl c client a; ssl s server b; pha c 1; verify s 9; shake c s; ask s; ask s',
  ),
  schedule(
    '5.10: a request that cannot be: without the extension',
    'pair a b 0 0; ssl c client a; ssl s server b; verify s 9; shake c s; ask s',
  ),
  schedule(
    '5.10: a request that cannot be: without SSL_VERIFY_PEER, and a second one',
    'pair a b 0 0; ssl c client a; ssl s server b; pha c 1; shake c s; ask s; verify s 9; ask s; handshake s; ask s',
  ),
]

export const resumptions: readonly Schedule[] = [
  ...sessions,
  ...early,
  ...updates,
  ...keys,
  ...later,
]
