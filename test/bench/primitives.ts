/** What every primitive costs, with both providers: `node dist/bench/primitives.js`, from test/. */
import { pathToFileURL } from 'node:url'
import {
  type AeadName,
  ascii,
  type CryptoProvider,
  failed,
  type GroupName,
  groups,
  hkdfExpandLabel,
  type PrivateKeyMaterial,
  type SignatureAlgorithm,
} from '@biopair/crypto'
import { noble } from '@biopair/crypto/noble'
import { nodeCrypto } from '@biopair/crypto-node'
import { rsaMaterial } from '../support/rsa-key.ts'
import { type Cases, type Effort, microseconds } from './cpu.ts'

const aeadNames: readonly AeadName[] = ['aes-128-gcm', 'aes-256-gcm', 'chacha20-poly1305']

function aeadCases(provider: CryptoProvider): Cases {
  const cases: Record<string, () => void> = {}
  for (const name of aeadNames)
    for (const length of [16384, 1024, 64]) {
      const aead = provider.aeads[name]
      const key = aead.key(new Uint8Array(aead.keyLength).fill(1))
      const nonce = new Uint8Array(12)
      const header = new Uint8Array(5)
      const work = new Uint8Array(length + 16)
      const sealed = new Uint8Array(length + 16)
      const into = new Uint8Array(length + 16)
      key.seal(nonce, header, work, length, sealed)
      const kept = sealed.slice()
      cases[`${name} seal ${length}`] = () => key.seal(nonce, header, work, length, sealed)
      cases[`${name} open ${length}`] = () => {
        if (!key.open(nonce, header, kept, into)) throw new Error('it does not open')
      }
    }
  return cases
}

function groupCases(provider: CryptoProvider): Cases {
  const cases: Record<string, () => void> = {}
  for (const name of Object.keys(groups) as GroupName[]) {
    const group = provider.groups[name]
    const share = group.start()
    const answer = group.answer(share.publicKey)
    if (failed(answer)) throw new Error(answer.why)
    cases[`${name} start`] = () => group.start()
    cases[`${name} answer`] = () => group.answer(share.publicKey)
    cases[`${name} finish`] = () => share.finish(answer.publicKey)
  }
  return cases
}

const rsa = rsaMaterial(2048)
const ec = (curve: 'P-256' | 'P-384' | 'P-521'): PrivateKeyMaterial => ({
  kind: 'ec',
  curve,
  d: new Uint8Array(32).fill(5),
})
const signatures: readonly (readonly [string, PrivateKeyMaterial, SignatureAlgorithm])[] = [
  ['ECDSA P-256', ec('P-256'), { kind: 'ecdsa', hash: 'sha256' }],
  ['ECDSA P-384', ec('P-384'), { kind: 'ecdsa', hash: 'sha384' }],
  ['ECDSA P-521', ec('P-521'), { kind: 'ecdsa', hash: 'sha512' }],
  ['Ed25519', { kind: 'ed25519', seed: new Uint8Array(32) }, { kind: 'ed25519' }],
  ['RSA-2048 PSS', rsa, { kind: 'rsa_pss', hash: 'sha256', saltLength: 32 }],
  ['RSA-2048 PKCS#1', rsa, { kind: 'rsa_pkcs1', hash: 'sha256' }],
]

function signatureCases(provider: CryptoProvider): Cases {
  const cases: Record<string, () => void> = {}
  const message = new Uint8Array(130).fill(9)
  for (const [name, material, algorithm] of signatures) {
    const key = provider.privateKey(material)
    if (failed(key)) throw new Error(key.why)
    const publicKey = provider.publicKey(key.publicMaterial)
    if (failed(publicKey)) throw new Error(publicKey.why)
    const signature = key.sign(algorithm, message)
    cases[`${name} import`] = () => provider.publicKey(key.publicMaterial)
    cases[`${name} sign`] = () => key.sign(algorithm, message)
    cases[`${name} verify`] = () => {
      if (!publicKey.verify(algorithm, message, signature)) throw new Error('it does not verify')
    }
  }
  return cases
}

function hashCases(provider: CryptoProvider): Cases {
  const cases: Record<string, () => void> = {}
  for (const name of ['sha256', 'sha384'] as const) {
    const hash = provider.hashes[name]
    const message = new Uint8Array(1024)
    const secret = new Uint8Array(hash.length)
    const context = new Uint8Array(hash.length)
    const hmac = hash.hmac(secret)
    const running = hash.start()
    running.update(ascii('transcript'))
    cases[`${name} digest 1024`] = () => hash.digest(message)
    cases[`${name} snapshot`] = () => running.snapshot()
    cases[`${name} hmac key`] = () => hash.hmac(secret)
    cases[`${name} hmac 32`] = () => hmac.mac(context)
    cases[`${name} expand label`] = () =>
      hkdfExpandLabel(hash, hmac, 'c hs traffic', context, hash.length)
  }
  return cases
}

/** Microseconds of CPU time per operation, by operation and provider's name. */
export function primitives(
  providers: readonly CryptoProvider[],
  effort: Effort,
): Map<string, Map<string, number>> {
  const table = new Map<string, Map<string, number>>()
  for (const cases of [aeadCases, groupCases, signatureCases, hashCases]) {
    const all: Record<string, () => void> = {}
    for (const provider of providers)
      for (const [name, run] of Object.entries(cases(provider)))
        all[`${name}\0${provider.name}`] = run
    for (const [key, time] of microseconds(all, effort)) {
      const [name, provider] = key.split('\0') as [string, string]
      const row = table.get(name) ?? new Map<string, number>()
      table.set(name, row.set(provider, time))
    }
  }
  return table
}

function print(): void {
  const providers = [noble, nodeCrypto]
  console.log(`CPU microseconds per operation, ${process.version}`)
  console.log(`${''.padEnd(30)}${providers.map(p => p.name.padStart(14)).join('')}`)
  for (const [name, row] of primitives(providers, { rounds: 5, millis: 20 })) {
    const times = providers.map(p => (row.get(p.name) ?? Number.NaN).toFixed(2).padStart(14))
    console.log(`${name.padEnd(30)}${times.join('')}`)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) print()
