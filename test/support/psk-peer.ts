/** What a test peer says about pre-shared keys, right or wrong, with binders made apart from our own. */
import { concat } from '@biopair/crypto'
import {
  bindersLength,
  ClientHello,
  encodeMessage,
  readExtension,
  writeExtension,
} from '@biopair/handshake'
import { type ClientPeer, without } from './client-peer.ts'
import { type Bytes, binderOf, digest, type HashName } from './key-schedule.ts'

export interface PeerPsk {
  readonly identity: Uint8Array
  readonly key: Uint8Array
  readonly label: 'ext binder' | 'res binder' | 'imp binder'
  readonly hash: HashName
  readonly age?: number
}

export type Mode = 'psk_ke' | 'psk_dhe_ke'

/** A ClientHello with modes and keys; its binders cover the messages before it where it is a second one. */
export function withPsks(
  hello: ClientHello,
  psks: readonly PeerPsk[],
  { modes = ['psk_dhe_ke'] as readonly Mode[], before = [] as readonly Bytes[] } = {},
): ClientHello {
  const bare = without(without(hello, 'pre_shared_key'), 'psk_key_exchange_modes')
  const others = [
    ...(bare.extensions ?? []),
    writeExtension('ClientHello', 'psk_key_exchange_modes', { ke_modes: [...modes] }),
  ]
  const offer = (binders: Bytes[]) => ({
    ...bare,
    extensions: [
      ...others,
      writeExtension('ClientHello', 'pre_shared_key', {
        identities: psks.map(({ identity, age = 0 }) => ({
          identity: new Uint8Array(identity),
          obfuscated_ticket_age: age,
        })),
        binders,
      }),
    ],
  })
  const zeros = psks.map(({ hash }) => new Uint8Array(digest(hash).length))
  const whole = encodeMessage(ClientHello, offer(zeros))
  const truncated = whole.subarray(0, whole.length - bindersLength(zeros))
  return offer(
    psks.map(({ hash, key, label }) =>
      binderOf(hash, key, label, digest(hash, concat(...before, truncated))),
    ),
  )
}

/** Edits the pre_shared_key of a ClientHello as it stands: nothing is made anew. */
export function editPsks(hello: ClientHello, edit: (offer: Offer) => Offer): ClientHello {
  const offer = readExtension('ClientHello', 'pre_shared_key', hello.extensions ?? []) as Offer
  const raw = writeExtension('ClientHello', 'pre_shared_key', edit(offer))
  const extensions = (hello.extensions ?? []).map(other =>
    other.extension_type === raw.extension_type ? raw : other,
  )
  return { ...hello, extensions }
}

interface Offer {
  identities: { identity: Bytes; obfuscated_ticket_age: number }[]
  binders: Bytes[]
}

/** Says a ClientHello with keys, the first of which counts if the server takes it. */
export function offer(
  peer: ClientPeer,
  psks: readonly PeerPsk[],
  options: {
    readonly modes?: readonly Mode[]
    readonly edit?: (hello: ClientHello) => ClientHello
  } = {},
): void {
  const { edit = same, modes = ['psk_dhe_ke'] } = options
  peer.psk = psks[0]?.key
  peer.sendMadeHello(edit(withPsks(peer.clientHello('x25519'), psks, { modes })))
}

const same = (hello: ClientHello) => hello
