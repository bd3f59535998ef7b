/** A test peer of TLS 1.2: what its two roles have in common. Its keys are those of the oracle, not ours. */
import { type CipherSuite12, cipherSuite12ById, cipherSuites12, failed } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import type { Finished } from '@biopair/handshake'
import { ReadProtection12, WriteProtection12 } from '@biopair/record'
import { type Bytes, digest, type HashName } from './key-schedule.ts'
import { keyBlock12, masterSecret12, verifyData12, type WriteKeys12 } from './key-schedule12.ts'
import { Peer } from './peer.ts'

export abstract class Peer12 extends Peer {
  suite12: CipherSuite12 = cipherSuites12.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
  /** Whether extended_master_secret was agreed on. */
  extended = true
  master: Bytes | undefined
  protected randoms: { client: Uint8Array; server: Uint8Array } = {
    client: new Uint8Array(32),
    server: new Uint8Array(32),
  }
  protected abstract readonly role: 'client' | 'server'

  override get hash(): HashName {
    return this.suite12.hash as HashName
  }

  /** The key exchange is over, the transcript is at ClientKeyExchange. */
  protected derive(preMaster: Uint8Array): void {
    const seed = this.extended ? this.transcriptHash : this.randoms
    this.master = masterSecret12(this.hash, preMaster, seed)
  }

  /** Our keys: behind our change_cipher_spec. */
  takeWriteKeys(): void {
    const keys = this.#keys()[this.role]
    this.changeKeys(undefined, new WriteProtection12({ suite: this.suite12, ...keys }, nodeCrypto))
  }

  finished(): Finished {
    const transcript = digest(this.hash, ...this.transcript)
    return { verify_data: verifyData12(this.hash, this.master as Bytes, this.role, transcript) }
  }

  /** Says change_cipher_spec, and goes on under its keys. */
  sayChange(): void {
    this.changeCipherSpec()
    this.takeWriteKeys()
  }

  protected override onChangeCipherSpec(): void {
    const other = this.role === 'client' ? 'server' : 'client'
    const keys = this.#keys()[other]
    this.changeKeys(new ReadProtection12({ suite: this.suite12, ...keys }, nodeCrypto), undefined)
  }

  /** All that is said but a wish to say it all again. */
  protected override hashes(name: string): boolean {
    return name !== 'HelloRequest'
  }

  protected choose(id: number): void {
    const suite = cipherSuite12ById(id)
    if (!suite) throw new Error(`there is no cipher suite ${id} in TLS 1.2`)
    this.suite12 = suite
  }

  #keys(): { readonly client: WriteKeys12; readonly server: WriteKeys12 } {
    if (!this.master) throw new Error('there is no master secret yet')
    return keyBlock12(this.suite12, this.master, this.randoms)
  }
}

/** What a share agrees on, or an error. */
export function agreed<T>(secret: T): Exclude<T, { readonly why: string }> {
  if (failed(secret as never)) throw new Error((secret as { readonly why: string }).why)
  return secret as Exclude<T, { readonly why: string }>
}
