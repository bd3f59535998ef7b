/** A provider that remembers every secret it gave out, and every key it made, so that a test can see what lingers. */
import {
  type Aead,
  type AeadName,
  type CryptoProvider,
  failed,
  type Group,
  type GroupName,
  type Hash,
  type Hmac,
  type KeyShare,
} from '@biopair/crypto'

export interface Watched {
  readonly crypto: CryptoProvider
  /** Arrays that hold secrets: outputs of HMAC and shared secrets. */
  readonly secrets: Uint8Array[]
  /** HMACs, AEAD keys and key shares that were not wiped. */
  readonly live: ReadonlySet<object>
  /** How many there have been. */
  readonly made: () => number
}

/** Watches a provider. Zeros given out count as wiped: no secret is all zeros. */
export function watched(inner: CryptoProvider): Watched {
  const secrets: Uint8Array[] = []
  const live = new Set<object>()
  let made = 0
  const note = <T extends Uint8Array>(secret: T): T => {
    secrets.push(secret)
    return secret
  }
  const keep = <T extends { wipe(): void }>(key: T): T => {
    live.add(key)
    made++
    return key
  }
  const hash = (row: Hash): Hash => ({
    ...row,
    digest: (...parts) => row.digest(...parts),
    start: () => row.start(),
    hmac: key => {
      const made = row.hmac(key)
      const hmac: Hmac = {
        mac: (...parts) => note(made.mac(...parts)),
        wipe: () => {
          live.delete(hmac)
          made.wipe()
        },
      }
      return keep(hmac)
    },
  })
  const aead = (row: Aead): Aead => ({
    ...row,
    key: bytes => {
      const made = row.key(bytes)
      const key = {
        seal: made.seal.bind(made),
        open: made.open.bind(made),
        wipe: () => {
          live.delete(key)
          made.wipe()
        },
      }
      return keep(key)
    },
  })
  const group = (row: Group): Group => ({
    ...row,
    start: random => {
      const made = row.start(random)
      const share: KeyShare = {
        publicKey: made.publicKey,
        finish: peer => {
          const secret = made.finish(peer)
          return failed(secret) ? secret : note(secret)
        },
        wipe: () => {
          live.delete(share)
          made.wipe()
        },
      }
      return keep(share)
    },
    answer: (peer, random) => {
      const answer = row.answer(peer, random)
      if (!failed(answer)) note(answer.secret)
      return answer
    },
  })
  const each = <K extends string, T>(rows: Readonly<Record<K, T>>, wrap: (row: T) => T) =>
    Object.fromEntries(
      Object.entries<T>(rows).map(([name, row]) => [name, wrap(row)]),
    ) as unknown as Record<K, T>
  const crypto = {
    ...inner,
    hashes: each(inner.hashes, hash),
    aeads: each<AeadName, Aead>(inner.aeads, aead),
    groups: each<GroupName, Group>(inner.groups, group),
  }
  return { crypto, secrets, live, made: () => made }
}
