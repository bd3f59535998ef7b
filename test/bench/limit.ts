/** The primitives of a provider with nothing around them: no stack over this provider can be faster. */
import {
  type Aead,
  type AeadKey,
  type CipherSuite,
  type CryptoProvider,
  failed,
  type Hash,
  hkdfExpandLabel,
  hkdfExtract,
  type PublicKey,
  type PublicKeyMaterial,
  type SignatureAlgorithm,
  type SignatureScheme,
} from '@biopair/crypto'
import { type Certificate, isX509Failure, parseCertificate, privateKeyFrom } from '@biopair/x509'
import type { Chain } from '../support/mint.ts'

const none = new Uint8Array(0)
const ticketsIssued = 2
/** Bytes of each handshake message of the measured handshake, near enough. */
const sizes = { clientHello: 220, serverHello: 122, encryptedExtensions: 16, finished: 36 }

/**
 * Runs what both ends of a full handshake cannot do without, in its order: draws, X25519, transcripts, key schedules,
 * a signature, three verifications, the records of the handshake, two tickets. Keys are imported once, as a context does:
 * counted in each handshake, they would hide as much of our own overhead.
 */
export function bareHandshake(
  crypto: CryptoProvider,
  suite: CipherSuite,
  chain: Chain,
  scheme: SignatureScheme,
): () => void {
  const hash = crypto.hashes[suite.hash]
  const key = ready(crypto.privateKey(privateKeyFrom(chain.keyPem)))
  const [leaf, intermediate, root] = [chain.leaf, chain.intermediate, chain.root].map(({ der }) =>
    parsed(der),
  ) as [Certificate, Certificate, Certificate]
  const [leafKey, intermediateKey, rootKey] = [leaf, intermediate, root].map(certificate =>
    ready(crypto.publicKey(material(certificate))),
  ) as [PublicKey, PublicKey, PublicKey]
  const content = new Uint8Array(64 + 34 + hash.length)
  const certificates = leaf.raw.length + intermediate.raw.length + 30
  const flight = sizes.encryptedExtensions + certificates + 100 + sizes.finished

  return () => {
    crypto.randomBytes(32)
    crypto.randomBytes(32)
    const share = crypto.groups.x25519.start()
    crypto.randomBytes(32)
    const answer = ready(crypto.groups.x25519.answer(share.publicKey))
    const server = new Side(crypto, suite, answer.secret)
    const sealed = server.seal(flight)
    const signature = key.sign(scheme.algorithm, content)

    const client = new Side(crypto, suite, ready(share.finish(answer.publicKey)))
    client.open(sealed)
    verify(intermediateKey, leaf)
    verify(rootKey, intermediate)
    check(leafKey, scheme.algorithm, content, signature)
    server.open(client.seal(sizes.finished))
    for (const side of [server, client]) side.transcript(certificates, signature.length)
    for (let i = 0; i < ticketsIssued; i++) ticket(crypto, suite, hash)
  }
}

/**
 * Seals `total` bytes in records of one size, copies each as a carrier would, and opens it.
 */
export function bareBurst(
  crypto: CryptoProvider,
  suite: CipherSuite,
  chunk: Uint8Array,
  total: number,
): () => void {
  const aead = crypto.aeads[suite.aead] as Aead
  const key = aead.key(new Uint8Array(aead.keyLength).fill(3))
  const nonce = new Uint8Array(aead.ivLength)
  const header = new Uint8Array(5)
  const inner = chunk.length + 1
  const [work, carrier, arrived, plaintext] = Array.from(
    { length: 4 },
    () => new Uint8Array((inner + aead.tagLength + 3) & ~3),
  ) as [Uint8Array<ArrayBuffer>, Uint8Array, Uint8Array, Uint8Array<ArrayBuffer>]
  const record = arrived.subarray(0, inner + aead.tagLength)
  return () => {
    for (let sent = 0; sent < total; sent += chunk.length) {
      work.set(chunk)
      key.seal(nonce, header, work, inner, carrier)
      arrived.set(carrier)
      if (!key.open(nonce, header, record, plaintext)) throw new Error('it does not open')
    }
  }
}

/** What one end derives, with its AEAD keys. */
class Side {
  readonly #hash: Hash
  readonly #crypto: CryptoProvider
  readonly #suite: CipherSuite
  readonly #key: AeadKey

  constructor(crypto: CryptoProvider, suite: CipherSuite, shared: Uint8Array) {
    this.#crypto = crypto
    this.#suite = suite
    this.#hash = crypto.hashes[suite.hash]
    const hash = this.#hash
    const context = new Uint8Array(hash.length)
    const derive = (secret: Uint8Array, ...labels: readonly string[]) => {
      const hmac = hash.hmac(secret)
      return labels.map(label => hkdfExpandLabel(hash, hmac, label, context, hash.length))
    }
    const early = hkdfExtract(hash, undefined, context)
    const [fromEarly] = derive(early, 'derived')
    const handshake = hkdfExtract(hash, fromEarly, shared)
    const [c = none, s = none, salt] = derive(handshake, 'c hs traffic', 's hs traffic', 'derived')
    const main = hkdfExtract(hash, salt, context)
    const [ours = none, theirs = none] = derive(
      main,
      'c ap traffic',
      's ap traffic',
      'exp master',
      'res master',
    )
    // Keys of both directions, for what follows and for the handshake; one stands in for all, so that records open anywhere.
    for (const secret of [ours, theirs, c]) this.#keys(secret)
    this.#key = this.#keys(s)
    // Our Finished, and the peer's.
    for (const secret of [c, s]) {
      const [key = none] = derive(secret, 'finished')
      hash.hmac(key).mac(context)
    }
  }

  #keys(secret: Uint8Array): AeadKey {
    const aead = this.#crypto.aeads[this.#suite.aead] as Aead
    const hmac = this.#hash.hmac(secret)
    hkdfExpandLabel(this.#hash, hmac, 'iv', none, aead.ivLength)
    return aead.key(hkdfExpandLabel(this.#hash, hmac, 'key', none, aead.keyLength))
  }

  seal(length: number): Uint8Array {
    const { tagLength, ivLength } = this.#crypto.aeads[this.#suite.aead] as Aead
    const sealed = new Uint8Array(length + tagLength)
    const work = new Uint8Array((length + tagLength + 3) & ~3)
    this.#key.seal(new Uint8Array(ivLength), none, work, length, sealed)
    return sealed
  }

  open(sealed: Uint8Array): void {
    const { ivLength } = this.#crypto.aeads[this.#suite.aead] as Aead
    const into = new Uint8Array((sealed.length + 3) & ~3)
    if (!this.#key.open(new Uint8Array(ivLength), none, sealed, into))
      throw new Error('it does not open')
  }

  /** Hashes the messages, with a hash after each one that has something derived or signed from it. */
  transcript(certificates: number, signature: number): void {
    const running = this.#hash.start()
    running.update(new Uint8Array(sizes.clientHello))
    running.update(new Uint8Array(sizes.serverHello))
    running.snapshot()
    running.update(new Uint8Array(sizes.encryptedExtensions))
    for (const length of [certificates, signature + 8, sizes.finished, sizes.finished]) {
      running.update(new Uint8Array(length))
      running.snapshot()
    }
  }
}

/** A ticket's PSK, what seals its state, and its record. */
function ticket(crypto: CryptoProvider, suite: CipherSuite, hash: Hash): void {
  crypto.randomBytes(4)
  crypto.randomBytes(12)
  hkdfExpandLabel(hash, hash.hmac(new Uint8Array(32)), 'resumption', none, hash.length)
  for (const { aead, length } of [
    { aead: crypto.aeads['aes-256-gcm'], length: 80 },
    { aead: crypto.aeads[suite.aead] as Aead, length: 160 },
  ]) {
    const work = new Uint8Array(length + aead.tagLength)
    const sealed = new Uint8Array(length + aead.tagLength)
    const key = aead.key(new Uint8Array(aead.keyLength))
    key.seal(new Uint8Array(aead.ivLength), none, work, length, sealed)
  }
}

function verify(issuer: PublicKey, subject: Certificate): void {
  const algorithm = subject.signatureAlgorithm as SignatureAlgorithm
  check(issuer, algorithm, subject.tbs, subject.signature)
}

function check(
  key: PublicKey,
  algorithm: SignatureAlgorithm,
  content: Uint8Array,
  signature: Uint8Array,
): void {
  if (!key.verify(algorithm, content, signature)) throw new Error('it does not verify')
}

function parsed(der: Uint8Array): Certificate {
  const certificate = parseCertificate(der)
  if (isX509Failure(certificate)) throw new Error(certificate.why)
  return certificate
}

function material({ publicKey }: Certificate): PublicKeyMaterial {
  if (isX509Failure(publicKey)) throw new Error(publicKey.why)
  return publicKey
}

function ready<T extends object>(result: T): Exclude<T, { readonly failure: string }> {
  if (failed(result)) throw new Error(result.why)
  return result as Exclude<T, { readonly failure: string }>
}
