/** Every difference to OpenSSL 3, Node and Go that is meant, with the reason: the oracle is silent about these, so that it speaks of news alone. */
import type { Intended } from './compare.ts'
import { answers } from './intended-answers.ts'
import { refusalsOf } from './refusals.ts'

/** Where there are two faults, which is found first is each server's own: but each answer is one that one of the two draws. */
const order: Intended = {
  id: 'the order of checks',
  theirs: 'find one fault',
  ours: 'find the other',
  why: 'RFC 9846 6.2 has no order of checks.',
  explains: ({ change, fact, theirs, ours }) =>
    fact === 'answer' &&
    // A bit of an extension's type makes two faults: one is missing, and what stands there is another.
    (change.includes(' + ') ||
      (change === 'a byte changed' &&
        [theirs, ours].some(answer => /missing_extension|protocol_version/.test(answer)))) &&
    [theirs, ours].every(answer => refusalsOf(change).includes(answer)),
}

/** Whose order counts is each server's own: ours goes by its own, OpenSSL and Go's TLS 1.3 need not. */
const choice: Intended = {
  id: 'whose order of suites counts',
  theirs: "OpenSSL takes the client's first, Go its own",
  ours: 'take our own first',
  why: 'docs/decisions/suite-and-group-order.md; RFC 9846 4.2.3 leaves the choice to the server.',
  explains: ({ change, fact, theirs, ours }) =>
    (fact === 'suite' || fact === 'retry suite') &&
    change.split(' + ').includes('a byte changed') &&
    [theirs, ours].every(suite => /^0x130[1-3]$/.test(suite)),
}

/** The same of groups, where TLS 1.2 has no shares that would decide. */
const groups12: Intended = {
  id: 'whose order of groups counts',
  theirs: "take the client's first",
  ours: 'take our own first',
  why: 'docs/decisions/suite-and-group-order.md; RFC 8422 5.1 leaves the choice to the server.',
  explains: ({ change, fact, theirs, ours }) =>
    fact === 'key exchange' &&
    change.split(' + ').includes('shares: in another order than the groups') &&
    ours === 'x25519' &&
    theirs === 'secp256r1',
}

const pointFormats: Intended = {
  id: 'compressed points',
  theirs: 'OpenSSL says that it reads two compressed forms',
  ours: 'uncompressed alone',
  why: 'RFC 8422 5.1.2: the other formats are deprecated.',
  explains: ({ server, fact, theirs, ours }) =>
    ['openssl', 'node'].includes(server) &&
    fact === 'extension ec_point_formats' &&
    theirs === 'bytes 03000102' &&
    ours === 'bytes 0100',
}

/** Extensions of a ServerHello of TLS 1.2 that are each server's own to give. */
const extras: Intended = {
  id: 'extensions that are offered back',
  theirs:
    'OpenSSL and Go do not know record_size_limit; Go acknowledges the name, OpenSSL with -servername alone',
  ours: 'answer record_size_limit and server_name',
  why: 'RFC 8449 4, RFC 6066 3: each is answered where it is used.',
  explains: ({ fact, theirs, ours }) => {
    const [, value] = /^(?:encrypted )?extension (.*)$/.exec(fact) ?? []
    // The names say what is not there.
    if (value) return optional.includes(value) && [theirs, ours].includes('nothing')
    return (
      (fact === 'extensions' || fact === 'encrypted extensions') &&
      [...less(ours, theirs), ...less(theirs, ours)].every(name => optional.includes(name))
    )
  },
}

const optional = ['record_size_limit', 'server_name', 'supported_groups']

function less(a: string, b: string): string[] {
  return a.split(' ').filter(name => !b.split(' ').includes(name))
}

export const intended: readonly Intended[] = [
  ...answers,
  order,
  choice,
  groups12,
  pointFormats,
  extras,
]
