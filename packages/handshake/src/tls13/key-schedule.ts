/** The key schedule, a stage at a time: a secret of a later stage cannot be asked of an earlier one (RFC 9846 §7.1). */
import {
  type CipherSuite,
  type CryptoProvider,
  equal,
  type Hash,
  type Hmac,
  hkdfExpandLabel,
  hkdfExtract,
  type TrafficSecret,
  wipe,
} from '@biopair/crypto'
import type { Bytes } from '@biopair/wire'
import type { Psk, PskKind } from '../psk.ts'

const none = new Uint8Array(0)

/** A value of the column on the left of the diagram: raw entropy, kept as a keyed HMAC. */
class Stage {
  protected readonly suite: CipherSuite
  protected readonly hash: Hash
  readonly #secret: Hmac

  constructor(suite: CipherSuite, hash: Hash, secret: Bytes) {
    this.suite = suite
    this.hash = hash
    this.#secret = hash.hmac(secret)
    wipe(secret)
  }

  /** Derive-Secret(., label, Messages), given Transcript-Hash(Messages). */
  protected derive(label: string, transcriptHash: Uint8Array): Bytes {
    return hkdfExpandLabel(this.hash, this.#secret, label, transcriptHash, this.hash.length)
  }

  protected traffic(label: string, transcriptHash: Uint8Array): TrafficSecret {
    return { suite: this.suite, secret: this.derive(label, transcriptHash) }
  }

  /** HKDF-Extract of the next stage, with Derive-Secret(., "derived", "") as the salt. */
  protected next(keyMaterial: Uint8Array): Bytes {
    const salt = this.derive('derived', this.hash.digest())
    const secret = hkdfExtract(this.hash, salt, keyMaterial)
    wipe(salt)
    this.wipe()
    return secret
  }

  wipe(): void {
    this.#secret.wipe()
  }
}

/** Early Secret: PSK, or zeros without one. */
export class EarlyStage extends Stage {
  constructor(suite: CipherSuite, crypto: CryptoProvider, psk?: Uint8Array) {
    const hash = crypto.hashes[suite.hash]
    super(suite, hash, hkdfExtract(hash, undefined, psk ?? new Uint8Array(hash.length)))
  }

  /** client_early_traffic_secret, for ClientHello. */
  clientTraffic(transcriptHash: Uint8Array): TrafficSecret {
    return this.traffic('c e traffic', transcriptHash)
  }

  /** Handshake Secret. Wipes this stage and the shared secret. */
  handshake(sharedSecret: Bytes): HandshakeStage {
    const secret = this.next(sharedSecret)
    wipe(sharedSecret)
    return new HandshakeStage(this.suite, this.hash, secret)
  }
}

export class HandshakeStage extends Stage {
  /** client_handshake_traffic_secret, for ClientHello...ServerHello. */
  clientTraffic(transcriptHash: Uint8Array): TrafficSecret {
    return this.traffic('c hs traffic', transcriptHash)
  }

  /** server_handshake_traffic_secret, for ClientHello...ServerHello. */
  serverTraffic(transcriptHash: Uint8Array): TrafficSecret {
    return this.traffic('s hs traffic', transcriptHash)
  }

  /** Main Secret. Wipes this stage. */
  main(): MainStage {
    return new MainStage(this.suite, this.hash, this.next(new Uint8Array(this.hash.length)))
  }
}

export class MainStage extends Stage {
  /** client_application_traffic_secret_0, for ClientHello...server Finished. */
  clientTraffic(transcriptHash: Uint8Array): TrafficSecret {
    return this.traffic('c ap traffic', transcriptHash)
  }

  /** server_application_traffic_secret_0, for ClientHello...server Finished. */
  serverTraffic(transcriptHash: Uint8Array): TrafficSecret {
    return this.traffic('s ap traffic', transcriptHash)
  }

  /** exporter_secret, for ClientHello...server Finished. */
  exporter(transcriptHash: Uint8Array): Bytes {
    return this.derive('exp master', transcriptHash)
  }

  /** resumption_secret, for ClientHello...client Finished. */
  resumption(transcriptHash: Uint8Array): Bytes {
    return this.derive('res master', transcriptHash)
  }
}

const binderLabels = {
  resumption: 'res binder',
  external: 'ext binder',
  imported: 'imp binder',
} as const satisfies Record<PskKind, string>

/** A PskBinderEntry: a Finished whose BaseKey is the binder_key of the PSK (RFC 9846 §4.3.11.2; RFC 9258 §5.2 for imported keys). */
export function pskBinder(hash: Hash, { key, kind }: Psk, transcriptHash: Uint8Array): Bytes {
  const early = hkdfExtract(hash, undefined, key)
  const binderKey = expand(hash, early, binderLabels[kind], hash.digest(), hash.length)
  wipe(early)
  const binder = finishedValue(hash, binderKey, transcriptHash)
  wipe(binderKey)
  return binder
}

/** early_exporter_secret of a PSK, for the ClientHello that offers it first (RFC 9846 §7.1). */
export function earlyExporterSecret(hash: Hash, psk: Uint8Array, helloHash: Uint8Array): Bytes {
  const early = hkdfExtract(hash, undefined, psk)
  const secret = expand(hash, early, 'e exp master', helloHash, hash.length)
  wipe(early)
  return secret
}

/** verify_data of a Finished message (RFC 9846 §4.5.3). */
export function finishedData(hash: Hash, base: TrafficSecret, transcriptHash: Uint8Array): Bytes {
  return finishedValue(hash, base.secret, transcriptHash)
}

function finishedValue(hash: Hash, base: Uint8Array, transcriptHash: Uint8Array): Bytes {
  const key = expand(hash, base, 'finished', none, hash.length)
  const hmac = hash.hmac(key)
  const data = hmac.mac(transcriptHash)
  hmac.wipe()
  wipe(key)
  return data
}

/** Whether verify_data is right, in constant time. */
export function finishedMatches(
  hash: Hash,
  base: TrafficSecret,
  transcriptHash: Uint8Array,
  verifyData: Uint8Array,
): boolean {
  const expected = finishedData(hash, base, transcriptHash)
  const matches = equal(expected, verifyData)
  wipe(expected)
  return matches
}

/** application_traffic_secret_N+1 (RFC 9846 §7.2). */
export function nextTrafficSecret(hash: Hash, current: Uint8Array): Bytes {
  return expand(hash, current, 'traffic upd', none, hash.length)
}

/** The PSK of a ticket (RFC 9846 §4.7.1). */
export function ticketPsk(hash: Hash, resumptionSecret: Uint8Array, nonce: Uint8Array): Bytes {
  return expand(hash, resumptionSecret, 'resumption', nonce, hash.length)
}

/** TLS-Exporter(label, context_value, length) (RFC 9846 §7.5). An absent context is an empty one. */
export function exportKeyingMaterial(
  hash: Hash,
  exporterSecret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Bytes {
  const derived = expand(hash, exporterSecret, label, hash.digest(), hash.length)
  const material = expand(hash, derived, 'exporter', hash.digest(context), length)
  wipe(derived)
  return material
}

function expand(
  hash: Hash,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Bytes {
  const hmac = hash.hmac(secret)
  const output = hkdfExpandLabel(hash, hmac, label, context, length)
  hmac.wipe()
  return output
}
