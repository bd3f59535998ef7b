/** A provider that remembers what its public-key operations gave: they are pure functions of their bytes and of the draws. */
import type {
  Bytes,
  CryptoProvider,
  Group,
  PublicKeyMaterial,
  SignatureAlgorithm,
} from '@biopair/crypto'
import { failed } from '@biopair/crypto'
import type { RewindableRandom } from './rewindable-random.ts'

/**
 * `provider` with remembered key exchanges, signatures and verifications, so that a handshake that was seen before costs
 * its hashes and records alone. Its draws have to come from `random`; secrets are handed out as copies, since they are wiped.
 */
export function memoCrypto(provider: CryptoProvider, random: RewindableRandom): CryptoProvider {
  const drawn = remembering<{ readonly value: unknown; readonly draws: number }>()
  /** Where the draws of a remembered call ended is where they end again. */
  const withDraws = <T>(key: string, make: () => T): T => {
    const before = random.draws
    const known = drawn(`${before}/${key}`, () => ({ value: make(), draws: random.draws }))
    random.rewind(known.draws)
    return known.value as T
  }
  const agreed = remembering<ReturnType<ReturnType<Group['start']>['finish']>>()
  const verified = remembering<boolean>()
  const keys = remembering<ReturnType<CryptoProvider['publicKey']>>()
  const groups = Object.fromEntries(
    Object.entries(provider.groups).map(([name, group]): [string, Group] => [
      name,
      {
        ...group,
        start() {
          const from = random.draws
          const share = withDraws(name, () => group.start(random.draw))
          return {
            publicKey: share.publicKey,
            finish(peer) {
              const secret = agreed(`${from}/${name}/${hex(peer)}`, () => share.finish(peer))
              return failed(secret) ? secret : secret.slice()
            },
            // The share is remembered, and used again.
            wipe() {},
          }
        },
        answer(peer) {
          const answer = withDraws(`${name}/${hex(peer)}`, () => group.answer(peer, random.draw))
          return failed(answer) ? answer : { ...answer, secret: answer.secret.slice() }
        },
      },
    ]),
  ) as CryptoProvider['groups']
  return {
    ...provider,
    groups,
    publicKey(material) {
      const id = materialId(material)
      const key = keys(id, () => provider.publicKey(material))
      if (failed(key)) return key
      return {
        material,
        verify: (algorithm, message, signature) =>
          verified(`${id}/${algorithmId(algorithm)}/${hex(message)}/${hex(signature)}`, () =>
            key.verify(algorithm, message, signature),
          ),
      }
    },
    privateKey(material) {
      const key = provider.privateKey(material)
      if (failed(key)) return key
      return {
        publicMaterial: key.publicMaterial,
        sign(algorithm, message): Bytes {
          const id = `${materialId(key.publicMaterial)}/${algorithmId(algorithm)}/${hex(message)}`
          return withDraws(id, () => key.sign(algorithm, message, random.draw)).slice()
        },
        wipe: () => key.wipe(),
      }
    },
  }
}

function remembering<T>(): (key: string, make: () => T) => T {
  const known = new Map<string, { readonly value: T }>()
  return (key, make) => {
    const old = known.get(key)
    if (old) return old.value
    const value = make()
    // Most mutations are seen once: what they lead to is not worth keeping for ever.
    if (known.size < 2000) known.set(key, { value })
    return value
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

function algorithmId(algorithm: SignatureAlgorithm): string {
  return JSON.stringify(algorithm)
}

function materialId(material: PublicKeyMaterial): string {
  return JSON.stringify(material, (_, value) => (value instanceof Uint8Array ? hex(value) : value))
}
