/**
 * A peer that speaks well and then says something else, in any message: mutated values in messages that its transcript agrees with, and
 * mutated bytes under the right keys. Nothing may come of it but an alert of ours that names the peer's fault, or going on.
 */
import { bioPair } from '@biopair/bio'
import type { CryptoProvider } from '@biopair/crypto'
import { nodeCrypto } from '@biopair/crypto-node'
import { certificateCompressions } from '@biopair/node'
import { type ContextOptions, delegatedCredential, Ssl, SslContext, TlsAlert } from '@biopair/ssl'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { chainOf, delegatingLeaf } from '../support/delegation.ts'
import { bytes } from '../support/ends.ts'
import { shortOf, untilMet } from '../support/met.ts'
import { mint } from '../support/mint.ts'
import { mintOcsp } from '../support/ocsp-mint.ts'
import { intermediate, root } from './auth-support.ts'

const leaf = delegatingLeaf()
const shortLived = mint({ key: 'ed25519' })
const response = mintOcsp({ leaf, issuer: intermediate })
const credentials = (['client', 'server'] as const).map(role => ({
  credential: delegatedCredential({
    ...{ cert: leaf.pem, key: leaf.keyPem, publicKey: shortLived.spki, scheme: 'ed25519' },
    ...{ lifetime: 3600, role, crypto: nodeCrypto },
  }),
  key: shortLived.keyPem,
}))

interface Plan {
  readonly victim: 'client' | 'server'
  readonly raw: boolean
  readonly delegated: boolean
  readonly compressed: boolean
  readonly lax: boolean
  readonly asks: boolean
  readonly resumes: boolean
  /** Which message, or record, and what is done to it. */
  readonly at: number
  readonly dice: readonly number[]
}

const anyPlan: fc.Arbitrary<Plan> = fc.record({
  victim: fc.constantFrom('client', 'server'),
  raw: fc.boolean(),
  delegated: fc.boolean(),
  compressed: fc.boolean(),
  lax: fc.boolean(),
  asks: fc.boolean(),
  resumes: fc.boolean(),
  at: fc.nat(12),
  dice: fc.array(fc.nat(2 ** 16 - 1), { minLength: 8, maxLength: 8 }),
})

function optionsOf({ raw, delegated, compressed, lax }: Plan): ContextOptions {
  const types = raw ? (['rpk', 'x509'] as const) : (['x509'] as const)
  return {
    ...{ crypto: nodeCrypto, ca: root.pem, cert: chainOf(leaf).pem, key: leaf.keyPem },
    ...{ groups: 'x25519', serverCertTypes: types, clientCertTypes: types },
    ...{ rawPublicKeys: leaf.spki, rejectUnauthorized: !lax, ocsp: 'check', requestSCT: true },
    ...{ scts: [Uint8Array.of(1, 2)], ocspResponse: response },
    ...(delegated ? { delegatedSigalgs: 'ed25519', delegatedCredentials: credentials } : {}),
    certificateCompression: compressed ? certificateCompressions : [],
  }
}

/** Numbers that decide, one after the other, again from the first once they are over. */
function roller(dice: readonly number[]): (sides: number) => number {
  let i = 0
  return sides => (dice[i++ % dice.length] as number) % Math.max(1, sides)
}

function mutateBytes(from: Uint8Array, roll: (sides: number) => number): Uint8Array {
  const copy = Uint8Array.from(from)
  const at = roll(copy.length)
  switch (roll(6)) {
    case 0:
      if (copy.length > 0) copy[at] = (copy[at] as number) ^ (1 << roll(8))
      return copy
    case 1:
      return copy.subarray(0, at)
    case 2:
      return Uint8Array.of(...copy.subarray(0, at), roll(256), ...copy.subarray(at))
    case 3:
      return copy.fill(roll(256), at)
    case 4:
      return new Uint8Array(roll(70_000))
    default:
      if (copy.length > 0) copy[at] = roll(256)
      return copy
  }
}

/** A value with one of its parts changed. */
function mutate(value: unknown, roll: (sides: number) => number): unknown {
  if (value instanceof Uint8Array) return mutateBytes(value, roll)
  if (typeof value === 'number') return [0, 1, value + 1, value ^ 1, 0xffff, 255][roll(6)]
  if (Array.isArray(value)) {
    const at = roll(value.length)
    const item = value[at] as unknown
    const others = [value.slice(0, at), value.slice(at + 1)] as const
    if (value.length === 0) return value
    const how = roll(5)
    if (how === 0) return [...others[0], ...others[1]]
    if (how === 1) return [...others[0], item, item, ...others[1]]
    if (how === 2) return value.toReversed()
    return [...others[0], mutate(item, roll), ...others[1]]
  }
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value)
    const key = keys[roll(keys.length)] as string
    return { ...value, [key]: mutate((value as Record<string, unknown>)[key], roll) }
  }
  return value
}

/** The `at`-th message of an end is changed before it is hashed and sent. */
function editing({ at, dice }: Plan): ContextOptions {
  let messages = 0
  return {
    edit: (_, message) =>
      messages++ === at ? (mutate(message, roller(dice)) as typeof message) : message,
  }
}

/** The plaintext of the `at`-th protected record of an end is changed before it is sealed. */
function sealing({ at, dice }: Plan): ContextOptions {
  let records = 0
  const roll = roller(dice)
  const aeads = Object.fromEntries(
    Object.entries(nodeCrypto.aeads).map(([name, aead]) => [
      name,
      {
        ...aead,
        key: (secret: Uint8Array) => {
          const key = aead.key(secret)
          return {
            ...{ open: key.open.bind(key), wipe: key.wipe.bind(key) },
            seal: (...[nonce, data, work, length, into]: Parameters<typeof key.seal>) => {
              if (records++ === at)
                for (let i = 0; i <= roll(3); i++) work[roll(length)] = roll(256)
              key.seal(nonce, data, work, length, into)
            },
          }
        },
      },
    ]),
  ) as unknown as CryptoProvider['aeads']
  return { crypto: { ...nodeCrypto, aeads } }
}

/** Lets the ends meet, ask, change keys and meet again, while the victim is fine; answers how the victim ended. */
async function conversation(plan: Plan, spoiled: ContextOptions): Promise<string> {
  const options = (role: 'client' | 'server') => (role === plan.victim ? {} : spoiled)
  const base = optionsOf(plan)
  const client = new SslContext({ ...base, postHandshakeAuth: true, ...options('client') })
  const server = new SslContext({
    ...base,
    ...{ requestCert: plan.asks ? true : 'later', numTickets: 1 },
    ...options('server'),
  })
  let session: Ssl['session']
  let ending = ''
  for (let round = 0; round < (plan.resumes ? 2 : 1); round++) {
    const [near, far] = bioPair(200_000, 200_000)
    const c = new Ssl(client, { servername: 'server.example', session }).setBio(near)
    const s = new Ssl(server).setBio(far).setAcceptState()
    c.setConnectState()
    const [victim, other] = plan.victim === 'client' ? [c, s] : [s, c]
    const into = new Uint8Array(1000)
    const step = () => {
      for (let i = 0; i < 4; i++) {
        const outcome = victim.read(into)
        ending = outcome.status
        if (outcome.status === 'failed') {
          const { error } = outcome
          if (!(error instanceof TlsAlert)) throw error
          ending = `${error.origin} ${error.alert} ${error.reason}`
          if (error.origin === 'sent' && error.alert === 'internal_error') throw error
        }
        other.read(into)
      }
    }
    step()
    if (s.canRequestCertificate && !ending.includes(' ')) {
      s.requestCertificate({ required: false })
      s.requestCertificate({ required: false })
      step()
    }
    if (c.connected && s.connected && !ending.includes(' ')) {
      if (!other.sentShutdown) other.keyUpdate(true)
      other.write(bytes('data'))
      step()
      void [victim.ocspResponse, victim.scts, victim.verdict, victim.authorized]
    }
    session = c.session
  }
  return ending
}

async function fuzz(t: ExecutionContext, spoil: (plan: Plan) => ContextOptions): Promise<void> {
  const endings = new Map<string, number>()
  const property = fc.asyncProperty(anyPlan, async plan => {
    const ending = await conversation(plan, spoil(plan))
    endings.set(ending, (endings.get(ending) ?? 0) + 1)
  })
  const ours = () => [...endings.keys()].filter(ending => ending.startsWith('sent '))
  // Of 25 seeds, none came to fewer than 6 alerts of ours.
  const short = await untilMet(
    () => fc.assert(property, { numRuns: 100 }),
    () => [
      ...shortOf({ alerts: ours().length }, ['alerts'], 5),
      ...shortOf(endings, ['want_read'], 1),
    ],
  )
  t.log(Object.fromEntries([...endings].sort(([, a], [, b]) => b - a)))
  t.deepEqual(short, [], ours().join())
}

test('values that a peer says in any message', async t => {
  await fuzz(t, editing)
})

test('bytes that a peer says in any record', async t => {
  await fuzz(t, sealing)
})
