/** UNSAFE, for fuzzers alone: groups whose shares have the right length and agree on zeros. */
import { type CryptoFailure, type CryptoProvider, type Group, groups } from '@biopair/crypto'

interface Lengths {
  /** Of the client's share, the server's, and the secret. */
  readonly client: number
  readonly server: number
  readonly secret: number
  /** What a share begins with. */
  readonly first: number
}

const lengths = {
  X25519MLKEM768: { client: 1216, server: 1120, secret: 64, first: 1 },
  x25519: { client: 32, server: 32, secret: 32, first: 1 },
  secp256r1: { client: 65, server: 65, secret: 32, first: 4 },
  secp384r1: { client: 97, server: 97, secret: 48, first: 4 },
  secp521r1: { client: 133, server: 133, secret: 66, first: 4 },
} as const satisfies Record<keyof typeof groups, Lengths>

/** A share of zeros, or of another length, is none; of the curves' points, only what begins with 04 is one. */
export const nullGroups: CryptoProvider['groups'] = Object.fromEntries(
  Object.entries(lengths).map(([name, row]) => [name, nullGroup(groups[name as 'x25519'], row)]),
) as Record<keyof typeof lengths, Group>

function nullGroup({ id, name }: Pick<Group, 'id' | 'name'>, row: Lengths): Group {
  const share = (length: number) => new Uint8Array(length).fill(row.first)
  const secret = () => new Uint8Array(row.secret)
  return {
    id,
    name,
    start: () => ({
      publicKey: share(row.client),
      finish: peer => fault(row, peer, row.server) ?? secret(),
      wipe() {},
    }),
    answer: peer =>
      fault(row, peer, row.client) ?? { publicKey: share(row.server), secret: secret() },
  }
}

function fault({ first }: Lengths, peer: Uint8Array, length: number): CryptoFailure | undefined {
  if (peer.length !== length)
    return { failure: 'bad_key_share', why: `expected ${length} bytes, got ${peer.length}` }
  if (first === 4 ? peer[0] === 4 : peer[0] !== 0) return undefined
  return { failure: 'bad_key_share', why: `expected a share, got one that begins with ${peer[0]}` }
}
