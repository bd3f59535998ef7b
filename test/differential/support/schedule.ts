/**
 * What a schedule is: calls, one a line. What is written here can be given to libssl.c as it stands.
 *
 * - `pair A B n m`, `half A`, `mem M`, `memro M n`; `size A n`, `join A B`, `part A`, `free A`: BIOs, made and parted
 * - `read A n`, `write A n`, `gets A n`, `nread0 A`, `nread A n`, `nwrite0 A`, `nwrite A n`, `flush A`, `reset A`,
 *   `forget A` (the read request), `shutdown_wr A`, `eof_return M n`
 * - `move A B [n [at]]`: n bytes (-1: all) from A to B, the one at `at` spoilt; `copy A B`: all that A has to B, and it stays; `say A hex`: these bytes to A
 * - `ssl C role A`: a connection over A, which is its own then; `bare C role`, `wire C A`, `role C role`: step by step
 * - `tickets n`: of servers made from here on; `mode C n`, `quiet C n`, `set_shutdown C n`, `expect C host`
 * - `handshake C`, `connect C`, `accept C`, `sslread C n`, `sslpeek C n`, `sslwrite C n [moved]`, `sslwrite_ex C n`,
 *   `shutdown C`, `key_update C n`, `ticket S`, `sslfree C`
 * - `session C K`, `resume C K`: the session of a connection gets the name K; K, or none, is to be resumed. `early n`: bytes of early data that
 *   tickets of servers permit which are made from here on; `early_write C n`, `early_read S n`
 * - `psk C name`, `psk_before C name`: a key that was agreed on elsewhere, by the callbacks of sessions or by those of before; `no` says no
 * - `verify C mode`, `pha C n`, `ask S`: later authentication
 * - `shake C S`: handshake calls on both until both are done
 * - `queue keep`: the thread's error queue is not emptied before each call any more, as if a program forgot to
 */
export interface Schedule {
  readonly title: string
  readonly calls: readonly string[]
}

/** Two connections over one pair, that have shaken hands. */
export const ends = (size: number): string[] => [
  `pair a b ${size} ${size}`,
  'ssl c client a',
  'ssl s server b',
  'shake c s',
]

/** Two connections, each over a pair of its own, that have shaken hands: so that what is on its way can be cut, spoilt and stopped. */
export const wired: readonly string[] = [
  'pair a b 0 0',
  'pair x y 0 0',
  'ssl c client a',
  'ssl s server y',
  'handshake c',
  'move b x',
  'handshake s',
  'move x b',
  'handshake c',
  'move b x',
  'handshake s',
]

/** Several calls in one line of code. */
export function calls(line: string): string[] {
  return line.split('; ')
}

/** A schedule whose lines of code may hold several calls each. */
export function schedule(
  title: string,
  ...lines: readonly (string | readonly string[])[]
): Schedule {
  return { title, calls: lines.flat().flatMap(calls) }
}

/** The sizes of the seeds. */
export const ringSizes = [1, 5, 6, 100, 256, 17408] as const
